/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the matrix of a device where reading is harmless, and otherwise uses the remembered one. */
#ifndef APQD_DAEMON_KERNEL_ACTIVE_H
#define APQD_DAEMON_KERNEL_ACTIVE_H

#include "common/macro.h"
#include "daemon/kernel/kernel-sysfs.h"
#include "daemon/kernel/sysfs.h"

/*
 * Fills active of the device whose directory is open in fd, and the identity if the matrix is
 * remembered.  May put queues into observed.  Returns 0, -ENODATA if only a harmful reading could
 * find the matrix, or as device_read_matrix().
 */
MUST_CHECK int active_read(struct kernel *kernel, struct observed *observed, const struct uuid *uuid,
			   struct sysfs_dir *dir, struct observed_device *device);

#endif
