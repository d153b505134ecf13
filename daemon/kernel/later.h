/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices that want to be read again a little later: what a VMM's open or close, or a
 * change of a queue, does to a device is not done yet when it is told of.
 */
#ifndef APQD_DAEMON_KERNEL_LATER_H
#define APQD_DAEMON_KERNEL_LATER_H

#include <stdbool.h>
#include <systemd/sd-event.h>

#include "common/macro.h"
#include "common/uuid.h"

struct later;

/* Is told that the device wants to be read now; with_users: its processes too. */
typedef void (*later_fn)(void *userdata, const struct uuid *uuid, bool with_users);

/* Returns 0 and an empty list, or a negative errno. */
MUST_CHECK int later_open(sd_event *loop, later_fn fn, void *userdata, struct later **ret_later);

/* Takes NULL too. */
void later_close(struct later *later);

/* Why a device is put on the list. */
enum later_why {
	LATER_USED,	/* a process opened or closed its node: look for its processes too */
	LATER_SEEN,	/* processes were looked for, and have turned out to have it or not to have it */
	LATER_QUEUE,	/* a queue of its changed: once more so after the next later_release() */
};

/* The device is told of a few times within half a second, from the loop.  Returns 0 or -ENOMEM. */
MUST_CHECK int later_add(struct later *later, const struct uuid *uuid, enum later_why why);

/* The AP bus has done what it was at: devices whose queues changed are told of again. */
void later_release(struct later *later);

#endif
