/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One vfio_ap mediated device as sysfs shows it, /sys/devices/vfio_ap/matrix/UUID.
 */
#ifndef APQD_DAEMON_KERNEL_DEVICE_H
#define APQD_DAEMON_KERNEL_DEVICE_H

#include "common/macro.h"
#include "common/matrix.h"
#include "common/uuid.h"
#include "daemon/kernel/sysfs.h"
#include "daemon/model/observed.h"

/*
 * Most queues of a device whose matrix or guest_matrix may be read: each is a line of 8
 * bytes, and up to Linux 6.12 the kernel writes on past the end of its page.
 */
#define DEVICE_LISTING_MAX 511

/* "/sys/devices/vfio_ap/matrix/UUID" and its terminating NUL. */
#define DEVICE_PATH_SIZE 72

/* Writes the path of the device's directory into path and returns path. */
const char *device_path(const struct uuid *uuid, char path[static DEVICE_PATH_SIZE]);

/*
 * Opens that directory, after a look whether it is a device of vfio_ap's.  Returns the
 * descriptor (the caller closes it), -ENOENT, or another negative errno.
 */
MUST_CHECK int device_open(const struct uuid *uuid);

/*
 * Whether it is being removed: the kernel takes its attributes away at once, and its directory
 * when the VMM has closed it (device_del() in the kernel's drivers/base/core.c).  Returns 1, 0 where it is
 * not, or what io_is_of_the_moment(), negative.
 */
MUST_CHECK int device_is_leaving(const struct uuid *uuid);

/*
 * Reads what is assigned to it; all of it, or nothing.  From any thread, by no more than the masks.  Returns 0,
 * -ENOENT where the device is gone, -ENODATA where the kernel is too old to read it
 * without harm, or another negative errno.
 */
MUST_CHECK int device_read_matrix(struct sysfs_dir *dir, struct matrix *ret_matrix);

/*
 * Reads it where there is no ap_config, by the listing that may not have more than DEVICE_LISTING_MAX
 * lines: the caller knows that it does not.  From any thread.  Returns as device_read_matrix().
 */
MUST_CHECK int device_read_listed(struct sysfs_dir *dir, struct matrix *ret_matrix);

/*
 * Reads adapters and domains that the guest has, for a device to which active is assigned.
 * Returns 0, -ENODATA where the kernel does not tell them or cannot without harm, or
 * another negative errno.
 */
MUST_CHECK int device_read_guest(struct sysfs_dir *dir, const struct matrix *active,
				 struct matrix *ret_guest);

/* The attribute control_domains: one id a line, four hexadecimal digits each.  Returns 0 or -EBADMSG. */
MUST_CHECK int device_parse_control_domains(const char *text, struct mask *ret_mask);

#endif
