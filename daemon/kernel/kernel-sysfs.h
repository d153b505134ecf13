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
#include "daemon/kernel/recheck.h"
#include "daemon/kernel/lookout.h"
#include "daemon/kernel/memory.h"
#include "daemon/kernel/netlink.h"
#include "daemon/kernel/udev.h"
#include "daemon/kernel/watch.h"
#include "daemon/worker.h"

struct kernel {
	kernel_event_fn event;
	void *userdata;
	struct netlink *netlink;
	struct udev_input *udev;
	struct watch *watch;
	struct recheck *recheck;
	struct memory *memory;
	struct worker *worker;	/* for what other users' processes can make slow */
	struct lookout *lookout;
	bool scanned;		/* kernel_scan() has run */
	int8_t facility65;	/* what KVM answered; -1: nothing yet, or it could not be asked */
	bool kvm_stale;		/* it is to be asked at the next reading */
	bool kvm_asked;		/* it is being asked */
};

#endif
