/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/uuid-set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void uuid_set_done(struct uuid_set *set)
{
	free(set->items);
	*set = (struct uuid_set){ 0 };
}

/* Where uuid is, or has its place: before the first that is not below it. */
static size_t find(const struct uuid_set *set, const struct uuid *uuid)
{
	size_t low = 0, high = set->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (uuid_compare(&set->items[middle], uuid) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool uuid_set_has(const struct uuid_set *set, const struct uuid *uuid)
{
	size_t at = find(set, uuid);

	return at < set->count && uuid_equal(&set->items[at], uuid);
}

int uuid_set_add(struct uuid_set *set, const struct uuid *uuid)
{
	size_t at = find(set, uuid);

	if (at < set->count && uuid_equal(&set->items[at], uuid))
		return 0;
	if (set->count == set->size) {
		size_t size = set->size ? 2 * set->size : 16;
		struct uuid *items = reallocarray(set->items, size, sizeof(*items));

		if (!items)
			return -ENOMEM;
		set->items = items;
		set->size = size;
	}
	memmove(&set->items[at + 1], &set->items[at], (set->count - at) * sizeof(*set->items));
	set->items[at] = *uuid;
	set->count++;
	return 0;
}
