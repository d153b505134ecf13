/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/many.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/call.h"
#include "cli/change.h"
#include "common/json.h"

/* The UUIDs of the devices, each once, and what to call them. */
struct uuids {
	struct uuids_item {
		char *uuid, *label;
	} *items;
	size_t count;
};

static void uuids_done(struct uuids *uuids)
{
	for (size_t i = 0; i < uuids->count; i++) {
		free(uuids->items[i].uuid);
		free(uuids->items[i].label);
	}
	free(uuids->items);
}

static int add(struct uuids *uuids, const struct device *device)
{
	struct uuids_item *items;

	for (size_t i = 0; i < uuids->count; i++)
		if (strcmp(uuids->items[i].uuid, device->uuid) == 0)
			return EXIT_STATUS_DONE;
	items = reallocarray(uuids->items, uuids->count + 1, sizeof(*items));
	if (!items)
		return call_broken(-ENOMEM);
	uuids->items = items;
	items[uuids->count] = (struct uuids_item){ strdup(device->uuid), strdup(device_label(device)) };
	uuids->count++;
	return items[uuids->count - 1].uuid && items[uuids->count - 1].label ? EXIT_STATUS_DONE :
									      call_broken(-ENOMEM);
}

/* Every name is looked up before anything is done. */
static int find_named(struct run *run, struct uuids *uuids)
{
	const struct options *options = run->options;
	int r = EXIT_STATUS_DONE;

	for (size_t i = 0; r == EXIT_STATUS_DONE && i < options->arguments_count; i++) {
		CLEANUP_REPLY struct reply reply = { 0 };
		struct device device;

		r = change_find_device(run, options->arguments[i], &reply, &device);
		if (r == EXIT_STATUS_DONE)
			r = add(uuids, &device);
	}
	return r;
}

static int find_all(struct run *run, bool (*is_meant)(const struct device *device),
		    struct uuids *uuids)
{
	CLEANUP_REPLY struct reply reply = { 0 };
	CLEANUP_FREE struct device *devices = NULL;
	size_t count = 0;
	int r = call_collect(run, "ListDevices", NULL, "devices", &reply);

	if (r != EXIT_STATUS_DONE)
		return r;
	r = device_read_list(reply.parameters, &devices, &count);
	if (r < 0)
		return r == -ENOMEM ? call_broken(r) : call_failed(run, r);
	for (size_t i = 0; r == EXIT_STATUS_DONE && i < count; i++)
		if (is_meant(&devices[i]))
			r = add(uuids, &devices[i]);
	return r;
}

int many_run(struct run *run, bool (*is_meant)(const struct device *device), const char *none,
	     int (*one)(struct run *run, const char *device))
{
	const struct options *options = run->options;
	bool is_all = option_given(options, OPTION_ALL);
	CLEANUP(uuids_done) struct uuids uuids = { 0 };
	int r, status = EXIT_STATUS_DONE;

	if (!is_all && options->arguments_count == 1)
		return one(run, options->arguments[0]);
	run->many = true;
	r = is_all ? find_all(run, is_meant, &uuids) : find_named(run, &uuids);
	if (r != EXIT_STATUS_DONE)
		return r;
	if (uuids.count == 0 && !option_given(options, OPTION_JSON))
		printf("Nothing to change: %s.\n", none);
	for (size_t i = 0; i < uuids.count; i++) {
		run->subject = uuids.items[i].label;
		r = one(run, uuids.items[i].uuid);
		run->subject = NULL;
		if (status == EXIT_STATUS_DONE)
			status = r;
	}
	return status;
}
