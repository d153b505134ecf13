/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/awaited.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/json.h"

int awaited_init(struct awaited *awaited, bool is_all)
{
	struct awaited made = { .is_all = is_all };
	int r = state_init(&made.state);

	if (r == 0)
		*awaited = made;
	return r;
}

void awaited_done(struct awaited *awaited)
{
	for (size_t i = 0; i < awaited->count; i++)
		free(awaited->items[i].uuid);
	free(awaited->items);
	state_done(&awaited->state);
	*awaited = (struct awaited){ 0 };
}

int awaited_add(struct awaited *awaited, const char *uuid, const char *argument)
{
	struct awaited_item *items;

	for (size_t i = 0; i < awaited->count; i++)
		if (strcmp(awaited->items[i].uuid, uuid) == 0)
			return 0;
	items = reallocarray(awaited->items, awaited->count + 1, sizeof(*items));
	if (!items)
		return -ENOMEM;
	awaited->items = items;
	items[awaited->count] = (struct awaited_item){
		.uuid = strdup(uuid),
		.argument = argument,
	};
	if (!items[awaited->count].uuid)
		return -ENOMEM;
	awaited->count++;
	return 0;
}

int awaited_forget(struct awaited *awaited)
{
	struct state empty = { 0 };
	int r = state_init(&empty);

	if (r < 0)
		return r;
	state_done(&awaited->state);
	awaited->state = empty;
	return 0;
}

int awaited_take(struct awaited *awaited, struct json_object *event)
{
	const char *name = json_get_string(event, "event");
	struct json_object *description = NULL;
	const char *uuid;

	if (!name)
		return -EBADMSG;
	json_object_object_get_ex(event, thing_member(THING_DEVICE), &description);
	if (!description)
		return 0;
	if (strcmp(name, "deviceRemoved") != 0)
		return state_put(&awaited->state, THING_DEVICE, description);
	uuid = thing_key(THING_DEVICE, description);
	if (!uuid)
		return -EBADMSG;
	state_remove(&awaited->state, THING_DEVICE, uuid);
	return 0;
}

bool awaited_is_there(const struct device *device)
{
	return device->is_active && device->has_effective && !device_is_unreadable(device) &&
	       !device_is_badly_defined(device) && !device_is_leaving(device) &&
	       (!device->is_defined || matrix_equal(&device->active, &device->definition)) &&
	       matrix_equal(&device->effective, &device->active);
}

static bool tell_each_auto(const struct awaited *awaited,
			   bool (*tell)(void *context, const struct device *device), void *context)
{
	json_object_object_foreach(awaited->state.things[THING_DEVICE], uuid, description) {
		struct device device;

		(void)uuid;
		if (device_read(description, &device) < 0)
			return false;
		if (strcmp(device.start, "auto") == 0 && !tell(context, &device))
			return false;
	}
	return true;
}

bool awaited_each(const struct awaited *awaited,
		  bool (*tell)(void *context, const struct device *device), void *context)
{
	if (awaited->is_all)
		return tell_each_auto(awaited, tell, context);
	for (size_t i = 0; i < awaited->count; i++) {
		struct json_object *description =
			state_find(&awaited->state, THING_DEVICE, awaited->items[i].uuid);
		struct device device;

		if (device_read(description, &device) < 0 || !tell(context, &device))
			return false;
	}
	return true;
}

static bool check_one(void *context, const struct device *device)
{
	(void)context;
	return awaited_is_there(device);
}

bool awaited_is_complete(const struct awaited *awaited)
{
	return awaited_each(awaited, check_one, NULL);
}

const char *awaited_find_gone(const struct awaited *awaited)
{
	for (size_t i = 0; i < awaited->count; i++)
		if (!state_find(&awaited->state, THING_DEVICE, awaited->items[i].uuid))
			return awaited->items[i].argument;
	return NULL;
}

/* What it lacks, as the rest of a sentence that begins with its name. */
static void print_lack(FILE *out, const struct device *device)
{
	unsigned int assigned = matrix_queue_count(&device->active);
	unsigned int effective = matrix_queue_count(&device->effective);

	if (device_is_badly_defined(device))
		fputs("has a definition that cannot be used", out);
	else if (!device->is_active)
		fputs("is not started", out);
	else if (device_is_leaving(device))
		fputs("is not started any longer", out);
	else if (device_is_unreadable(device))
		fputs("is started, and what it has cannot be read", out);
	else if (device->is_defined && !matrix_equal(&device->active, &device->definition))
		fputs("is started, but not as it is defined", out);
	else if (effective < assigned)
		fprintf(out, "is started, and its guest gets %u of %u queues", effective, assigned);
	else
		fputs("is started, and its guest does not get all of it", out);
}

/* The problem's sentence without the device that it begins with, which has been named already. */
static const char *behind_label(const struct device *device, const char *message)
{
	CLEANUP_FREE char *label = NULL;
	int n = device->name ? asprintf(&label, "Device %s (%s): ", device->name, device->uuid) :
			       asprintf(&label, "Device %s: ", device->uuid);

	if (n < 0) {
		label = NULL;
		return message;
	}
	return strncmp(message, label, (size_t)n) == 0 ? message + n : message;
}

char *awaited_explain(const struct device *device)
{
	size_t count = device_problem_count(device);
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	fprintf(out, "%s ", device_label(device));
	print_lack(out, device);
	fputs(count > 0 ? ":" : ".", out);
	for (size_t i = 0; i < count; i++)
		fprintf(out, " %s",
			behind_label(device, problem_message(
						     json_object_array_get_idx(device->problems, i))));
	/* Stopped by somebody, or of those that somebody has to start. */
	if (count == 0 && !device->is_active)
		fprintf(out, " 'apqctl start %s' starts it.", device_label(device));
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}
