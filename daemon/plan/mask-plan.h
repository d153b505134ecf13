/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Chooses the bits of apmask and aqmask to clear for a reservation.
 *
 * Single queues can be reserved only by whole adapters or whole domains; the planner finds those
 * that take the fewest other queues from the host.
 */
#ifndef APQD_DAEMON_PLAN_MASK_PLAN_H
#define APQD_DAEMON_PLAN_MASK_PLAN_H

#include <stdbool.h>

#include "common/macro.h"
#include "common/queue-set.h"
#include "daemon/model/mask-choice.h"

struct mask_wish {
	const struct queue_set *wanted;	 /* present or not; they must not be the host's */
	struct mask_choice whole;	 /* whole adapters and domains that must be taken */
	struct mask_choice least;	 /* taken now, and must stay so */
	struct mask_choice most;	 /* may be taken at all; whole and least lie within */
	const struct queue_set *counted; /* present queues: only these are collateral */
};

struct mask_plan {
	struct mask_choice choice;
	/*
	 * All of counted that choice takes and nobody asked for: not in wanted, nor in an adapter or
	 * domain of whole.  Queues that least takes are included; the caller knows them.
	 */
	struct queue_set collateral;
	bool exact;		/* false: there may be a better choice, which takes less */
	unsigned long effort;	/* words of masks that were looked at, at most MASK_PLAN_EFFORT */
};

/*
 * The search ends after so many words of masks.  A number and no time limits it, so that the same
 * wish has the same answer on every machine.
 */
#define MASK_PLAN_EFFORT 20000000ul

/*
 * Finds the choice that takes whole, least and every queue of wanted, nothing outside of most, and
 * the fewest queues as collateral.  Among equals the one with the fewest bits, then with the
 * fewest domains, then that which takes the lower adapters: of two choices, the one that has the
 * lowest adapter (then domain) in which they differ.  There is one best choice, then, and it
 * depends on nothing but the wish.
 *
 * The best choice is found if the wanted queues make at most 16 different rows, or columns, in the
 * grid of adapters and domains.  Else the choice is a good one, and exact is false.
 *
 * Returns 0, -ENOENT where most does not allow it, or -ENOMEM.
 */
MUST_CHECK int mask_plan_make(const struct mask_wish *wish, struct mask_plan *ret_plan);

#endif
