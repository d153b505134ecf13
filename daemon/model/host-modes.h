/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds the queues that the host loses by a change of ownership, and the modes of which it keeps no
 * working queue.  Pure.
 */
#ifndef APQD_DAEMON_MODEL_HOST_MODES_H
#define APQD_DAEMON_MODEL_HOST_MODES_H

#include "common/macro.h"
#include "daemon/model/change.h"
#include "daemon/model/problem.h"

/* Replaces *ret_taken by the queues that are the host's, and are not after the change. */
void host_modes_find_taken(const struct observed *observed, const struct host_change *change,
			   struct queue_set *ret_taken);

/* Likewise by those that are not the host's, and are after the change. */
void host_modes_find_given(const struct observed *observed, const struct host_change *change,
			   struct queue_set *ret_given);

/*
 * Adds a problem for each mode (accelerator, CCA, EP11) of which the host has a working queue, and has
 * none after the change: its own programs may need one.  Returns 0 or -ENOMEM.
 */
MUST_CHECK int host_modes_check(const struct observed *observed, const struct host_change *change,
				struct problems *conflicts);

#endif
