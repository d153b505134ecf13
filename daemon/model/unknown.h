/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices whose matrix is not known: a kernel without ap_config cannot list every matrix without
 * harm.  Such a device is never taken for an empty one.
 */
#ifndef APQD_DAEMON_MODEL_UNKNOWN_H
#define APQD_DAEMON_MODEL_UNKNOWN_H

#include <stdbool.h>

#include "common/apqn.h"
#include "daemon/model/observed.h"

/*
 * Returns true if a device whose matrix is not known may have the queue: such a device exists, the
 * host does not own the queue, and vfio_ap does not report it as unassigned.  The caller knows that
 * no other device has the queue.
 */
bool unknown_may_have(const struct observed *observed, struct apqn apqn);

/*
 * Returns the most queues that the device can have by the state of all others.  These are the
 * adapters and domains that the masks leave to guests, less the queues that are in other devices or
 * unassigned.  The bound includes two more adapters and two more domains: another program may
 * assign them before apqd reads the device.
 */
unsigned int unknown_bound(const struct observed *observed, const struct uuid *uuid);

#endif
