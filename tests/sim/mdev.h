/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vfio_ap's mediated devices: what their attributes do.  The rules, and the order in which
 * they are checked, are those of vfio_ap_ops.c and drivers/vfio/mdev/.
 */
#ifndef APQD_TESTS_SIM_MDEV_H
#define APQD_TESTS_SIM_MDEV_H

#include "tests/sim/state.h"

/* mdev_write() answers so where the writer has to wait for the VMM to close the device. */
#define MDEV_WAIT 1

/* Returns 0, -EINVAL for what is no UUID, -EEXIST, or -EUSERS for one device too many. */
MUST_CHECK int mdev_create(struct sim_state *state, const char *value);

/*
 * One write to an attribute of a device.  Returns 0; MDEV_WAIT; -ENOENT where the device or
 * the attribute is not there (also while the device is being removed); -EINVAL and -ERANGE
 * for a malformed value; -ENODEV above the highest id; -EADDRNOTAVAIL for a queue that is the
 * host's; -EADDRINUSE for one that another device has.
 */
MUST_CHECK int mdev_write(struct sim_state *state, const struct attribute_write *write);

/* Returns true if some process has it open. */
bool mdev_is_open(const struct sim_state *state, const struct sim_device *device);

/* The last process closed it: its queues are reset, and a remove that waits is done. */
void mdev_closed(struct sim_state *state, uint64_t serial);

#endif
