/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/uuid-list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void uuid_list_done(struct uuid_list *list)
{
	free(list->items);
	*list = (struct uuid_list){ 0 };
}

/* Where the item is, or where it would have to be put. */
static size_t find_place(const struct uuid_list *list, const struct uuid *uuid)
{
	size_t low = 0, high = list->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (uuid_compare(list->items[middle], uuid) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_at(const struct uuid_list *list, size_t place, const struct uuid *uuid)
{
	return place < list->count && uuid_equal(list->items[place], uuid);
}

void *uuid_list_find(const struct uuid_list *list, const struct uuid *uuid)
{
	size_t place = find_place(list, uuid);

	return is_at(list, place, uuid) ? list->items[place] : NULL;
}

size_t uuid_list_after(const struct uuid_list *list, const struct uuid *uuid)
{
	size_t place = find_place(list, uuid);

	return place + is_at(list, place, uuid);
}

int uuid_list_insert(struct uuid_list *list, void *item)
{
	size_t place = find_place(list, item);

	if (list->count == list->size) {
		size_t size = list->size ? 2 * list->size : 8;
		void **more = reallocarray(list->items, size, sizeof(*more));

		if (!more)
			return -ENOMEM;
		list->items = more;
		list->size = size;
	}
	memmove(&list->items[place + 1], &list->items[place],
		(list->count - place) * sizeof(*list->items));
	list->items[place] = item;
	list->count++;
	return 0;
}

void *uuid_list_remove(struct uuid_list *list, const struct uuid *uuid)
{
	size_t place = find_place(list, uuid);
	void *item;

	if (!is_at(list, place, uuid))
		return NULL;
	item = list->items[place];
	list->count--;
	memmove(&list->items[place], &list->items[place + 1],
		(list->count - place) * sizeof(*list->items));
	return item;
}
