/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From what is and what is wanted, of the host and of devices, to the steps that make it so, or
 * to everything that stands in the way.  Pure: no I/O, no clock, no state.
 */
#ifndef APQD_DAEMON_MODEL_PLAN_H
#define APQD_DAEMON_MODEL_PLAN_H

#include <stdbool.h>

#include "common/cleanup.h"
#include "daemon/model/attribute.h"
#include "daemon/model/change.h"
#include "daemon/model/desired.h"
#include "daemon/model/observed.h"
#include "daemon/model/problem.h"

enum step_kind {
	STEP_WRITE,			/* one write to the kernel */
	STEP_HAND_OVER,			/* a queue changes hands by its driver_override */
	STEP_WRITE_POLICY,
	STEP_WRITE_DEFINITION,
	STEP_REMOVE_DEFINITION,
};

struct step {
	enum step_kind kind;
	struct attribute_write write;	/* of STEP_WRITE; its UUID is the device's in all other kinds too */
	bool has_undo;
	struct attribute_write undo;
	/* of STEP_HAND_OVER; it is undone by itself the other way round */
	struct apqn apqn;
	bool to_guests;			/* set driver_override to vfio_ap; else clear it */
	bool bound;			/* a driver has the queue, so that it is unbound first */
	bool rebind;			/* unbind the queue from its driver, and let the bus find the new one */
};

struct plan {
	struct step *steps;		/* in the order of their making; owned */
	size_t count, size;
	struct problems conflicts;	/* not empty: the change is refused */
	bool in_use;			/* it would take queues from a running guest, and without force: */
	struct uuid user;		/* ... that of this device */
	const char *no_forwarding;	/* a device requires interrupts; why they cannot be had, or NULL */
	struct uuid requires;		/* ... that device */
	bool waits;			/* its removal waits until a VMM closes the device */
	bool no_memory;			/* the plan is not whole: refuse it */
};

void plan_done(struct plan *plan);

#define CLEANUP_PLAN CLEANUP(plan_done)

/*
 * Plans the change.  Queues that move between its devices, or between them and the host, are let
 * go by all before anybody gets one; every step but a single device's removal can be undone.
 * The steps are empty where nothing has to change.  With conflicts or
 * in_use there are steps too: what would be done otherwise.
 * *ret_plan is always set; the caller lets it go with plan_done().
 */
void plan_make(const struct observed *observed, const struct desired *desired,
	       const struct change *change, struct plan *ret_plan);

/*
 * Every queue and id that keeps the device from having matrix: above the machine's maximum, the
 * host's, or in another device.  In the order in which people ask.
 */
void plan_find_conflicts(const struct observed *observed, const struct desired *desired,
			 const struct uuid *uuid, const struct matrix *matrix,
			 struct problems *conflicts);

/* Only the first of these: ids that this machine cannot have. */
void plan_check_maximum(const struct observed *observed, const struct mask *adapters,
			const struct mask *domains, struct problems *conflicts);

/* Whether the step is a write to the kernel, which apply.c makes; the others are of the disk. */
bool step_is_of_kernel(const struct step *step);

/*
 * Returns true if one of the first count steps moves queues between the host and devices, or
 * changes a device that none of these steps creates.  A guest can then lose queues even if apqd
 * undoes all steps.
 */
bool steps_move_queues(const struct step *steps, size_t count);

/* "web1 (UUID)" or the UUID alone, as messages name a device.  The caller frees it; NULL without memory. */
char *plan_device_name(const struct desired *desired, const struct uuid *uuid);

#endif
