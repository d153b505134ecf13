/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The steps of a plan: single writes to the kernel and the disk, and what undoes each of them.
 */
#ifndef APQD_DAEMON_PLAN_STEPS_H
#define APQD_DAEMON_PLAN_STEPS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/cleanup.h"
#include "common/macro.h"
#include "daemon/model/attribute.h"
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
 * Returns true if the step is a write to the kernel, which apply.c makes; the others are of the
 * disk.
 */
bool step_is_of_kernel(const struct step *step);

/*
 * Returns true if one of the first count steps moves queues between the host and devices, or
 * changes a device that none of these steps creates.  A guest can then lose queues even if apqd
 * undoes all steps.
 */
bool steps_move_queues(const struct step *steps, size_t count);

/*
 * Append a step, a write of value; device: NULL where it concerns the host.  They return NULL
 * without memory, and then the plan knows it.
 */
struct step *plan_add_step(struct plan *plan, enum step_kind kind, const struct uuid *device);
struct step *plan_add_write(struct plan *plan, const struct uuid *device, enum attribute attribute,
			    const char *value);

/* Says what undoes a step, which may be NULL. */
void plan_set_undo(struct step *step, enum attribute attribute, const char *value);

#endif
