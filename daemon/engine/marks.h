/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The things that must be read again.  Events only set marks, so many events make one reading.  A
 * mark goes only if its thing has been read or is gone.  Pure.
 */
#ifndef APQD_DAEMON_ENGINE_MARKS_H
#define APQD_DAEMON_ENGINE_MARKS_H

#include <stdbool.h>

#include "common/mask.h"
#include "common/uuid-set.h"
#include "daemon/kernel/kernel.h"
#include "daemon/model/change.h"

/* No marks: all zero. */
struct marks {
	bool everything;		/* the whole kernel, whatever else is marked of it */
	bool disk;			/* every file */
	bool policy;			/* host.json */
	bool host;			/* the AP bus and what the machine has */
	struct mask cards;
	struct mask queues[APQN_IDS];	/* by adapter: their domains */
	struct uuid_set devices;	/* in the kernel */
	struct uuid_set definitions;	/* on the disk */
};

/* Frees what the marks hold; they are empty then. */
void marks_done(struct marks *marks);

bool marks_are_empty(const struct marks *marks);

/* Marks all that the event may have changed. */
void marks_add_event(struct marks *marks, const struct kernel_event *event);

/*
 * Mark one device, or one definition.  If there are too many of them, or if memory is short, everything
 * is marked instead.
 */
void marks_add_device(struct marks *marks, const struct uuid *uuid);
void marks_add_definition(struct marks *marks, const struct uuid *uuid);

/* Marks all that the change is about: devices, definitions, queues, the policy and the host. */
void marks_add_change(struct marks *marks, const struct change *change);

/* Adds all marks of from to those of marks, and leaves from empty. */
void marks_move(struct marks *marks, struct marks *from);

#endif
