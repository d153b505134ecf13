/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What chzdev's rule takes from the host at boot, as a reservation of the host policy: the masks of
 * another program are taken over, so that one place says them.  Pure.
 */
#ifndef APQD_DAEMON_PLAN_IMPORT_H
#define APQD_DAEMON_PLAN_IMPORT_H

#include "common/error.h"
#include "common/macro.h"
#include "daemon/model/change.h"

/*
 * Says in *ret_host (which wants nothing before) what it takes to have what the rule takes reserved
 * by the masks, beside all that is reserved already; where the rule takes nothing, nothing.  What
 * the masks in force take besides stays as it is, and is not reserved.  Adds to collateral and
 * conflicts as reserve_make() does.
 * Returns 0, or -ECANCELED and *ret_error where there is no rule that could be used, or -ENOMEM.
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
