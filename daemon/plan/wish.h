/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A wish about the host's interrupt settings: whether it can be had, and how it goes into the
 * host policy.  Pure.
 */
#ifndef APQD_DAEMON_PLAN_WISH_H
#define APQD_DAEMON_PLAN_WISH_H

#include "common/error.h"
#include "daemon/model/desired.h"
#include "daemon/model/observed.h"

/*
 * Checks that the policy can keep the wish, and that this host can follow it.  parameter names the
 * member that has the timeout.  Returns 0, or -ECANCELED and *ret_error, or -ENOMEM.
 */
MUST_CHECK int wish_check(const struct observed *observed, const struct desired *desired,
			  const struct interrupts_wish *wish, const char *parameter,
			  struct error *ret_error);

/* Puts what it says into what the policy wants; what it does not say stays. */
void wish_merge(const struct interrupts_wish *wish, struct interrupts_wish *policy);

#endif
