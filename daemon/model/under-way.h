/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changes that are at work in the kernel while others are planned.  Their results count as much as
 * the present state: either may be true when they end.  Pure.
 */
#ifndef APQD_DAEMON_MODEL_UNDER_WAY_H
#define APQD_DAEMON_MODEL_UNDER_WAY_H

#include "daemon/model/change.h"

/* One of them; in the list of struct desired while it is at work. */
struct under_way {
	const struct change *change;	/* borrowed: it must stay as it is */
	struct under_way *next;
	bool listed;
};

/* Puts it into the list, and takes it out, where it is not or is there. */
void under_way_begin(struct desired *desired, struct under_way *work, const struct change *change);
void under_way_end(struct desired *desired, struct under_way *work);

/* Returns the change of the device that is under way, or NULL. Borrowed. */
const struct device_change *under_way_find(const struct desired *desired, const struct uuid *uuid);

/*
 * Returns the matrix that a change under way gives the device in the kernel.  Returns NULL if no
 * change starts or modifies the device there.  Borrowed.
 */
const struct matrix *under_way_matrix(const struct desired *desired, const struct uuid *uuid);

/* A place in a walk through all their devices; all zero at first. */
struct under_way_walk {
	const struct under_way *work;
	size_t next;
	bool begun;
};

/* Returns the next device that is under way and not in besides; NULL at the end. */
const struct device_change *under_way_next(const struct desired *desired,
					   const struct change *besides,
					   struct under_way_walk *walk);

/* The definition of another device than uuid that is under way and has the name, or NULL. */
const struct definition *under_way_find_name(const struct desired *desired, const char *name,
					     const struct uuid *uuid);

/* Returns how many devices the changes under way are about. */
size_t under_way_count(const struct desired *desired);

/*
 * Returns how many definitions the changes under way add, without those of the devices in besides.
 */
size_t under_way_count_new(const struct desired *desired, const struct change *besides);

#endif
