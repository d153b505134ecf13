/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/plan/plan.h"
#include "daemon/plan/plan-definition.h"
#include "daemon/plan/plan-device.h"
#include "daemon/plan/plan-host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool gives_back(const struct observed *observed, const struct host_change *host)
{
	return host->ownership && (!mask_is_subset(&host->apmask, &observed->host.apmask) ||
				   !mask_is_subset(&host->aqmask, &observed->host.aqmask) ||
				   !queue_set_is_empty(&host->give));
}

void plan_make(const struct observed *observed, const struct desired *desired,
	       const struct change *change, struct plan *ret_plan)
{
	struct plan plan = { 0 };
	CLEANUP_FREE struct move *devices = plan_devices(observed, desired, change, &plan);

	if (devices) {
		plan_let_go(observed, devices, change, gives_back(observed, &change->host), &plan);
		plan_host(observed, desired, change, &plan);
		plan_get(observed, devices, change, &plan);
		plan_remove(devices, change, &plan);
	}
	if (change->host.write_policy && !host_policy_equal(&change->host.policy, &desired->policy))
		plan_add_step(&plan, STEP_WRITE_POLICY, NULL);
	plan_definitions(desired, change, &plan);
	plan.no_memory |= plan.conflicts.incomplete;
	*ret_plan = plan;
}
