/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The character devices through which a VMM opens a mediated device: /dev/vfio/N of its
 * IOMMU group, or /dev/vfio/devices/vfioN.  The kernel is asked each time which belong
 * together; nothing is remembered that could grow old.
 */
#ifndef APQD_DAEMON_KERNEL_VFIO_NODES_H
#define APQD_DAEMON_KERNEL_VFIO_NODES_H

#include <sys/types.h>

#include "common/macro.h"
#include "common/uuid.h"
#include "daemon/kernel/sysfs.h"

#define VFIO_NODES_GROUPS "/dev/vfio"
#define VFIO_NODES_DEVICES "/dev/vfio/devices"

/* A group's node, and the device's own (which a kernel may lack); 0 where there is none. */
struct vfio_nodes {
	dev_t group, device;
};

/* Reads the numbers of the nodes of the device whose sysfs directory is dir. */
void vfio_nodes_read(struct sysfs_dir *dir, struct vfio_nodes *ret_nodes);

/*
 * Which device of vfio_ap's a node of that name in VFIO_NODES_GROUPS ("7"), in VFIO_NODES_DEVICES
 * ("vfio7"), or of that number belongs to.  Return 0, -ENOENT where it is none's, or what
 * io_is_of_the_moment(), negative, where that cannot be seen now.
 */
MUST_CHECK int vfio_nodes_find_group(const char *name, struct uuid *ret_uuid);
MUST_CHECK int vfio_nodes_find_device(const char *name, struct uuid *ret_uuid);
MUST_CHECK int vfio_nodes_find_number(dev_t number, struct uuid *ret_uuid);

#endif
