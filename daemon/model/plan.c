/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/model/plan-internal.h"

#include "daemon/model/diagnose.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void plan_done(struct plan *plan)
{
	free(plan->steps);
	problems_done(&plan->conflicts);
	*plan = (struct plan){ 0 };
}

bool change_has_device(const struct change *change)
{
	return change->uuid.text[0] != '\0';
}

bool change_has_host(const struct change *change)
{
	return change->host.ownership || change->host.set_interrupts || change->host.write_policy;
}

bool step_is_of_kernel(const struct step *step)
{
	return step->kind == STEP_WRITE || step->kind == STEP_HAND_OVER;
}

struct step *plan_add_step(struct plan *plan, enum step_kind kind)
{
	if (plan->count == plan->size) {
		size_t size = plan->size ? 2 * plan->size : 4;
		struct step *more = reallocarray(plan->steps, size, sizeof(*more));

		if (!more) {
			plan->no_memory = true;
			return NULL;
		}
		plan->steps = more;
		plan->size = size;
	}
	plan->steps[plan->count] = (struct step){ .kind = kind };
	return &plan->steps[plan->count++];
}

struct step *plan_add_write(struct plan *plan, enum attribute attribute, const char *value)
{
	struct step *step = plan_add_step(plan, STEP_WRITE);

	if (!step)
		return NULL;
	step->write.attribute = attribute;
	step->write.uuid = plan->uuid;
	snprintf(step->write.value, sizeof(step->write.value), "%s", value);
	return step;
}

void plan_set_undo(struct step *step, enum attribute attribute, const char *value)
{
	if (!step)
		return;
	step->has_undo = true;
	step->undo.attribute = attribute;
	step->undo.uuid = step->write.uuid;
	snprintf(step->undo.value, sizeof(step->undo.value), "%s", value);
}

/* One number a write, as kernels before 6.11 take it; each is undone by its counterpart. */
static void add_ids(struct plan *plan, const struct mask *ids, enum attribute attribute,
		    enum attribute counterpart)
{
	MASK_FOR_EACH(id, ids) {
		char number[8];

		snprintf(number, sizeof(number), "0x%02x", id);
		plan_set_undo(plan_add_write(plan, attribute, number), counterpart, number);
	}
}

/*
 * First everything that goes, then everything that comes: on the way the device then never
 * has a queue that is in neither its old nor its new matrix, which somebody else may have.
 */
static void add_single_steps(struct plan *plan, const struct matrix *from, const struct matrix *to)
{
	struct matrix less = matrix_minus(from, to), more = matrix_minus(to, from);

	add_ids(plan, &less.adapters, ATTRIBUTE_UNASSIGN_ADAPTER, ATTRIBUTE_ASSIGN_ADAPTER);
	add_ids(plan, &less.domains, ATTRIBUTE_UNASSIGN_DOMAIN, ATTRIBUTE_ASSIGN_DOMAIN);
	add_ids(plan, &less.control_domains, ATTRIBUTE_UNASSIGN_CONTROL_DOMAIN,
		ATTRIBUTE_ASSIGN_CONTROL_DOMAIN);
	add_ids(plan, &more.adapters, ATTRIBUTE_ASSIGN_ADAPTER, ATTRIBUTE_UNASSIGN_ADAPTER);
	add_ids(plan, &more.domains, ATTRIBUTE_ASSIGN_DOMAIN, ATTRIBUTE_UNASSIGN_DOMAIN);
	add_ids(plan, &more.control_domains, ATTRIBUTE_ASSIGN_CONTROL_DOMAIN,
		ATTRIBUTE_UNASSIGN_CONTROL_DOMAIN);
}

static void add_matrix_steps(struct plan *plan, const struct observed *observed,
			     const struct matrix *from, const struct matrix *to)
{
	char old[MATRIX_TEXT_SIZE], new[MATRIX_TEXT_SIZE];

	if (matrix_equal(from, to))
		return;
	if (observed->host.has_ap_config)
		plan_set_undo(plan_add_write(plan, ATTRIBUTE_AP_CONFIG, matrix_format(to, new)),
			 ATTRIBUTE_AP_CONFIG, matrix_format(from, old));
	else
		add_single_steps(plan, from, to);
}

static void plan_start(const struct observed *observed, const struct desired *desired,
		       const struct change *change, struct plan *plan)
{
	const struct observed_device *device = observed_find_device(observed, &change->uuid);
	struct matrix none = { 0 };
	const struct matrix *from = device ? &device->active : &none;
	const struct definition *definition = desired_find(desired, &change->uuid);
	struct matrix less;

	if (device && device->leaving) {
		problems_add(&plan->conflicts, PROBLEM_STOPPING, &change->uuid, NULL,
			     "Device %s is being removed, and goes as soon as its guest has ended: start it "
			     "then.",
			     change->uuid.text);
		return;
	}
	if (device && !device->active_known) {
		problems_add(&plan->conflicts, PROBLEM_MATRIX_UNKNOWN, &change->uuid, NULL,
			     "What device %s has now cannot be read on this kernel without harm: stop it, "
			     "and start it again.",
			     change->uuid.text);
		return;
	}
	/* One that has nothing yet was made a moment ago, by mdevctl or by us: it is not started. */
	if (definition && definition->interrupts == INTERRUPTS_REQUIRED &&
	    (!device || (matrix_is_empty(from) && !device->in_use)))
		diagnose_forwarding(observed, &plan->no_forwarding);
	if (!device)
		plan_set_undo(plan_add_write(plan, ATTRIBUTE_CREATE, change->uuid.text), ATTRIBUTE_REMOVE, "1");
	else if (matrix_equal(from, &change->active))
		return;
	plan_find_conflicts(observed, desired, &change->host, &change->uuid, &change->active,
			    &plan->conflicts);
	less = matrix_minus(from, &change->active);
	plan->in_use = device && device->in_use && !matrix_is_empty(&less) && !change->force;
	add_matrix_steps(plan, observed, from, &change->active);
}

static void plan_stop(const struct observed *observed, const struct change *change,
		      struct plan *plan)
{
	const struct observed_device *device = observed_find_device(observed, &change->uuid);

	if (!device)
		return;
	plan->in_use = device->in_use && !change->force;
	plan->waits = device->in_use;
	plan_add_write(plan, ATTRIBUTE_REMOVE, "1");
}

/* Two devices that both start by themselves must not want the same queue: only one could have it. */
static void check_definition(const struct desired *desired, const struct definition *definition,
			     struct problems *conflicts)
{
	for (size_t i = 0; i < desired->definitions.count; i++) {
		const struct definition *other = desired->definitions.items[i];
		CLEANUP_FREE struct queue_set *set = NULL;
		CLEANUP_FREE char *queues = NULL, *name = NULL;

		if (other->problem || other->start != START_AUTO ||
		    uuid_equal(&other->uuid, &definition->uuid) ||
		    !matrix_overlaps(&definition->matrix, &other->matrix, NULL))
			continue;
		set = calloc(1, sizeof(*set));
		if (!set) {
			conflicts->incomplete = true;
			return;
		}
		MATRIX_FOR_EACH_QUEUE(adapter, domain, &definition->matrix)
			if (matrix_has_queue(&other->matrix, (struct apqn){ adapter, domain }))
				queue_set_add(set, (struct apqn){ adapter, domain });
		queues = queue_set_format(set);
		name = plan_device_name(desired, &other->uuid);
		problems_add(conflicts, PROBLEM_DEFINITION_CONFLICT, &other->uuid, set,
			     "The definition of device %s, which starts automatically too, has %s: only one "
			     "of the two could be started.",
			     name ? name : other->uuid.text, queues ? queues : "some of the queues");
	}
}

static void plan_definition(const struct desired *desired, const struct change *change,
			    struct plan *plan)
{
	const struct definition *old = desired_find(desired, &change->uuid);
	const struct definition *new = &change->definition;

	if (change->definition_action == DEFINITION_REMOVE && old) {
		plan_add_step(plan, STEP_REMOVE_DEFINITION);
	} else if (change->definition_action == DEFINITION_WRITE &&
		   (!old || old->problem || !definition_equal(old, new))) {
		/* Only what this change brings is its fault: a conflict that was there stays a problem. */
		if (new->start == START_AUTO &&
		    (!old || old->problem || old->start != new->start ||
		     !matrix_is_subset(&new->matrix, &old->matrix)))
			check_definition(desired, new, &plan->conflicts);
		plan_add_step(plan, STEP_WRITE_DEFINITION);
	}
}

static void plan_device(const struct observed *observed, const struct desired *desired,
			const struct change *change, struct plan *plan)
{
	if (change->live && change->started)
		plan_start(observed, desired, change, plan);
	else if (change->live)
		plan_stop(observed, change, plan);
}

static bool gives_back(const struct observed *observed, const struct host_change *host)
{
	return host->ownership && (!mask_is_subset(&host->apmask, &observed->host.apmask) ||
				   !mask_is_subset(&host->aqmask, &observed->host.aqmask) ||
				   !queue_set_is_empty(&host->give));
}

void plan_make(const struct observed *observed, const struct desired *desired,
	       const struct change *change, struct plan *ret_plan)
{
	struct plan plan = { .uuid = change->uuid };
	bool device_first = gives_back(observed, &change->host);

	/* A device gets what the host has let go, and lets go what the host gets back. */
	if (device_first)
		plan_device(observed, desired, change, &plan);
	plan_host(observed, desired, change, &plan);
	if (!device_first)
		plan_device(observed, desired, change, &plan);
	if (change->host.write_policy && !host_policy_equal(&change->host.policy, &desired->policy))
		plan_add_step(&plan, STEP_WRITE_POLICY);
	if (change->definition_action != DEFINITION_KEEP)
		plan_definition(desired, change, &plan);
	plan.no_memory |= plan.conflicts.incomplete;
	*ret_plan = plan;
}
