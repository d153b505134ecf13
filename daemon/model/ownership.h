/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The owner of each queue of the host, and the part of a device's matrix that reaches its guest.
 */
#ifndef APQD_DAEMON_MODEL_OWNERSHIP_H
#define APQD_DAEMON_MODEL_OWNERSHIP_H

#include <stdbool.h>

#include "common/apqn.h"
#include "common/queue-set.h"
#include "daemon/model/desired.h"
#include "daemon/model/observed.h"

enum ownership_kind {
	OWNERSHIP_DEFAULT,	/* all queues are the host's */
	OWNERSHIP_MASKS,	/* apmask and aqmask leave some to guests */
	OWNERSHIP_OVERRIDES,	/* driver_override is set on some */
};

/* How ownership is decided on this host now. */
enum ownership_kind ownership_kind(const struct observed *observed);

/*
 * Returns true if the drivers count the queue as the host's, so that no device may have it: a
 * driver_override decides where there is one, else both masks (ap_owned_by_def_drv() in the
 * kernel's ap_bus.c).  The override of a queue that is not there, or has no driver, does not count.
 */
bool ownership_is_hosts(const struct observed *observed, struct apqn apqn);

/*
 * Returns true if the kernel refuses to set a mask's bit as soon as a device names that adapter or
 * domain, whatever the other mask says.  That came with driver_override in 6.19
 * (__verify_card_reservations() in ap_bus.c); before, only what would take a queue away is
 * refused.  Where no queue is there to tell, yes.
 */
bool ownership_masks_are_strict(const struct observed *observed);

/* Returns true if driver_override hands the queue to vfio_ap, by apqd or by another program. */
bool ownership_is_overridden(const struct observed *observed, struct apqn apqn);

/*
 * The bits of the masks that another program has cleared: those that are 0, less those that the
 * policy says apqd cleared.
 */
struct mask_choice ownership_others_bits(const struct observed *observed, const struct desired *desired);

/* The device that has the queue assigned, or NULL. */
const struct observed_device *ownership_find_device(const struct observed *observed,
						    struct apqn apqn);

/*
 * The same for all queues of one adapter, by domain: looking through the devices once, where
 * looking for each queue would take as many times as there are domains.
 */
void ownership_find_devices(const struct observed *observed, unsigned int adapter,
			    const struct observed_device *ret_devices[static APQN_IDS]);

/* The reason that keeps a queue of a device from its guest. */
enum queue_trouble {
	QUEUE_FINE,
	QUEUE_ABSENT,
	QUEUE_NOT_BOUND,	/* it exists, but vfio_ap is not its driver */
	QUEUE_DECONFIGURED,
	QUEUE_CHECKSTOPPED,
};

enum queue_trouble ownership_trouble(const struct observed *observed, struct apqn apqn);

/*
 * Returns true if a guest has the device's queue at this moment.  The queue's own status says so
 * too, but nothing tells when that changes; a device that is opened or closed makes an event.
 */
bool ownership_is_in_use(const struct observed *observed, const struct observed_device *device,
			 struct apqn apqn);

/*
 * Adds the queues for which the device's guest has switched interrupts on.  Unless a guest has a
 * queue, its interrupts are what the AP bus itself switched on.
 */
void ownership_interrupt_queues(const struct observed *observed,
				const struct observed_device *device, struct queue_set *set);

/*
 * Returns the matrix that the guest of the device gets, or would get: the active matrix without
 * the ids that the kernel filters out, and without adapters none of whose queues work.  The kernel
 * filters ids that the host lacks, and each adapter with a queue that vfio_ap does not have
 * (vfio_ap_mdev_filter_matrix()).
 */
struct matrix ownership_effective(const struct observed *observed,
				  const struct observed_device *device);

#endif
