/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One AP queue as sysfs shows it, /sys/devices/ap/cardXX/AA.DDDD.
 */
#ifndef APQD_DAEMON_KERNEL_QUEUE_H
#define APQD_DAEMON_KERNEL_QUEUE_H

#include "common/macro.h"
#include "daemon/model/observed.h"

/* "/sys/devices/ap/cardXX/AA.DDDD" and its terminating NUL. */
#define QUEUE_PATH_SIZE 40

/* Writes the path of the queue's directory into path and returns path. */
const char *queue_path(struct apqn apqn, char path[static QUEUE_PATH_SIZE]);

/* Opens that directory, after a look whether it is a queue's; returns as sysfs_open(). */
MUST_CHECK int queue_open(struct apqn apqn);

/* Reads it.  Returns 0, -ENOENT where there is no such queue, or another negative errno. */
MUST_CHECK int queue_read(struct apqn apqn, struct observed_queue *ret_queue);

/*
 * Reads again only what changes with the device that has the queue: its status, and
 * whether interrupts are on.  Returns as queue_read(); -ENOENT also where vfio_ap does not
 * have it any more, and then all of it wants to be read again.
 */
MUST_CHECK int queue_read_use(struct observed_queue *queue);

/*
 * Returns 1 if the AP bus can give one queue to another driver than the masks say (Linux 6.19 or later),
 * else 0, or a negative errno of queue_open() or of the look at the attribute.
 */
MUST_CHECK int queue_has_override(struct apqn apqn);

#endif
