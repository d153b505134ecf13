/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A change of the host: its masks, its overrides, its interrupt settings and its policy.
 */
#ifndef APQD_DAEMON_MODEL_HOST_CHANGE_H
#define APQD_DAEMON_MODEL_HOST_CHANGE_H

#include "daemon/model/desired.h"
#include "daemon/model/observed.h"

/* The part of a change that is about the host itself. */
struct host_change {
	bool ownership;			/* the masks and queues are to be as follows */
	struct mask apmask, aqmask;
	struct queue_set take;		/* to be handed to vfio_ap by driver_override */
	struct queue_set give;		/* whose driver_override for vfio_ap is to go */
	bool cut_off;			/* a killed daemon may have left a queue without any driver */
	bool set_interrupts;		/* the interrupt settings are to be as follows */
	struct interrupts_wish interrupts;
	bool write_policy;		/* the policy on the disk is to be as follows */
	struct host_policy policy;
};

/* Nothing is wanted of the host. */
void host_change_init(struct host_change *host);

/* Sets *ret_back to the change that undoes change, and restores the present state of the host. */
void host_change_invert(const struct observed *observed, const struct desired *desired,
			const struct host_change *change, struct host_change *ret_back);

/*
 * Has the change touch only the bits in which it and its inverse (other) differ; all others stay as
 * they are observed, because another program may have written them since the change was planned.
 */
void host_change_keep_others(const struct observed *observed, const struct host_change *other,
			     struct host_change *change);

/*
 * A change that is finished or undone after a while touches only what it is about: the bits in
 * which it and its inverse (other) differ, and nothing of ownership where the policy now forbids
 * it.
 */
void host_change_rebase(const struct observed *observed, const struct desired *desired,
			const struct host_change *other, struct host_change *change);

/*
 * Returns true if the queue will be the host's after the change (NULL: as it is now); see
 * ownership_is_hosts().
 */
bool host_change_leaves_to_host(const struct observed *observed, const struct host_change *change,
				struct apqn apqn);

#endif
