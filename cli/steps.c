/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/steps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/device.h"
#include "cli/output.h"
#include "common/cleanup.h"
#include "common/json.h"
#include "common/list.h"
#include "common/macro.h"
#include "common/queue-set.h"

enum kind {
	KIND_OTHER,		/* printed as it is */
	KIND_CREATE,
	KIND_REMOVE,
	KIND_HAVE,		/* the device gets exactly the matrix */
	KIND_ASSIGN,		/* more of it */
	KIND_UNASSIGN,
	KIND_TO_GUESTS,		/* queues, by driver_override */
	KIND_TO_HOST,
	KIND_MASK,
	KIND_GISA,
	KIND_POLL_THREAD,
	KIND_POLL_TIMEOUT,
	KIND_DEFINE,
	KIND_UNDEFINE,
	KIND_POLICY,
	KIND_MORE,
};

/* One step, or several that are told as one. */
struct group {
	enum kind kind;
	const char *device;	/* a UUID; NULL for the host; borrowed */
	const char *detail;	/* of the first step; borrowed */
	const char *value, *attribute; /* of the write "VALUE > PATH/ATTRIBUTE"; they point into detail */
	int value_length;
	struct matrix matrix;
	struct queue_set queues;
};

/* The attributes that are written, by their names in sysfs. */
static const struct {
	const char *name;
	enum kind kind;
	size_t offset;		/* of the mask in a matrix, for KIND_ASSIGN and KIND_UNASSIGN */
} attributes[] = {
	{ "create", KIND_CREATE, 0 },
	{ "remove", KIND_REMOVE, 0 },
	{ "ap_config", KIND_HAVE, 0 },
	{ "assign_adapter", KIND_ASSIGN, offsetof(struct matrix, adapters) },
	{ "assign_domain", KIND_ASSIGN, offsetof(struct matrix, domains) },
	{ "assign_control_domain", KIND_ASSIGN, offsetof(struct matrix, control_domains) },
	{ "unassign_adapter", KIND_UNASSIGN, offsetof(struct matrix, adapters) },
	{ "unassign_domain", KIND_UNASSIGN, offsetof(struct matrix, domains) },
	{ "unassign_control_domain", KIND_UNASSIGN, offsetof(struct matrix, control_domains) },
	{ "driver_override", KIND_TO_GUESTS, 0 },
	{ "apmask", KIND_MASK, 0 },
	{ "aqmask", KIND_MASK, 0 },
	{ "use_gisa", KIND_GISA, 0 },
	{ "poll_thread", KIND_POLL_THREAD, 0 },
	{ "poll_timeout", KIND_POLL_TIMEOUT, 0 },
};

/* The queue that the path of an attribute names: ".../AA.DDDD/driver_override".  Returns 0 or -EINVAL. */
static int add_queue_of_path(struct group *group)
{
	char name[APQN_TEXT_SIZE];
	const char *end = group->attribute - 1, *start = end;

	while (start > group->detail && start[-1] != '/')
		start--;
	snprintf(name, sizeof(name), "%.*s", (int)(end - start), start);
	return queue_set_parse(name, &group->queues);
}

static bool is_value(const struct group *group, const char *text)
{
	return (size_t)group->value_length == strlen(text) &&
	       strncmp(group->value, text, strlen(text)) == 0;
}

/* Reads the value that is written into a matrix.  Returns whether it is as expected. */
static bool read_value(struct group *group, size_t offset)
{
	CLEANUP_FREE char *value = strndup(group->value, (size_t)group->value_length);
	struct mask *mask = (struct mask *)((char *)&group->matrix + offset);
	unsigned long id;
	char *end;

	if (!value)
		return false;
	if (group->kind == KIND_HAVE)
		return matrix_parse(value, &group->matrix) == 0;
	id = strtoul(value, &end, 0);
	if (end == value || *end || id >= APQN_IDS)
		return false;
	mask_set(mask, (unsigned int)id);
	return true;
}

/*
 * Finds the meaning of a write "VALUE > PATH", and sets kind and operands of the group accordingly.
 */
static void classify_write(struct group *group)
{
	const char *into = strstr(group->detail, " > ");
	const char *attribute = strrchr(group->detail, '/');
	bool is_understood = true;
	size_t i = 0;

	if (!into || !attribute || attribute < into)
		return;
	group->value = group->detail;
	group->value_length = (int)(into - group->detail);
	group->attribute = attribute + 1;
	while (i < ARRAY_SIZE(attributes) && strcmp(attributes[i].name, group->attribute) != 0)
		i++;
	if (i == ARRAY_SIZE(attributes))
		return;
	group->kind = attributes[i].kind;
	if (group->kind == KIND_HAVE || group->kind == KIND_ASSIGN || group->kind == KIND_UNASSIGN)
		is_understood = read_value(group, attributes[i].offset);
	if (group->kind == KIND_TO_GUESTS) {
		is_understood = add_queue_of_path(group) == 0;
		/* A newline alone is how the kernel is told to forget a value. */
		if (is_value(group, "\\n"))
			group->kind = KIND_TO_HOST;
		else
			is_understood = is_understood && is_value(group, "vfio_ap");
	}
	if (!is_understood)
		group->kind = KIND_OTHER;
}

static void classify(struct json_object *step, struct group *ret_group)
{
	static const struct {
		const char *action;
		enum kind kind;
	} actions[] = {
		{ "writeDefinition", KIND_DEFINE },
		{ "removeDefinition", KIND_UNDEFINE },
		{ "writePolicy", KIND_POLICY },
		{ "more", KIND_MORE },
	};
	const char *action = json_get_string(step, "action");

	*ret_group = (struct group){
		.device = json_get_string(step, "device"),
		.detail = json_get_string(step, "detail"),
	};
	if (!action || !ret_group->detail)
		return;
	if (strcmp(action, "write") == 0)
		classify_write(ret_group);
	for (size_t i = 0; i < ARRAY_SIZE(actions); i++)
		if (strcmp(action, actions[i].action) == 0)
			ret_group->kind = actions[i].kind;
}

static bool is_same_device(const struct group *a, const struct group *b)
{
	return a->device && b->device && strcmp(a->device, b->device) == 0;
}

/* Adds the step to the group if one line can report both. Returns true if it has done so. */
static bool join(struct group *group, const struct group *next)
{
	bool of_queues = group->kind == KIND_TO_GUESTS || group->kind == KIND_TO_HOST;

	/* The write that gives the queue its new driver belongs to the same line. */
	if (of_queues && next->kind == KIND_OTHER && next->attribute &&
	    (strcmp(next->attribute, "unbind") == 0 || strcmp(next->attribute, "drivers_probe") == 0)) {
		return true;
	}
	if (group->kind != next->kind)
		return false;
	if (of_queues) {
		queue_set_add_all(&group->queues, &next->queues);
		return true;
	}
	if ((group->kind == KIND_ASSIGN || group->kind == KIND_UNASSIGN) && is_same_device(group, next)) {
		group->matrix = matrix_or(&group->matrix, &next->matrix);
		return true;
	}
	return false;
}

/* The name of a device in a list of the reply, or NULL; borrowed. */
static const char *find_name(struct json_object *devices, const char *uuid)
{
	for (size_t i = 0; i < list_length(devices); i++) {
		struct json_object *device = json_object_array_get_idx(devices, i);
		const char *found = json_get_string(device, "uuid");

		if (found && strcmp(found, uuid) == 0)
			return json_get_string(device, "name");
	}
	return NULL;
}

/*
 * Returns the name of the device of a step: the label of the command, else the name in the reply,
 * else the UUID.  Borrowed.
 */
static const char *name_of(const struct steps_naming *naming, const char *uuid)
{
	static const char *const states[] = { "after", "before" };
	const char *name = NULL;

	if (naming->label || !uuid)
		return naming->label;
	for (size_t i = 0; i < ARRAY_SIZE(states) && !name; i++) {
		struct json_object *state = NULL, *devices = NULL;

		json_object_object_get_ex(naming->parameters, states[i], &state);
		json_object_object_get_ex(state, "devices", &devices);
		name = find_name(devices, uuid);
	}
	return name ? name : uuid;
}

static void print_matrix(const struct matrix *matrix)
{
	CLEANUP_FREE char *text = matrix_describe(matrix);

	output_text(text, STYLE_BOLD);
}

/* "adapters 00-02", as an attribute of the host has them. */
static void print_ids(const char *attribute, const struct mask *mask)
{
	bool is_domains = strcmp(attribute, "aqmask") == 0;
	CLEANUP_FREE char *text = list_format(mask, is_domains ? LIST_DOMAINS : LIST_ADAPTERS);

	printf("%s ", is_domains ? "domains" : "adapters");
	output_text(text && *text ? text : "none", STYLE_BOLD);
}

/* Reads a change of a mask, "-0-2,+5".  Returns whether it is one. */
static bool read_change(const char *text, struct mask *taken, struct mask *given)
{
	while (*text) {
		struct mask *mask = *text == '-' ? taken : *text == '+' ? given : NULL;
		unsigned long first, last;
		char *end;

		if (!mask)
			return false;
		first = last = strtoul(text + 1, &end, 0);
		if (end == text + 1)
			return false;
		if (*end == '-')
			last = strtoul(end + 1, &end, 0);
		if (last >= APQN_IDS || (*end && *end != ','))
			return false;
		for (unsigned long id = first; id <= last; id++)
			mask_set(mask, (unsigned int)id);
		text = *end ? end + 1 : end;
	}
	return true;
}

/* The host's adapters or domains: all that it is left, or what changes. */
static void print_mask(const struct group *group)
{
	CLEANUP_FREE char *value = strndup(group->value, (size_t)group->value_length);
	struct mask taken = { 0 }, given = { 0 };

	if (value && mask_parse(value, strlen(value), &given) == 0) {
		fputs("would leave the host ", stdout);
		print_ids(group->attribute, &given);
	} else if (value && read_change(value, &taken, &given)) {
		fputs("would ", stdout);
		if (!mask_is_empty(&taken)) {
			fputs("take from the host ", stdout);
			print_ids(group->attribute, &taken);
		}
		if (!mask_is_empty(&given)) {
			printf("%sgive the host ", mask_is_empty(&taken) ? "" : " and ");
			print_ids(group->attribute, &given);
		}
	} else {
		fputs("would change the host's mask by ", stdout);
		output_text(value, STYLE_BOLD);
	}
	printf(" (%s)", group->attribute);
}

/* Prints a write unchanged, for steps of a newer daemon and for writes without a known meaning. */
static void print_other(const struct group *group)
{
	CLEANUP_FREE char *value = NULL;

	if (!group->attribute) {
		fputs("would do: ", stdout);
		output_text(group->detail, STYLE_PLAIN);
		return;
	}
	value = strndup(group->value, (size_t)group->value_length);
	fputs("would write ", stdout);
	output_text(value, STYLE_BOLD);
	fputs(" to ", stdout);
	output_text(group->detail + group->value_length + strlen(" > "), STYLE_PLAIN);
}

static void print_queues(const struct group *group)
{
	CLEANUP_FREE char *queues = queue_set_format(&group->queues);

	printf("would %s ", group->kind == KIND_TO_GUESTS ? "give guests" : "give the host");
	output_text(queues, STYLE_BOLD);
	fputs(" (driver_override)", stdout);
}

/* Prints the step of a device in the kernel. */
static void print_device_step(const struct group *group, const struct steps_naming *naming,
			      const char *name)
{
	switch (group->kind) {
	case KIND_CREATE:
		fputs("would create ", stdout);
		output_text(name, STYLE_BOLD);
		fputs(" in the kernel", stdout);
		return;
	case KIND_REMOVE:
		fputs("would remove ", stdout);
		output_text(name, STYLE_BOLD);
		fputs(" from the kernel", stdout);
		return;
	case KIND_UNASSIGN:
		fputs("would take from ", stdout);
		break;
	default:
		printf("would %s ", naming->takes ? "leave" : "give");
		break;
	}
	output_text(name, STYLE_BOLD);
	putchar(' ');
	print_matrix(&group->matrix);
	if (group->kind == KIND_ASSIGN)
		fputs(" in addition", stdout);
}

static void print_definition(const struct group *group, const struct steps_naming *naming, const char *name)
{
	printf("would %s the definition of ", group->kind == KIND_DEFINE ? "write" : "remove");
	output_text(name, STYLE_BOLD);
	if (group->kind == KIND_DEFINE && naming->definition) {
		fputs(": ", stdout);
		print_matrix(naming->definition);
	}
}

static void print_group(const struct group *group, const struct steps_naming *naming)
{
	const char *name = name_of(naming, group->device);
	const char *value = group->value && *group->value == '0' ? "off" : "on";

	switch (group->kind) {
	case KIND_CREATE:
	case KIND_REMOVE:
	case KIND_HAVE:
	case KIND_ASSIGN:
	case KIND_UNASSIGN:
		print_device_step(group, naming, name);
		break;
	case KIND_TO_GUESTS:
	case KIND_TO_HOST:
		print_queues(group);
		break;
	case KIND_MASK:
		print_mask(group);
		break;
	case KIND_GISA:
		printf("would switch kvm.use_gisa %s", is_value(group, "N") ? "off" : value);
		break;
	case KIND_POLL_THREAD:
		printf("would switch the poll thread %s", value);
		break;
	case KIND_POLL_TIMEOUT:
		printf("would set the poll timeout to %.*s ns", group->value_length, group->value);
		break;
	case KIND_DEFINE:
	case KIND_UNDEFINE:
		print_definition(group, naming, name);
		break;
	case KIND_POLICY:
		fputs("would write the host policy ", stdout);
		output_text(group->detail, STYLE_PLAIN);
		break;
	case KIND_MORE:
		fputs("and as many steps more: ", stdout);
		output_text(group->detail, STYLE_PLAIN);
		break;
	case KIND_OTHER:
		print_other(group);
		break;
	}
	putchar('\n');
}

void steps_print(struct json_object *steps, const struct steps_naming *naming, bool raw)
{
	size_t count = list_length(steps), end;

	for (size_t i = 0; i < count; i = end) {
		struct group group, next;

		classify(json_object_array_get_idx(steps, i), &group);
		for (end = i + 1; end < count; end++) {
			classify(json_object_array_get_idx(steps, end), &next);
			if (!join(&group, &next))
				break;
		}
		print_group(&group, naming);
		for (size_t k = i; raw && k < end; k++) {
			fputs("    ", stdout);
			output_text(json_get_string(json_object_array_get_idx(steps, k), "detail"),
				    STYLE_DIM);
			putchar('\n');
		}
	}
}
