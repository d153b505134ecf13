/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The steps that change files.
 */
#ifndef APQD_DAEMON_PLAN_PLAN_DEFINITION_H
#define APQD_DAEMON_PLAN_PLAN_DEFINITION_H

#include "daemon/model/change.h"
#include "daemon/plan/steps.h"

/* Adds the files to be written, and what stands in their way. */
void plan_definitions(const struct desired *desired, const struct change *change, struct plan *plan);

#endif
