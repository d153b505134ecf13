/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/model/names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/model/desired.h"

void names_done(struct names *names)
{
	free(names->items);
	*names = (struct names){ 0 };
}

int names_reserve(struct names *names)
{
	size_t size = names->size ? 2 * names->size : 16;
	const struct definition **more;

	if (names->count < names->size)
		return 0;
	more = reallocarray(names->items, size, sizeof(*more));
	if (!more)
		return -ENOMEM;
	names->items = more;
	names->size = size;
	return 0;
}

/* The first place whose name is not before name; of equal names, whose UUID is not before uuid. */
static size_t place_of(const struct names *names, const char *name, const struct uuid *uuid)
{
	size_t low = 0, high = names->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct definition *item = names->items[middle];
		int order = strcmp(item->name, name);

		if (order == 0 && uuid)
			order = uuid_compare(&item->uuid, uuid);
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void names_add(struct names *names, const struct definition *definition)
{
	size_t place;

	if (!definition->name[0])
		return;
	place = place_of(names, definition->name, &definition->uuid);
	memmove(&names->items[place + 1], &names->items[place],
		(names->count - place) * sizeof(*names->items));
	names->items[place] = definition;
	names->count++;
}

void names_remove(struct names *names, const struct definition *definition)
{
	size_t place = place_of(names, definition->name, &definition->uuid);

	if (place == names->count || names->items[place] != definition)
		return;
	names->count--;
	memmove(&names->items[place], &names->items[place + 1],
		(names->count - place) * sizeof(*names->items));
}

size_t names_find(const struct names *names, const char *name, size_t *ret_first)
{
	size_t first = place_of(names, name, NULL), end = first;

	while (end < names->count && strcmp(names->items[end]->name, name) == 0)
		end++;
	*ret_first = first;
	return end - first;
}
