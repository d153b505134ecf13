/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The steps that change the host.
 */
#ifndef APQD_DAEMON_PLAN_PLAN_HOST_H
#define APQD_DAEMON_PLAN_PLAN_HOST_H

#include "daemon/model/change.h"
#include "daemon/plan/steps.h"

/* Adds the steps of change->host, and what stands in their way. */
void plan_host(const struct observed *observed, const struct desired *desired,
	       const struct change *change, struct plan *plan);

#endif
