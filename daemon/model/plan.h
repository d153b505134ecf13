/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From what is and what is wanted of one device to the steps that make it so, or to
 * everything that stands in the way.  Pure: no I/O, no clock, no state.
 */
#ifndef APQD_DAEMON_MODEL_PLAN_H
#define APQD_DAEMON_MODEL_PLAN_H

#include <stdbool.h>

#include "common/cleanup.h"
#include "daemon/model/attribute.h"
#include "daemon/model/desired.h"
#include "daemon/model/observed.h"
#include "daemon/model/problem.h"

/* What is wanted of the host itself. */
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

/* What is wanted of one device, of the host, or of both. */
struct change {
	struct uuid uuid;		/* its text is empty where only the host is concerned */
	struct host_change host;

	bool live;			/* the kernel's side is to be as follows, else it is left alone */
	bool started;			/* the device is there, with this matrix; else it is not there */
	struct matrix active;

	enum {
		DEFINITION_KEEP,
		DEFINITION_WRITE,
		DEFINITION_REMOVE,
	} definition_action;
	struct definition definition;	/* for DEFINITION_WRITE */

	bool force;			/* queues may be taken away from a running guest */
};

enum step_kind {
	STEP_WRITE,			/* one write to the kernel */
	STEP_HAND_OVER,			/* a queue changes hands by its driver_override */
	STEP_WRITE_POLICY,
	STEP_WRITE_DEFINITION,
	STEP_REMOVE_DEFINITION,
};

struct step {
	enum step_kind kind;
	struct attribute_write write;	/* of STEP_WRITE */
	bool has_undo;
	struct attribute_write undo;
	/* of STEP_HAND_OVER; it is undone by itself the other way round */
	struct apqn apqn;
	bool to_guests;			/* set driver_override to vfio_ap; else clear it */
	bool rebind;			/* unbind the queue from its driver, and let the bus find the new one */
};

struct plan {
	struct uuid uuid;
	struct step *steps;		/* in the order of their making; owned */
	size_t count, size;
	struct problems conflicts;	/* not empty: the change is refused */
	bool in_use;			/* it would take queues from a running guest, and without force */
	const char *no_forwarding;	/* the device requires interrupts; why they cannot be had, or NULL */
	bool waits;			/* its removal waits until a VMM closes the device */
	bool no_memory;			/* the plan is not whole: refuse it */
};

void plan_done(struct plan *plan);

#define CLEANUP_PLAN CLEANUP(plan_done)

/*
 * Plans the change.  The steps are empty where nothing has to change.  With conflicts or
 * in_use there are steps too: what would be done otherwise.
 * *ret_plan is always set; the caller lets it go with plan_done().
 */
void plan_make(const struct observed *observed, const struct desired *desired,
	       const struct change *change, struct plan *ret_plan);

/*
 * Every queue and id that keeps the device from having matrix: above the machine's maximum, the
 * host's, or in another device.  In the order in which people ask.  host is what is to be changed
 * of the host before, or NULL.
 */
void plan_find_conflicts(const struct observed *observed, const struct desired *desired,
			 const struct host_change *host, const struct uuid *uuid,
			 const struct matrix *matrix, struct problems *conflicts);

/* Only the first of these: ids that this machine cannot have. */
void plan_check_maximum(const struct observed *observed, const struct mask *adapters,
			const struct mask *domains, struct problems *conflicts);

/* Whether the change is about a device; about the host. */
bool change_has_device(const struct change *change);
bool change_has_host(const struct change *change);

/* Whether the step is a write to the kernel, which apply.c makes; the others are of the disk. */
bool step_is_of_kernel(const struct step *step);

/* "web1 (UUID)" or the UUID alone, as messages name a device.  The caller frees it; NULL without memory. */
char *plan_device_name(const struct desired *desired, const struct uuid *uuid);

#endif
