/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Chooses the masks or overrides for a reservation.  reserve.c decides which queues are reserved,
 * and hands in all that it has found out.
 */
#ifndef APQD_DAEMON_PLAN_RESERVE_MECHANISM_H
#define APQD_DAEMON_PLAN_RESERVE_MECHANISM_H

#include "daemon/plan/reserve.h"

/* Input and result of the functions below. */
struct reserve_work {
	const struct observed *observed;
	const struct desired *desired;
	const struct reserve_wish *wish;
	struct host_change *host;
	struct queue_set *collateral;
	struct problems *conflicts;
	struct queue_set present;	/* every queue of the host */
	struct queue_set what;		/* the present queues of the wish */
	struct mask_choice now;		/* bits of the masks that are 0 */
};

/* Adds a problem that begins with the names of the queues, unless there are none. */
void reserve_refuse_queues(struct reserve_work *work, const char *code, const struct uuid *uuid,
			   const struct queue_set *set, const char *why);

/*
 * Fill work->host with the masks, the overrides, or the one of both that takes fewer queues from the
 * host, so that reserved is reserved.  Add a conflict for each obstacle.  Return 0 or -ENOMEM.
 */
MUST_CHECK int reserve_by_masks(struct reserve_work *work, const struct reservation *reserved);
MUST_CHECK int reserve_by_overrides(struct reserve_work *work, const struct reservation *reserved);
MUST_CHECK int reserve_by_the_better(struct reserve_work *work, const struct reservation *reserved);

#endif
