/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The steps of definitions: files that are written or removed.
 */
#include <stdlib.h>

#include "daemon/model/plan-internal.h"

/* Tells that two devices that both start by themselves want the same queues: only one could have them. */
static void add_conflict(const struct desired *desired, const struct definition *definition,
			 const struct definition *other, struct problems *conflicts)
{
	CLEANUP_FREE struct queue_set *set = calloc(1, sizeof(*set));
	CLEANUP_FREE char *queues = NULL, *name = NULL;

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

static bool are_rivals(const struct definition *a, const struct definition *b)
{
	return !b->problem && b->start == START_AUTO && !uuid_equal(&a->uuid, &b->uuid) &&
	       matrix_overlaps(&a->matrix, &b->matrix, NULL);
}

/* Against all that there will be: those that stay as they are, and those that change too. */
static void check_definition(const struct desired *desired, const struct change *change,
			     const struct definition *definition, struct problems *conflicts)
{
	for (size_t i = 0; i < desired->definitions.count; i++) {
		const struct definition *other = desired->definitions.items[i];
		const struct device_change *of = change_find(change, &other->uuid);

		if ((!of || of->definition_action == DEFINITION_KEEP) && are_rivals(definition, other))
			add_conflict(desired, definition, other, conflicts);
	}
	for (size_t i = 0; i < change->count; i++) {
		const struct device_change *of = &change->devices[i];

		if (of->definition_action == DEFINITION_WRITE && are_rivals(definition, &of->definition))
			add_conflict(desired, definition, &of->definition, conflicts);
	}
}

static void plan_one(const struct desired *desired, const struct change *change,
		     const struct device_change *of, struct plan *plan)
{
	const struct definition *old = desired_find(desired, &of->uuid);
	const struct definition *new = &of->definition;

	if (of->definition_action == DEFINITION_REMOVE && old) {
		plan_add_step(plan, STEP_REMOVE_DEFINITION, &of->uuid);
	} else if (of->definition_action == DEFINITION_WRITE &&
		   (!old || old->problem || !definition_equal(old, new))) {
		/* Only what this change brings is its fault: a conflict that was there stays a problem. */
		if (new->start == START_AUTO &&
		    (!old || old->problem || old->start != new->start ||
		     !matrix_is_subset(&new->matrix, &old->matrix)))
			check_definition(desired, change, new, &plan->conflicts);
		plan_add_step(plan, STEP_WRITE_DEFINITION, &of->uuid);
	}
}

void plan_definitions(const struct desired *desired, const struct change *change, struct plan *plan)
{
	for (size_t i = 0; i < change->count; i++)
		plan_one(desired, change, &change->devices[i], plan);
}
