/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The steps that change devices.
 */
#ifndef APQD_DAEMON_PLAN_PLAN_DEVICE_H
#define APQD_DAEMON_PLAN_PLAN_DEVICE_H

#include "daemon/plan/move.h"
#include "daemon/plan/steps.h"

/*
 * In the order of their use.  The first looks at every device and at what stands in
 * the way, and returns one for each of change (the caller frees them), or NULL if the plan has no
 * memory.  Then come the steps by which all let go what others wait for (with to_host: also the
 * host), those by which each gets what it is to have, and those by which the others go.
 */
struct move *plan_devices(const struct observed *observed, const struct desired *desired,
				 const struct change *change, struct plan *plan);
void plan_let_go(const struct observed *observed, struct move *devices,
		 const struct change *change, bool to_host, struct plan *plan);
void plan_get(const struct observed *observed, struct move *devices,
	      const struct change *change, struct plan *plan);
void plan_remove(const struct move *devices, const struct change *change, struct plan *plan);

#endif
