/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the two halves of a reservation share: reserve.c (what is reserved) and
 * reserve-mechanism.c (by which masks or overrides).
 */
#ifndef APQD_DAEMON_PLAN_RESERVE_INTERNAL_H
#define APQD_DAEMON_PLAN_RESERVE_INTERNAL_H

#include "daemon/plan/reserve.h"

/* All that the functions below look at and fill. */
struct reserve_work {
	const struct observed *observed;
	const struct desired *desired;
	const struct reserve_wish *wish;
	struct host_change *host;
	struct queue_set *collateral;
	struct problems *conflicts;
	struct queue_set present;	/* every queue that there is */
	struct queue_set what;		/* the wish, queue by queue, as far as they are there */
	struct mask_choice now;		/* bits of the masks that are 0 */
};

/* Adds a problem that begins with the names of the queues, unless there are none. */
void reserve_refuse_queues(struct reserve_work *work, const char *code, const struct uuid *uuid,
			   const struct queue_set *set, const char *why);

/*
 * Fill work->host with the means to have reserved, or add conflicts: by the masks, by overrides, or
 * by what takes less.  Return 0 or -ENOMEM.
 */
MUST_CHECK int reserve_by_masks(struct reserve_work *work, const struct reservation *reserved);
MUST_CHECK int reserve_by_overrides(struct reserve_work *work, const struct reservation *reserved);
MUST_CHECK int reserve_by_the_better(struct reserve_work *work, const struct reservation *reserved);

#endif
