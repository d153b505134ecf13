/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Revisions: short texts that stand for all that Apply may replace or remove.  The same state has
 * the same revision, also after a restart.  Pure.
 */
#ifndef APQD_DAEMON_PLAN_REVISION_H
#define APQD_DAEMON_PLAN_REVISION_H

#include <stdbool.h>

#include "common/macro.h"
#include "daemon/model/desired.h"
#include "daemon/model/observed.h"

/* 16 hexadecimal digits, a dash, 16 more, and the terminating NUL. */
#define REVISION_SIZE 34

/*
 * Writes the revision of the present state.  The first half covers every definition, the host
 * policy, and the matrices in the kernel.  The second half covers the devices that guests have.
 * Returns 0 or -ENOMEM.
 */
MUST_CHECK int revision_make(const struct observed *observed, const struct desired *desired,
			     char text[static REVISION_SIZE]);

/* Returns true if text has the form of a revision. */
bool revision_is_valid(const char *text);

/* Returns true if a and b mean the same state. Compares their second halves only with_guests. */
bool revision_is_same(const char *a, const char *b, bool with_guests);

#endif
