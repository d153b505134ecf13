/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sysfs attributes that apqd writes, as values: a plan is made of them, the kernel
 * wing carries them out, and apqctl prints them.
 */
#ifndef APQD_DAEMON_MODEL_ATTRIBUTE_H
#define APQD_DAEMON_MODEL_ATTRIBUTE_H

#include "common/apqn.h"
#include "common/matrix.h"
#include "common/uuid.h"

enum attribute {
	/* of the AP bus, /sys/bus/ap */
	ATTRIBUTE_APMASK,
	ATTRIBUTE_AQMASK,
	ATTRIBUTE_SCANS,
	ATTRIBUTE_DRIVERS_PROBE,
	ATTRIBUTE_POLL_THREAD,
	ATTRIBUTE_POLL_TIMEOUT,
	/* of the module kvm, /sys/module/kvm/parameters */
	ATTRIBUTE_USE_GISA,
	/* of a queue, /sys/bus/ap/devices/AA.DDDD */
	ATTRIBUTE_DRIVER_OVERRIDE,
	ATTRIBUTE_UNBIND,		/* driver/unbind of the driver that has the queue */
	/* of the parent of all devices, /sys/devices/vfio_ap/matrix */
	ATTRIBUTE_CREATE,
	/* of a device, /sys/devices/vfio_ap/matrix/UUID */
	ATTRIBUTE_REMOVE,
	ATTRIBUTE_AP_CONFIG,
	ATTRIBUTE_ASSIGN_ADAPTER,
	ATTRIBUTE_UNASSIGN_ADAPTER,
	ATTRIBUTE_ASSIGN_DOMAIN,
	ATTRIBUTE_UNASSIGN_DOMAIN,
	ATTRIBUTE_ASSIGN_CONTROL_DOMAIN,
	ATTRIBUTE_UNASSIGN_CONTROL_DOMAIN,
	ATTRIBUTES
};

/* One write of one value. */
struct attribute_write {
	enum attribute attribute;
	struct uuid uuid;	/* for a device's attributes */
	struct apqn apqn;	/* for a queue's attributes */
	char value[MATRIX_TEXT_SIZE];
};

/* Long enough for every path below. */
#define ATTRIBUTE_PATH_SIZE 128

/* The file's name, for example "ap_config". */
const char *attribute_name(enum attribute attribute);

/* The attribute of that name, or ATTRIBUTES where there is none. */
enum attribute attribute_from_name(const char *name);

/* Returns true if it belongs to a device (and so write->uuid names it) or to a queue. */
bool attribute_is_of_device(enum attribute attribute);
bool attribute_is_of_queue(enum attribute attribute);

/*
 * Makes of what a device has what it has after a write of one number that the kernel took.
 * Returns 0, or -EINVAL for any other write.
 */
MUST_CHECK int attribute_apply(const struct attribute_write *write, struct matrix *matrix);

/* Writes the whole path under /sys into path and returns path. */
const char *attribute_path(const struct attribute_write *write, char path[static ATTRIBUTE_PATH_SIZE]);

#endif
