/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A list of things that are named by a UUID, in the order of their UUIDs.  Each thing is a
 * struct whose first member is its struct uuid; the list holds pointers and owns nothing.
 */
#ifndef APQD_COMMON_UUID_LIST_H
#define APQD_COMMON_UUID_LIST_H

#include <stddef.h>

#include "common/macro.h"
#include "common/uuid.h"

struct uuid_list {
	void **items;
	size_t count, size;
};

/* Frees the list, not the items. */
void uuid_list_done(struct uuid_list *list);

/* The item of that UUID, or NULL. */
void *uuid_list_find(const struct uuid_list *list, const struct uuid *uuid);

/* The place of the first item whose UUID is greater, or of none, which is count. */
size_t uuid_list_after(const struct uuid_list *list, const struct uuid *uuid);

/* Puts item, whose UUID must not be in the list yet; returns 0 or -ENOMEM. */
MUST_CHECK int uuid_list_insert(struct uuid_list *list, void *item);

/* Takes the item of that UUID out and returns it, or NULL. */
void *uuid_list_remove(struct uuid_list *list, const struct uuid *uuid);

#endif
