/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/model/change.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void change_init(struct change *change)
{
	*change = (struct change){ 0 };
	host_change_init(&change->host);
}

void change_done(struct change *change)
{
	free(change->devices);
	change->devices = NULL;
	change->count = 0;
}

int change_set_count(struct change *change, size_t count)
{
	struct device_change *devices = calloc(count ? count : 1, sizeof(*devices));

	if (!devices)
		return -ENOMEM;
	free(change->devices);
	change->devices = devices;
	change->count = count;
	return 0;
}

static int compare(const void *key, const void *item)
{
	const struct uuid *uuid = key;
	const struct device_change *device = item;

	return strcmp(uuid->text, device->uuid.text);
}

struct device_change *change_find(const struct change *change, const struct uuid *uuid)
{
	if (change->count == 0)
		return NULL;
	return bsearch(uuid, change->devices, change->count, sizeof(*change->devices), compare);
}

bool change_has_device(const struct change *change)
{
	return change->count > 0;
}

bool change_has_host(const struct change *change)
{
	return change->host.ownership || change->host.set_interrupts || change->host.write_policy;
}

bool change_is_live(const struct change *change)
{
	for (size_t i = 0; i < change->count; i++)
		if (change->devices[i].live)
			return true;
	return false;
}

struct device_change *change_single(const struct change *change)
{
	return change->count == 1 ? change->devices : NULL;
}

bool change_stops(const struct change *change)
{
	for (size_t i = 0; i < change->count; i++)
		if (change->devices[i].live && !change->devices[i].started)
			return true;
	return false;
}

void change_note_before(struct change *change, const struct observed *observed,
			const struct desired *desired)
{
	for (size_t i = 0; i < change->count; i++) {
		struct device_change *of = &change->devices[i];
		const struct observed_device *device = observed_find_device(observed, &of->uuid);
		const struct definition *definition = desired_find(desired, &of->uuid);

		of->was.started = device != NULL;
		of->was.active = device ? device->active : (struct matrix){ 0 };
		of->was.defined = definition && !definition->problem;
		of->was.definition = of->was.defined ? *definition :
						       (struct definition){ .uuid = of->uuid };
	}
}

int change_take_back(const struct change *change, struct change *ret_back)
{
	int r = change_set_count(ret_back, change->count);

	for (size_t i = 0; r == 0 && i < change->count; i++) {
		const struct device_change *of = &change->devices[i];

		ret_back->devices[i] = (struct device_change){
			.uuid = of->uuid,
			.live = of->live,
			.started = of->was.started,
			.active = of->was.active,
		};
	}
	return r;
}
