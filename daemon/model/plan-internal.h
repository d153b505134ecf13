/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the two halves of the planner share: plan.c (devices and definitions) and plan-host.c.
 */
#ifndef APQD_DAEMON_MODEL_PLAN_INTERNAL_H
#define APQD_DAEMON_MODEL_PLAN_INTERNAL_H

#include "daemon/model/plan.h"

/* Append a step, a write of value; NULL without memory, and then the plan knows it. */
struct step *plan_add_step(struct plan *plan, enum step_kind kind);
struct step *plan_add_write(struct plan *plan, enum attribute attribute, const char *value);

/* Says what undoes a step, which may be NULL. */
void plan_set_undo(struct step *step, enum attribute attribute, const char *value);

/* plan-host.c: the steps of change->host, and what stands in their way. */
void plan_host(const struct observed *observed, const struct desired *desired,
	       const struct change *change, struct plan *plan);

#endif
