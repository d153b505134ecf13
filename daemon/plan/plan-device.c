/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The steps of devices.  One that changes by itself is written once.  Of several that change
 * together, those with a queue that another one gets first let go, and get their own share when
 * all have done so: then no order of devices is wrong, and no cycle either.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/model/readiness.h"
#include "daemon/model/label.h"
#include "daemon/model/ownership.h"
#include "daemon/plan/plan-device.h"
#include "daemon/plan/conflict.h"
#include "daemon/plan/reserve.h"

/* One number a write, as kernels before 6.10 take it; each is undone by its counterpart. */
static void add_ids(struct plan *plan, const struct uuid *uuid, const struct mask *ids,
		    enum attribute attribute, enum attribute counterpart)
{
	MASK_FOR_EACH(id, ids) {
		char number[8];

		snprintf(number, sizeof(number), "0x%02x", id);
		plan_set_undo(plan_add_write(plan, uuid, attribute, number), counterpart, number);
	}
}

/*
 * First everything that goes, then everything that comes: on the way the device then never
 * has a queue that is in neither its old nor its new matrix, which somebody else may have.
 */
static void add_single_steps(struct plan *plan, const struct uuid *uuid, const struct matrix *from,
			     const struct matrix *to)
{
	struct matrix less = matrix_minus(from, to), more = matrix_minus(to, from);

	add_ids(plan, uuid, &less.adapters, ATTRIBUTE_UNASSIGN_ADAPTER, ATTRIBUTE_ASSIGN_ADAPTER);
	add_ids(plan, uuid, &less.domains, ATTRIBUTE_UNASSIGN_DOMAIN, ATTRIBUTE_ASSIGN_DOMAIN);
	add_ids(plan, uuid, &less.control_domains, ATTRIBUTE_UNASSIGN_CONTROL_DOMAIN,
		ATTRIBUTE_ASSIGN_CONTROL_DOMAIN);
	add_ids(plan, uuid, &more.adapters, ATTRIBUTE_ASSIGN_ADAPTER, ATTRIBUTE_UNASSIGN_ADAPTER);
	add_ids(plan, uuid, &more.domains, ATTRIBUTE_ASSIGN_DOMAIN, ATTRIBUTE_UNASSIGN_DOMAIN);
	add_ids(plan, uuid, &more.control_domains, ATTRIBUTE_ASSIGN_CONTROL_DOMAIN,
		ATTRIBUTE_UNASSIGN_CONTROL_DOMAIN);
}

static void add_matrix_steps(struct plan *plan, const struct observed *observed,
			     const struct uuid *uuid, const struct matrix *from, const struct matrix *to)
{
	char old[MATRIX_TEXT_SIZE], new[MATRIX_TEXT_SIZE];

	if (matrix_equal(from, to))
		return;
	if (observed->host.has_ap_config)
		plan_set_undo(plan_add_write(plan, uuid, ATTRIBUTE_AP_CONFIG, matrix_format(to, new)),
			      ATTRIBUTE_AP_CONFIG, matrix_format(from, old));
	else
		add_single_steps(plan, uuid, from, to);
}

/* What keeps a device that is there from being changed at all. */
static bool is_changeable(const struct desired *desired, const struct observed_device *device,
			  struct problems *conflicts)
{
	const char *uuid = device->uuid.text;

	if (device->leaving) {
		label_problem(conflicts, desired, PROBLEM_STOPPING, &device->uuid, NULL,
			      "the device is being removed, and goes as soon as its guest has ended. Start it "
			      "then: 'apqctl start %s'.", uuid);
		return false;
	}
	if (!device->active_known) {
		label_problem(conflicts, desired, PROBLEM_MATRIX_UNKNOWN, &device->uuid, NULL,
			      "this kernel cannot list what the device has without harm. To have it known, run: "
			      "'apqctl stop %s', then 'apqctl start %s'.", uuid, uuid);
		return false;
	}
	return true;
}

/* The policy that counts is that of the definition as it will be. */
static bool requires_interrupts(const struct desired *desired, const struct device_change *change)
{
	const struct definition *definition = desired_find(desired, &change->uuid);

	if (change->definition_action == DEFINITION_WRITE)
		definition = &change->definition;
	return definition && definition->interrupts == INTERRUPTS_REQUIRED;
}

static void check_forwarding(const struct observed *observed, const struct uuid *uuid, struct plan *plan)
{
	const char *reason;

	if (plan->no_forwarding || readiness_of_interrupts(observed, &reason))
		return;
	plan->no_forwarding = reason;
	plan->requires = *uuid;
}

/*
 * Returns true if a guest loses a queue or control domain that it has.  A queue that never reached
 * the guest, for example an absent one, is no loss.
 */
static bool guest_loses(const struct observed *observed, const struct move *way)
{
	struct mask controls = mask_minus(&way->from.control_domains, &way->to.control_domains);

	if (!way->device->in_use)
		return false;
	if (!mask_is_empty(&controls))
		return true;
	MATRIX_FOR_EACH_QUEUE(adapter, domain, &way->from) {
		struct apqn apqn = { adapter, domain };

		if (!matrix_has_queue(&way->to, apqn) &&
		    ownership_is_in_use(observed, way->device, apqn))
			return true;
	}
	return false;
}

/* The queues that Linux before 6.0 does not assign, because vfio_ap does not have them yet. */
static void check_bound(const struct observed *observed, const struct desired *desired,
			const struct change *change, const struct device_change *of, struct plan *plan)
{
	CLEANUP_FREE struct queue_set *set = calloc(1, sizeof(*set));
	CLEANUP_FREE char *queues = NULL;

	if (!set) {
		plan->no_memory = true;
		return;
	}
	MATRIX_FOR_EACH_QUEUE(adapter, domain, &of->active) {
		struct apqn apqn = { adapter, domain };

		/* One of the host's has a conflict of its own, or comes to vfio_ap by this change. */
		if (!observed_queue_is_bound(observed, apqn) &&
		    (!ownership_is_hosts(observed, apqn) || !observed_find_queue(observed, apqn)) &&
		    !host_change_leaves_to_host(observed, &change->host, apqn))
			queue_set_add(set, apqn);
	}
	if (queue_set_is_empty(set))
		return;
	queues = queue_set_format(set);
	label_problem(&plan->conflicts, desired, PROBLEM_NOT_BOUND, &of->uuid, set,
		      "vfio_ap does not have %s, and this kernel (before Linux 6.0) assigns no others. The device "
		      "can have them as soon as their adapters are there.", queues ? queues : "some queues");
}

/* Linux before 6.0 changes nothing of a device that a guest has, nor assigns what vfio_ap does not have. */
static void check_old_kernel(const struct observed *observed, const struct desired *desired,
			     const struct change *change, const struct device_change *of,
			     const struct move *way, struct plan *plan)
{
	if (observed_has_hotplug(observed))
		return;
	if (way->device && way->device->in_use)
		label_problem(&plan->conflicts, desired, PROBLEM_CONFLICT, &of->uuid, NULL,
			      "a guest uses the device, and this kernel (before Linux 6.0) changes no device in "
			      "use. End the guest first.");
	else
		check_bound(observed, desired, change, of, plan);
}

static void look_at_start(const struct observed *observed, const struct desired *desired,
			  const struct change *change, const struct device_change *of,
			  struct move *way, struct conflict_wanted *wanted,
			  struct plan *plan)
{
	if (way->device && !is_changeable(desired, way->device, &plan->conflicts)) {
		way->to = way->from;
		return;
	}
	way->to = of->active;
	/* One that has nothing yet was made a moment ago, by mdevctl or by us: it is not started. */
	if (requires_interrupts(desired, of) &&
	    (!way->device || (matrix_is_empty(&way->from) && !way->device->in_use)))
		check_forwarding(observed, &of->uuid, plan);
	if (move_is_same(way))
		return;
	conflict_want(wanted, &way->to);
	check_old_kernel(observed, desired, change, of, way, plan);
	if (way->device && !change->force && guest_loses(observed, way)) {
		plan->in_use = true;
		plan->user = of->uuid;
	}
}

static void look_at_stop(const struct desired *desired, const struct change *change, const struct device_change *of,
			 struct move *way, struct plan *plan)
{
	way->to = (struct matrix){ 0 };
	if (!way->device)
		return;
	/* Among others, and before the host gets queues, it is emptied first. */
	if ((change->count > 1 || change->host.ownership) &&
	    !is_changeable(desired, way->device, &plan->conflicts))
		return;
	if (way->device->in_use && !change->force) {
		plan->in_use = true;
		plan->user = of->uuid;
	}
	plan->waits = way->device->in_use;
}

struct move *plan_devices(const struct observed *observed, const struct desired *desired,
				 const struct change *change, struct plan *plan)
{
	struct move *ways = calloc(change->count ? change->count : 1, sizeof(*ways));
	CLEANUP_FREE struct conflict_wanted *wanted = calloc(1, sizeof(*wanted));

	if (!ways || !wanted) {
		free(ways);
		plan->no_memory = true;
		return NULL;
	}
	for (size_t i = 0; i < change->count; i++) {
		const struct device_change *of = &change->devices[i];
		struct move *way = &ways[i];

		way->device = observed_find_device(observed, &of->uuid);
		way->there = of->live ? of->started : way->device != NULL;
		if (way->device)
			way->from = way->to = way->device->active;
		if (of->live && of->started)
			look_at_start(observed, desired, change, of, way, wanted, plan);
		else if (of->live)
			look_at_stop(desired, change, of, way, plan);
		way->between = way->from;
	}
	conflict_check_host(observed, desired, change, wanted, &plan->conflicts);
	/* Whoever gets nothing new takes nothing from anybody. */
	if (!queue_set_is_empty(&wanted->queues))
		conflict_check_devices(observed, desired, change, ways, &plan->conflicts);
	return ways;
}

/* Finds out who has what another one of the same change gets. */
static void find_givers(struct move *ways, size_t count, struct plan *plan)
{
	CLEANUP_FREE uint16_t (*owner)[APQN_IDS] = NULL;

	if (count < 2)
		return;
	owner = calloc(APQN_IDS, sizeof(*owner));
	if (!owner) {
		plan->no_memory = true;
		return;
	}
	for (size_t i = 0; i < count; i++)
		MATRIX_FOR_EACH_QUEUE(adapter, domain, &ways[i].from)
			if (!matrix_has_queue(&ways[i].to, (struct apqn){ adapter, domain }))
				owner[adapter][domain] = (uint16_t)(i + 1);
	for (size_t i = 0; i < count; i++)
		MATRIX_FOR_EACH_QUEUE(adapter, domain, &ways[i].to)
			if (owner[adapter][domain])
				ways[owner[adapter][domain] - 1].gives = true;
}

void plan_let_go(const struct observed *observed, struct move *ways,
		 const struct change *change, bool to_host, struct plan *plan)
{
	find_givers(ways, change->count, plan);
	for (size_t i = 0; i < change->count; i++) {
		struct move *way = &ways[i];
		bool alone = change->count == 1 && !to_host;

		way->gives |= to_host;
		/* A removal among other steps is made of two, each of which can be undone. */
		if (!way->device || (way->there ? !way->gives : alone))
			continue;
		way->between = matrix_and(&way->from, &way->to);
		add_matrix_steps(plan, observed, &change->devices[i].uuid, &way->from, &way->between);
	}
}

void plan_get(const struct observed *observed, struct move *ways, const struct change *change,
	      struct plan *plan)
{
	for (size_t i = 0; i < change->count; i++) {
		const struct uuid *uuid = &change->devices[i].uuid;
		struct move *way = &ways[i];

		if (!way->there)
			continue;
		if (!way->device)
			plan_set_undo(plan_add_write(plan, uuid, ATTRIBUTE_CREATE, uuid->text),
				      ATTRIBUTE_REMOVE, "1");
		add_matrix_steps(plan, observed, uuid, &way->between, &way->to);
	}
}

void plan_remove(const struct move *ways, const struct change *change, struct plan *plan)
{
	for (size_t i = 0; i < change->count; i++) {
		const struct uuid *uuid = &change->devices[i].uuid;
		struct step *step;

		if (!ways[i].device || ways[i].there)
			continue;
		step = plan_add_write(plan, uuid, ATTRIBUTE_REMOVE, "1");
		if (change->count > 1)
			plan_set_undo(step, ATTRIBUTE_CREATE, uuid->text);
	}
}
