/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ids that a machine has: adapters and domains up to its maximum.
 */
#ifndef APQD_DAEMON_MODEL_LIMITS_H
#define APQD_DAEMON_MODEL_LIMITS_H

#include "daemon/model/observed.h"
#include "daemon/model/problem.h"

/* Adds a problem for the ids of each kind that this machine cannot have. */
void limits_check(const struct observed *observed, const struct mask *adapters,
		  const struct mask *domains, const struct mask *control_domains,
		  struct problems *problems);

#endif
