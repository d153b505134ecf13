/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The checks of a change: all that stands in its way, named.
 */
#ifndef APQD_DAEMON_PLAN_CONFLICT_H
#define APQD_DAEMON_PLAN_CONFLICT_H

#include "daemon/model/change.h"
#include "daemon/model/observed.h"
#include "daemon/model/problem.h"
#include "daemon/plan/move.h"

/*
 * Every queue and id that keeps the device from having matrix: above the machine's maximum, the
 * host's, or in another device.  In the order in which people ask.
 */
void conflict_find(const struct observed *observed, const struct desired *desired,
			 const struct uuid *uuid, const struct matrix *matrix,
			 struct problems *conflicts);

/*
 * Names the queues that devices have after the change and another device has then too.  Each queue
 * is named once with those who would have it, however many they are.
 */
void conflict_check_devices(const struct observed *observed, const struct desired *desired,
			    const struct change *change, const struct move *devices,
			    struct problems *conflicts);

/* Union of the matrices that devices get. No check depends on the device that gets a queue. */
struct conflict_wanted {
	struct mask adapters, domains, control_domains;
	struct queue_set queues;
};

void conflict_want(struct conflict_wanted *wanted, const struct matrix *matrix);

/* Without other devices: what the machine, and the host, keep them from. */
void conflict_check_host(const struct observed *observed, const struct desired *desired,
			 const struct change *change, const struct conflict_wanted *wanted,
			 struct problems *conflicts);

#endif
