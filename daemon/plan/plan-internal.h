/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shared declarations of the planner: plan.c (the whole), plan-device.c, plan-host.c,
 * plan-definition.c, and the checks in conflict.c and rivals.c.
 */
#ifndef APQD_DAEMON_MODEL_PLAN_INTERNAL_H
#define APQD_DAEMON_MODEL_PLAN_INTERNAL_H

#include "daemon/plan/plan.h"

/*
 * Append a step, a write of value; device: NULL where it concerns the host.  They return NULL
 * without memory, and then the plan knows it.
 */
struct step *plan_add_step(struct plan *plan, enum step_kind kind, const struct uuid *device);
struct step *plan_add_write(struct plan *plan, const struct uuid *device, enum attribute attribute,
			    const char *value);

/* Says what undoes a step, which may be NULL. */
void plan_set_undo(struct step *step, enum attribute attribute, const char *value);

/* One device on its way: what it has at first, in between, and at last. */
struct device_plan {
	const struct observed_device *device;	/* NULL: it is not there */
	bool there;				/* it is to be there */
	struct matrix from, between, to;
	bool gives;				/* somebody waits for what it lets go */
};

/* Returns true if the kernel has the device and the change leaves its matrix as it is. */
bool device_plan_is_same(const struct device_plan *way);

/*
 * plan-device.c, in the order of their use.  The first looks at every device and at what stands in
 * the way, and returns one for each of change (the caller frees them), or NULL if the plan has no
 * memory.  Then come the steps by which all let go what others wait for (with to_host: also the
 * host), those by which each gets what it is to have, and those by which the others go.
 */
struct device_plan *plan_devices(const struct observed *observed, const struct desired *desired,
				 const struct change *change, struct plan *plan);
void plan_let_go(const struct observed *observed, struct device_plan *devices,
		 const struct change *change, bool to_host, struct plan *plan);
void plan_get(const struct observed *observed, struct device_plan *devices,
	      const struct change *change, struct plan *plan);
void plan_remove(const struct device_plan *devices, const struct change *change, struct plan *plan);

/* plan-host.c: the steps of change->host, and what stands in their way. */
void plan_host(const struct observed *observed, const struct desired *desired,
	       const struct change *change, struct plan *plan);

/* plan-definition.c: the files to be written, and what stands in their way. */
void plan_definitions(const struct desired *desired, const struct change *change, struct plan *plan);

/*
 * conflict.c: the queues that devices have after the change and another device has then too.  Each queue
 * is named once with those who would have it, however many they are.
 */
void conflict_check_devices(const struct observed *observed, const struct desired *desired,
			    const struct change *change, const struct device_plan *devices,
			    struct problems *conflicts);

/* Union of the matrices that devices get. No check depends on the device that gets a queue. */
struct conflict_wanted {
	struct mask adapters, domains, control_domains;
	struct queue_set queues;
};

void conflict_want(struct conflict_wanted *wanted, const struct matrix *matrix);

/* Without other devices: what the machine, and the host, keep them from. */
void conflict_check_host(const struct observed *observed, const struct desired *desired,
			 const struct change *change, const struct conflict_wanted *wanted,
			 struct problems *conflicts);

/* rivals.c: a device as messages name it. */
struct claimant {
	const struct uuid *uuid;
	const char *name;	/* "" for none */
	bool in_use;
};

typedef struct claimant (*claimant_fn)(const void *userdata, unsigned int who);

/* "A", "A and B", "A, B, C and 397 more" */
struct rivals_text {
	char *text;		/* owned; NULL without memory */
	unsigned int count;	/* how many they are */
	struct uuid first;
};

/*
 * Returns the names of the claimants of a group, without the device *besides (NULL: all of them).
 */
struct rivals_text rivals_describe(const struct claims_group *group, claimant_fn find,
				   const void *userdata, const struct uuid *besides);

#endif
