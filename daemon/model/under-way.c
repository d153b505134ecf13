/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/model/under-way.h"

#include <string.h>

void under_way_begin(struct desired *desired, struct under_way *work, const struct change *change)
{
	if (work->listed)
		return;
	*work = (struct under_way){ change, desired->under_way, true };
	desired->under_way = work;
}

void under_way_end(struct desired *desired, struct under_way *work)
{
	struct under_way **link = &desired->under_way;

	if (!work->listed)
		return;
	while (*link != work)
		link = &(*link)->next;
	*link = work->next;
	*work = (struct under_way){ 0 };
}

const struct device_change *under_way_find(const struct desired *desired, const struct uuid *uuid)
{
	for (const struct under_way *work = desired->under_way; work; work = work->next) {
		const struct device_change *found = change_find(work->change, uuid);

		if (found)
			return found;
	}
	return NULL;
}

const struct matrix *under_way_matrix(const struct desired *desired, const struct uuid *uuid)
{
	const struct device_change *of = under_way_find(desired, uuid);

	return of && of->live && of->started ? &of->active : NULL;
}

const struct device_change *under_way_next(const struct desired *desired,
					   const struct change *besides,
					   struct under_way_walk *walk)
{
	if (!walk->begun)
		*walk = (struct under_way_walk){ .work = desired->under_way, .begun = true };
	for (; walk->work; walk->work = walk->work->next, walk->next = 0) {
		while (walk->next < walk->work->change->count) {
			const struct device_change *of = &walk->work->change->devices[walk->next++];

			if (!besides || !change_find(besides, &of->uuid))
				return of;
		}
	}
	return NULL;
}

const struct definition *under_way_find_name(const struct desired *desired, const char *name,
					     const struct uuid *uuid)
{
	struct under_way_walk walk = { 0 };
	const struct device_change *of;

	while ((of = under_way_next(desired, NULL, &walk)))
		if (of->definition_action == DEFINITION_WRITE &&
		    strcmp(of->definition.name, name) == 0 && !(uuid && uuid_equal(&of->uuid, uuid)))
			return &of->definition;
	return NULL;
}

size_t under_way_count(const struct desired *desired)
{
	size_t count = 0;

	for (const struct under_way *work = desired->under_way; work; work = work->next)
		count += work->change->count;
	return count;
}

size_t under_way_count_new(const struct desired *desired, const struct change *besides)
{
	struct under_way_walk walk = { 0 };
	const struct device_change *of;
	size_t count = 0;

	while ((of = under_way_next(desired, besides, &walk)))
		count += of->definition_action == DEFINITION_WRITE && !desired_find(desired, &of->uuid);
	return count;
}
