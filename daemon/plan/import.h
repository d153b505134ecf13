/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Takes over the masks of chzdev's rule as a reservation of the host policy, so that one place has
 * them.  Pure.
 */
#ifndef APQD_DAEMON_PLAN_IMPORT_H
#define APQD_DAEMON_PLAN_IMPORT_H

#include "common/error.h"
#include "common/macro.h"
#include "daemon/model/change.h"

/*
 * Sets *ret_host, which must be empty before, to the change that reserves the ids of the rule by
 * the masks, in addition to all present reservations.  If the rule has no ids, *ret_host stays
 * empty.  Other bits of the masks in force stay as they are, and are not reserved.  Adds to
 * collateral and conflicts as reserve_make() does.
 * Returns 0, or -ECANCELED and *ret_error if there is no usable rule, or -ENOMEM.
 */
MUST_CHECK int import_make(const struct observed *observed, const struct desired *desired,
			   struct host_change *ret_host, struct queue_set *collateral,
			   struct problems *conflicts, struct error *ret_error);

/*
 * Returns true if an import would change the policy: a rule without problems exists, and the policy
 * lacks some of the ids that the rule takes.
 */
bool import_has_news(const struct desired *desired);

#endif
