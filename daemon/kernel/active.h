/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is assigned to a device: read where that does no harm, else remembered.
 */
#ifndef APQD_DAEMON_KERNEL_ACTIVE_H
#define APQD_DAEMON_KERNEL_ACTIVE_H

#include "common/macro.h"
#include "daemon/kernel/kernel-sysfs.h"

/*
 * Fills active of the device whose directory is open in fd, and where it is remembered its identity too.
 * It may put queues into observed on the way.  Returns 0, -ENODATA where what it has is not to be known
 * without harm, or as device_read_matrix().
 */
MUST_CHECK int active_read(struct kernel *kernel, struct observed *observed, const struct uuid *uuid,
			   int fd, struct observed_device *device);

#endif
