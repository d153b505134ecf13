/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One device on its way through a change.
 */
#ifndef APQD_DAEMON_PLAN_MOVE_H
#define APQD_DAEMON_PLAN_MOVE_H

#include "daemon/model/change.h"
#include "daemon/model/observed.h"

/* One device on its way: its matrix before, in between, and after. */
struct move {
	const struct observed_device *device;	/* NULL: it does not exist */
	bool there;				/* it is to exist */
	struct matrix from, between, to;
	bool gives;				/* somebody waits for what it lets go */
};

/* Returns true if the kernel has the device and the change leaves its matrix as it is. */
bool move_is_same(const struct move *way);

#endif
