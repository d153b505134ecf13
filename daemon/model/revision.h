/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a client has seen of all that Apply may replace or take away, as a short text: the same for the
 * same state, also after a restart.  Pure.
 */
#ifndef APQD_DAEMON_MODEL_REVISION_H
#define APQD_DAEMON_MODEL_REVISION_H

#include <stdbool.h>

#include "common/macro.h"
#include "daemon/model/desired.h"
#include "daemon/model/observed.h"

/* 16 hexadecimal digits, a dash, 16 more, and the terminating NUL. */
#define REVISION_SIZE 34

/*
 * The first half counts every definition, the host policy, and what devices have in the kernel; the
 * second one, which guests have devices.  Returns 0 or -ENOMEM.
 */
MUST_CHECK int revision_make(const struct observed *observed, const struct desired *desired,
			     char text[static REVISION_SIZE]);

/* Whether text has the form of a revision. */
bool revision_is_valid(const char *text);

/* Whether they say the same; of guests only where they matter. */
bool revision_is_same(const char *a, const char *b, bool with_guests);

#endif
