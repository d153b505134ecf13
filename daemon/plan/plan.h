/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From what is and what is wanted, of the host and of devices, to the steps that make it so, or
 * to everything that stands in the way.  Pure: no I/O, no clock, no state.
 */
#ifndef APQD_DAEMON_PLAN_PLAN_H
#define APQD_DAEMON_PLAN_PLAN_H

#include <stdbool.h>

#include "common/cleanup.h"
#include "daemon/model/change.h"
#include "daemon/model/desired.h"
#include "daemon/model/observed.h"
#include "daemon/plan/steps.h"

/*
 * Plans the change.  Queues that move between its devices, or between them and the host, are let
 * go by all before anybody gets one; every step but a single device's removal can be undone.
 * The steps are empty where nothing has to change.  With conflicts or
 * in_use there are steps too: what would be done otherwise.
 * *ret_plan is always set; the caller lets it go with plan_done().
 */
void plan_make(const struct observed *observed, const struct desired *desired,
	       const struct change *change, struct plan *ret_plan);

#endif
