/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices that want to be read again a little later: what a VMM's open or close, or a
 * change of a queue, does to a device is not done yet when it is told of.
 */
#ifndef APQD_DAEMON_KERNEL_RECHECK_H
#define APQD_DAEMON_KERNEL_RECHECK_H

#include <stdbool.h>
#include <systemd/sd-event.h>

#include "common/macro.h"
#include "common/uuid.h"

struct recheck;

/* Is told that the device wants to be read now; with_users: its processes too. */
typedef void (*recheck_fn)(void *userdata, const struct uuid *uuid, bool with_users);

/* Returns 0 and an empty list, or a negative errno. */
MUST_CHECK int recheck_open(sd_event *loop, recheck_fn fn, void *userdata,
			    struct recheck **ret_recheck);

/* Takes NULL too. */
void recheck_close(struct recheck *recheck);

/* Why a device is put on the list. */
enum recheck_why {
	RECHECK_USED,	/* a process opened or closed its node: look for its processes too */
	RECHECK_SEEN,	/* processes were looked for, and have turned out to have it or not to have it */
	RECHECK_QUEUE,	/* a queue of its changed: once more so after the next recheck_release() */
};

/* The device is told of a few times within half a second, from the loop.  Returns 0 or -ENOMEM. */
MUST_CHECK int recheck_add(struct recheck *recheck, const struct uuid *uuid, enum recheck_why why);

/* The AP bus has done what it was at: devices whose queues changed are told of again. */
void recheck_release(struct recheck *recheck);

#endif
