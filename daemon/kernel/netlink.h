/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's own uevents (NETLINK_KOBJECT_UEVENT, group 1): faster than udev's, and the
 * only ones where no udev runs.  Notices when some were lost.
 */
#ifndef APQD_DAEMON_KERNEL_NETLINK_H
#define APQD_DAEMON_KERNEL_NETLINK_H

#include <systemd/sd-event.h>

#include "common/macro.h"
#include "daemon/kernel/uevent.h"

struct netlink;

/* Is told of each uevent; NULL: some were lost. */
typedef void (*uevent_fn)(void *userdata, const struct uevent *uevent);

/* Returns 0 and the new monitor, or a negative errno. */
MUST_CHECK int netlink_open(sd_event *loop, uevent_fn fn, void *userdata,
			    struct netlink **ret_netlink);

/* Takes NULL too. */
void netlink_close(struct netlink *netlink);

#endif
