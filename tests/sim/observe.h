/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the daemon may see of the simulated kernel, put into its model.
 */
#ifndef APQD_TESTS_SIM_OBSERVE_H
#define APQD_TESTS_SIM_OBSERVE_H

#include "daemon/model/observed.h"
#include "tests/sim/memory.h"
#include "tests/sim/state.h"

/* How many queues a listing shows before it overflows one page: 8 bytes each, 4096 in all. */
#define OBSERVE_LISTING_MAX 511

/*
 * Returns true if the matrix of every device can be read without harm.  With ap_config that is
 * always so; otherwise the masks must leave no device more queues than a listing shows.
 */
bool observe_can_read(const struct sim_state *state);

/*
 * Put one thing into observed, or remove a missing one.  Return 0, -ENOMEM or -E2BIG.  A device
 * that cannot be read is known if its queues, or the memory, say enough of it; memory may be NULL.
 */
void observe_host(const struct sim_state *state, struct observed *observed);
void observe_card(const struct sim_state *state, struct observed *observed, unsigned int adapter);
MUST_CHECK int observe_queue(const struct sim_state *state, struct observed *observed,
			     struct apqn apqn);
MUST_CHECK int observe_device(const struct sim_state *state, struct observed *observed,
			      const struct uuid *uuid, struct memory *memory);

/* All of that, for everything that is there or was known. */
MUST_CHECK int observe_all(const struct sim_state *state, struct observed *observed,
			   struct memory *memory);

/* The status attribute of a queue. */
enum queue_status observe_status(const struct sim_state *state, struct apqn apqn);

#endif
