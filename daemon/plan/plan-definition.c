/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The steps of definitions: files that are written or removed.
 */
#include <errno.h>
#include <stdlib.h>

#include "daemon/plan/plan-definition.h"
#include "daemon/plan/rivals.h"
#include "daemon/model/under-way.h"

/* Definitions that start automatically after the change: those that stay, and those that are written. */
struct automatic {
	const struct definition **definitions;	/* owned; by the number of the claim */
	unsigned int count;
	struct claims *claims;			/* owned */
};

static void automatic_done(struct automatic *automatic)
{
	free(automatic->definitions);
	claims_free(automatic->claims);
}

/* coming: the one that a change at work puts in its place, or NULL.  Either may stay. */
static int add_automatic(struct automatic *automatic, const struct definition *definition,
			 const struct definition *coming)
{
	CLEANUP_FREE struct queue_set *both = NULL;

	if (!definition_is_automatic(definition)) {
		definition = coming;
		coming = NULL;
	}
	if (!definition || !definition_is_automatic(definition))
		return 0;
	if (coming && definition_is_automatic(coming)) {
		both = calloc(1, sizeof(*both));
		if (!both)
			return -ENOMEM;
		queue_set_add_matrix(both, &definition->matrix);
		queue_set_add_matrix(both, &coming->matrix);
		claims_add_set(automatic->claims, both, automatic->count);
	} else {
		claims_add(automatic->claims, &definition->matrix, automatic->count);
	}
	automatic->definitions[automatic->count++] = definition;
	return 0;
}

static const struct definition *find_coming(const struct desired *desired, const struct uuid *uuid)
{
	const struct device_change *of = under_way_find(desired, uuid);

	return of && of->definition_action == DEFINITION_WRITE ? &of->definition : NULL;
}

static int find_automatic(const struct desired *desired, const struct change *change,
			  struct automatic *automatic)
{
	struct under_way_walk walk = { 0 };
	const struct device_change *coming;
	int r = 0;

	automatic->claims = claims_new();
	automatic->definitions = calloc(desired->definitions.count + change->count +
						under_way_count(desired),
					sizeof(*automatic->definitions));
	if (!automatic->claims || !automatic->definitions)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < desired->definitions.count; i++) {
		const struct definition *definition = desired->definitions.items[i];
		const struct device_change *of = change_find(change, &definition->uuid);

		if (!of || of->definition_action == DEFINITION_KEEP)
			r = add_automatic(automatic, definition,
					  find_coming(desired, &definition->uuid));
	}
	while (r == 0 && (coming = under_way_next(desired, change, &walk)))
		if (coming->definition_action == DEFINITION_WRITE &&
		    !desired_find(desired, &coming->uuid))
			r = add_automatic(automatic, &coming->definition, NULL);
	for (size_t i = 0; r == 0 && i < change->count; i++)
		if (change->devices[i].definition_action == DEFINITION_WRITE)
			r = add_automatic(automatic, &change->devices[i].definition, NULL);
	return r;
}

static struct claimant find_claimant(const void *userdata, unsigned int who)
{
	const struct automatic *automatic = userdata;
	const struct definition *definition = automatic->definitions[who];

	return (struct claimant){ &definition->uuid, definition->name, false };
}

/* only: the device that the change is about, or NULL where it is about many. */
static void add_conflict(const struct automatic *automatic, const struct claims_group *group,
			 const struct uuid *only, struct problems *conflicts)
{
	struct rivals_text rivals = rivals_describe(group, find_claimant, automatic, only);
	CLEANUP_FREE char *names = rivals.text, *queues = queue_set_title(&group->queues);
	const char *verb = queue_set_count(&group->queues) == 1 ? "is" : "are";

	if (!names || !queues) {
		conflicts->incomplete = true;
		return;
	}
	if (rivals.count == 1)
		problems_add(conflicts, PROBLEM_DEFINITION_CONFLICT, &rivals.first, &group->queues,
			     "%s %s in the definition of device %s, which starts automatically too: only "
			     "one of the two could be started.",
			     queues, verb, names);
	else
		problems_add(conflicts, PROBLEM_DEFINITION_CONFLICT, &rivals.first, &group->queues,
			     "%s %s in the definitions of devices %s, which start automatically%s: only one "
			     "of them could be started.",
			     queues, verb, names, only ? " too" : "");
}

/* wanted: the queues of the definitions that the change brings. */
static void check_definitions(const struct desired *desired, const struct change *change,
			      const struct queue_set *wanted, struct problems *conflicts)
{
	const struct device_change *single = change_single(change);
	CLEANUP(automatic_done) struct automatic automatic = { 0 };
	CLEANUP_CLAIMS_GROUPS struct claims_groups groups = { 0 };

	if (find_automatic(desired, change, &automatic) < 0 ||
	    claims_find(automatic.claims, wanted, CLAIMS_GROUPS_MAX, &groups) < 0) {
		conflicts->incomplete = true;
		return;
	}
	for (size_t i = 0; i < groups.count; i++)
		add_conflict(&automatic, &groups.items[i], single ? &single->uuid : NULL, conflicts);
	if (groups.left_out)
		problems_add(conflicts, PROBLEM_DEFINITION_CONFLICT, NULL, NULL,
			     "%u more queues are in several definitions of devices that start automatically.",
			     groups.left_out);
}

/* Only what the change brings is its fault: a conflict that was there stays a problem. */
static bool is_to_be_checked(const struct definition *old, const struct definition *new)
{
	return new->start == START_AUTO && (!old || old->problem || old->start != new->start ||
					    !matrix_is_subset(&new->matrix, &old->matrix));
}

static void plan_one(const struct desired *desired, const struct device_change *of,
		     struct queue_set *wanted, struct plan *plan)
{
	const struct definition *old = desired_find(desired, &of->uuid);
	const struct definition *new = &of->definition;

	if (of->definition_action == DEFINITION_REMOVE && old) {
		plan_add_step(plan, STEP_REMOVE_DEFINITION, &of->uuid);
	} else if (of->definition_action == DEFINITION_WRITE &&
		   (!old || old->problem || !definition_equal(old, new))) {
		if (is_to_be_checked(old, new))
			queue_set_add_matrix(wanted, &new->matrix);
		plan_add_step(plan, STEP_WRITE_DEFINITION, &of->uuid);
	}
}

void plan_definitions(const struct desired *desired, const struct change *change, struct plan *plan)
{
	CLEANUP_FREE struct queue_set *wanted = calloc(1, sizeof(*wanted));

	if (!wanted) {
		plan->no_memory = true;
		return;
	}
	for (size_t i = 0; i < change->count; i++)
		plan_one(desired, &change->devices[i], wanted, plan);
	if (!queue_set_is_empty(wanted))
		check_definitions(desired, change, wanted, &plan->conflicts);
}
