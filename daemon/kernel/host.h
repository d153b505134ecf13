/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host as sysfs shows it: the AP bus, vfio_ap's parent device, and kvm's parameters; and
 * what the kernel's command line says of them.
 */
#ifndef APQD_DAEMON_KERNEL_HOST_H
#define APQD_DAEMON_KERNEL_HOST_H

#include "common/macro.h"
#include "daemon/model/observed.h"

/*
 * Reads all but facility65 (-1) and override_leaked (false), which nothing there tells.  What is
 * not there (no AP bus, no vfio_ap, no kvm) is told as such and is no failure.  Returns 0 or a
 * negative errno.
 */
MUST_CHECK int host_read(struct observed_host *ret_host);

/*
 * Most queues that one device can have by the masks and the maximum ids, 0 to 65536: a
 * device's queues are a rectangle of which no queue is the host's.  From any thread.
 */
unsigned int host_largest_matrix(const struct observed_host *host);

#endif
