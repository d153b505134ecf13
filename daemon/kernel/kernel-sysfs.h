/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the real body of the kernel seam keeps: its inputs, and the little that it
 * remembers.  Only the loop's thread touches it; kernel_write() and kernel_read_matrix(),
 * which run on others, use nothing of it.
 */
#ifndef APQD_DAEMON_KERNEL_KERNEL_SYSFS_H
#define APQD_DAEMON_KERNEL_KERNEL_SYSFS_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/kernel/kernel.h"
#include "daemon/kernel/later.h"
#include "daemon/kernel/netlink.h"
#include "daemon/kernel/udev.h"
#include "daemon/kernel/users.h"
#include "daemon/kernel/watch.h"

struct kernel {
	kernel_event_fn event;
	void *userdata;
	struct netlink *netlink;
	struct udev_input *udev;
	struct watch *watch;
	struct later *later;
	struct users users;	/* as of the last walk */
	bool users_stale;	/* somebody opened or closed a node since */
	int8_t facility65;	/* what KVM answered; -1: it is asked at the next reading */
};

#endif
