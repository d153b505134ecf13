/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A set of UUIDs, in their order.
 */
#ifndef APQD_COMMON_UUID_SET_H
#define APQD_COMMON_UUID_SET_H

#include <stddef.h>

#include "common/uuid.h"

struct uuid_set {
	struct uuid *items;
	size_t count, size;
};

/* Frees what the set holds; it is empty then. */
void uuid_set_done(struct uuid_set *set);

/* Returns 0, also where it is in the set already, or -ENOMEM. */
MUST_CHECK int uuid_set_add(struct uuid_set *set, const struct uuid *uuid);

bool uuid_set_has(const struct uuid_set *set, const struct uuid *uuid);

#endif
