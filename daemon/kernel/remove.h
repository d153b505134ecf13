/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Removing a device, which blocks until its VMM closes it.
 */
#ifndef APQD_DAEMON_KERNEL_REMOVE_H
#define APQD_DAEMON_KERNEL_REMOVE_H

#include "common/macro.h"
#include "common/uuid.h"

/*
 * Removes the device and returns when it is gone, which may take as long as a guest runs; from
 * any thread.  Returns 0, -ENOENT where it was not there, or another negative errno.
 */
MUST_CHECK int remove_device(const struct uuid *uuid, const char *value);

#endif
