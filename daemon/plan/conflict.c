/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds what stands in the way of a change, and names all of it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/list.h"
#include "daemon/model/label.h"
#include "daemon/model/ownership.h"
#include "daemon/plan/conflict.h"
#include "daemon/plan/rivals.h"
#include "daemon/model/limits.h"
#include "daemon/plan/reserve.h"
#include "daemon/model/under-way.h"

/* Why the host has them, and the very command that takes them from it. */
static void add_owned(struct problems *conflicts, const char *code, const struct queue_set *set,
		      const char *option, bool can_reserve, const char *why)
{
	CLEANUP_FREE char *list = queue_set_list(set), *text = NULL;

	if (queue_set_is_empty(set))
		return;
	if (!option) {
		problems_add_queues(conflicts, code, NULL, set, why);
		return;
	}
	/* A command that nobody can read nobody should paste. */
	if (!queue_set_is_short(set)) {
		if (asprintf(&text, "%s %s to reserve them.", why,
			     can_reserve ? "Add --reserve" : "Run 'apqctl reserve' with their adapters and domains") < 0)
			text = NULL;
	} else if (!list || asprintf(&text, "%s To reserve %s, run: 'apqctl reserve --queues %s%s'%s.", why,
				     queue_set_count(set) == 1 ? "it" : "them", list, option,
				     can_reserve && !option[0] ? ", or add --reserve" : "") < 0) {
		text = NULL;
	}
	problems_add_queues(conflicts, code, NULL, set, text ? text : why);
}

/* Returns the queues of a row that are present and belong to the host after the change. */
static struct mask find_owned(const struct observed *observed, const struct host_change *host,
			      unsigned int adapter, const struct mask *row)
{
	struct mask present = mask_and(row, &observed->queues[adapter]), owned = { 0 };

	MASK_FOR_EACH(domain, &present)
		if (host_change_leaves_to_host(observed, host, (struct apqn){ adapter, domain }))
			mask_set(&owned, domain);
	return owned;
}

/*
 * Returns the absent queues of a row that belong to the host after the change.  Tens of thousands
 * are possible, so masks decide about all of them at once.
 */
static struct mask find_absent(const struct observed *observed, const struct host_change *host,
			       unsigned int adapter, const struct mask *row)
{
	bool changes = host && host->ownership;
	const struct mask *apmask = changes ? &host->apmask : &observed->host.apmask;
	const struct mask *aqmask = changes ? &host->aqmask : &observed->host.aqmask;
	struct mask absent = mask_minus(row, &observed->queues[adapter]), kept = { 0 }, taken;

	if (mask_test(apmask, adapter))
		kept = mask_and(&absent, aqmask);
	if (!changes)
		return kept;
	taken = mask_and(&absent, &host->take.domains[adapter]);
	return mask_or(&kept, &taken);
}

/* " --adapters 0x03,0x04" for ids of a set that is not empty; the caller frees it; NULL without memory. */
static char *name_ids(const char *option, int width, const struct mask *ids)
{
	char *text = NULL;
	size_t size;
	FILE *out = mask_is_empty(ids) ? NULL : open_memstream(&text, &size);
	const char *separator = " ";

	if (!out)
		return mask_is_empty(ids) ? strdup("") : NULL;
	fprintf(out, " %s", option);
	MASK_FOR_EACH(id, ids) {
		fprintf(out, "%s0x%0*x", separator, width, id);
		separator = ",";
	}
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

/*
 * Returns the advice, with a blank in front, about absent queues.  With driver_override the kernel
 * checks all queues of a device: a device with an absent queue can get no more.  The command
 * unassigns those of the first such device.  The caller frees it; NULL without memory.
 */
static char *advise_absent(const struct observed *observed, const struct desired *desired,
			   const struct queue_set *absent)
{
	const struct observed_device *device = NULL;
	struct mask adapters = { 0 }, domains = { 0 };
	CLEANUP_FREE char *by_adapter = NULL, *by_domain = NULL;
	const char *name;
	char *text;

	QUEUE_SET_FOR_EACH(adapter, domain, absent) {
		const struct observed_device *owner =
			ownership_find_device(observed, (struct apqn){ adapter, domain });

		device = device ? device : owner;
		if (!owner || owner != device)
			continue;
		if (observed_find_card(observed, adapter))
			mask_set(&domains, domain);
		else
			mask_set(&adapters, adapter);
	}
	if (!device)
		return strdup(queue_set_count(absent) == 1 ?
				      " Leave it out, or repeat the command when it is present." :
				      " Leave them out, or repeat the command when they are present.");
	by_adapter = name_ids("--adapters", 2, &adapters);
	by_domain = name_ids("--domains", 4, &domains);
	name = desired_name(desired, &device->uuid);
	if (!by_adapter || !by_domain ||
	    asprintf(&text, " Run: 'apqctl unassign %s%s%s'.", name[0] ? name : device->uuid.text,
		     by_adapter, by_adapter[0] ? "" : by_domain) < 0)
		return NULL;
	return text;
}

static void add_absent(const struct observed *observed, const struct desired *desired,
		       const struct queue_set *absent, struct problems *conflicts)
{
	CLEANUP_FREE char *advice = NULL, *text = NULL;

	if (queue_set_is_empty(absent))
		return;
	advice = advise_absent(observed, desired, absent);
	if (!advice || asprintf(&text,
				"not present, and an absent queue counts as the host's where "
				"driver_override decides.%s",
				advice) < 0) {
		conflicts->incomplete = true;
		return;
	}
	problems_add_queues(conflicts, PROBLEM_ABSENT, NULL, absent, text);
}

/* The two ways in which a queue can be the host's read differently, for the ways out of them do. */
static void check_host(const struct observed *observed, const struct desired *desired,
		       const struct change *change, const struct queue_set *wanted,
		       struct problems *conflicts)
{
	const struct host_change *host = change ? &change->host : NULL;
	bool can_reserve = change && change->can_reserve;

	CLEANUP_FREE struct queue_set *owned = calloc(1, sizeof(*owned));
	CLEANUP_FREE struct queue_set *absent = calloc(1, sizeof(*absent));
	bool overrides = host && host->ownership ? !queue_set_is_empty(&host->take) :
						   ownership_kind(observed) == OWNERSHIP_OVERRIDES;
	const char *option = reserve_option(observed, desired);
	struct mask highest = { 0 };

	if (!owned || !absent) {
		conflicts->incomplete = true;
		return;
	}
	/* Ids above the maximum have a problem of their own, and cannot be reserved. */
	for (int domain = 0; domain <= observed->host.max_domain; domain++)
		mask_set(&highest, (unsigned int)domain);
	for (int adapter = 0; adapter <= observed->host.max_adapter; adapter++) {
		struct mask row = mask_and(&wanted->domains[adapter], &highest);

		if (mask_is_empty(&row))
			continue;
		owned->domains[adapter] = find_owned(observed, host, (unsigned int)adapter, &row);
		absent->domains[adapter] = find_absent(observed, host, (unsigned int)adapter, &row);
	}
	add_owned(conflicts, PROBLEM_HOST_OWNED, owned, option, can_reserve,
		  overrides ? "owned by the host, because no driver_override gives it to vfio_ap." :
			      "owned by the host, because apmask has the adapter and aqmask the domain.");
	if (overrides)
		add_absent(observed, desired, absent, conflicts);
	else
		add_owned(conflicts, PROBLEM_ABSENT, absent, option, can_reserve,
			  "missing, and kept for the host by apmask and aqmask.");
}

static void add_common(struct queue_set *set, const struct matrix *a, const struct matrix *b)
{
	struct matrix both = matrix_and(a, b);

	queue_set_add_matrix(set, &both);
}

/*
 * The command that takes the queues in the way from another device: as whole domains or whole adapters, for a
 * device has all queues where the two cross.  NULL without memory; "" where the device does not have them yet.
 */
static char *advise_move(const struct observed *observed, const struct desired *desired,
			 const struct uuid *other, bool in_use, const struct matrix *both,
			 const struct matrix *theirs)
{
	bool by_domains = mask_equal(&both->adapters, &theirs->adapters);
	CLEANUP_FREE char *ids = by_domains ? name_ids("--domains", 4, &both->domains) :
					      name_ids("--adapters", 2, &both->adapters);
	char *text = NULL;

	if (mask_is_empty(&both->adapters) || mask_is_empty(&both->domains))
		return strdup("");
	if (!ids || asprintf(&text, " Run first: 'apqctl unassign %s%s%s'.",
			     label_argument(observed, desired, other), ids, in_use ? " --force" : "") < 0)
		return NULL;
	return text;
}

/* One other device, with what it has, and what it gets by a change that is at work (NULL: none). */
static void check_device(const struct observed *observed, const struct desired *desired,
			 const struct uuid *other, bool in_use, const struct matrix *theirs,
			 const struct matrix *coming, const struct matrix *matrix,
			 struct problems *conflicts)
{
	const struct matrix both = matrix_and(matrix, theirs);
	CLEANUP_FREE struct queue_set *set = NULL;
	CLEANUP_FREE char *name = NULL, *way = NULL, *why = NULL;

	if (!matrix_overlaps(matrix, theirs, NULL) &&
	    !(coming && matrix_overlaps(matrix, coming, NULL)))
		return;
	set = calloc(1, sizeof(*set));
	name = desired_label(desired, other);
	way = advise_move(observed, desired, other, in_use, &both, theirs);
	if (!set || !name || !way ||
	    asprintf(&why, "in device %s%s.%s", name, in_use ? ", which a guest uses" : "", way) < 0) {
		why = NULL;
		conflicts->incomplete = true;
		return;
	}
	add_common(set, matrix, theirs);
	if (coming)
		add_common(set, matrix, coming);
	problems_add_queues(conflicts, PROBLEM_CONFLICT, other, set, why);
}

/* One device and all others: those that it would share queues with are few, for they share none. */
static void check_single(const struct observed *observed, const struct desired *desired,
			 const struct uuid *uuid, const struct matrix *matrix,
			 struct problems *conflicts)
{
	const struct matrix nothing = { 0 };
	struct under_way_walk walk = { 0 };
	const struct device_change *of;

	for (size_t i = 0; i < observed->devices.count; i++) {
		const struct observed_device *other = observed_device_at(observed, i);

		if (!uuid_equal(&other->uuid, uuid))
			check_device(observed, desired, &other->uuid, other->in_use, &other->active,
				     under_way_matrix(desired, &other->uuid), matrix, conflicts);
	}
	while ((of = under_way_next(desired, NULL, &walk)))
		if (of->live && of->started && !uuid_equal(&of->uuid, uuid) &&
		    !observed_find_device(observed, &of->uuid))
			check_device(observed, desired, &of->uuid, false, &nothing, &of->active, matrix,
				     conflicts);
}

/*
 * The devices that have queues after the change.  Devices that have queues already and keep them
 * come first.
 */
struct holders {
	const struct observed *observed;
	const struct desired *desired;
	const struct change *change;
	const struct uuid **uuids;	/* owned; by the number of the claim */
	unsigned int count;
	struct claims *claims;		/* owned */
};

static void holders_done(struct holders *holders)
{
	free(holders->uuids);
	claims_free(holders->claims);
}

/* coming: what it gets by a change that is at work, or NULL. */
static int add_holder(struct holders *holders, const struct uuid *uuid, const struct matrix *matrix,
		      const struct matrix *coming)
{
	CLEANUP_FREE struct queue_set *both = NULL;

	if (coming) {
		both = calloc(1, sizeof(*both));
		if (!both)
			return -ENOMEM;
		queue_set_add_matrix(both, matrix);
		queue_set_add_matrix(both, coming);
		claims_add_set(holders->claims, both, holders->count);
	} else {
		claims_add(holders->claims, matrix, holders->count);
	}
	holders->uuids[holders->count++] = uuid;
	return 0;
}

/* The devices that the change leaves alone. */
static int add_others(struct holders *holders)
{
	const struct observed *observed = holders->observed;
	const struct desired *desired = holders->desired;
	struct under_way_walk walk = { 0 };
	const struct device_change *of;
	int r = 0;

	for (size_t i = 0; r == 0 && i < observed->devices.count; i++) {
		const struct observed_device *device = observed_device_at(observed, i);

		if (!change_find(holders->change, &device->uuid))
			r = add_holder(holders, &device->uuid, &device->active,
				       under_way_matrix(desired, &device->uuid));
	}
	while (r == 0 && (of = under_way_next(desired, holders->change, &walk)))
		if (of->live && of->started && !observed_find_device(observed, &of->uuid))
			r = add_holder(holders, &of->uuid, &of->active, NULL);
	return r;
}

static struct claimant find_holder(const void *userdata, unsigned int who)
{
	const struct holders *holders = userdata;
	const struct uuid *uuid = holders->uuids[who];
	const struct observed_device *device = observed_find_device(holders->observed, uuid);
	const struct device_change *of = change_find(holders->change, uuid);
	const struct definition *definition = of && of->definition_action == DEFINITION_WRITE ?
						      &of->definition :
						      desired_find(holders->desired, uuid);

	return (struct claimant){ uuid, definition ? definition->name : "",
				  device && device->in_use };
}

static void add_shared(const struct holders *holders, const struct claims_group *group,
		       struct problems *conflicts)
{
	struct rivals_text rivals = rivals_describe(group, find_holder, holders, NULL);
	CLEANUP_FREE char *names = rivals.text, *queues = queue_set_title(&group->queues);
	bool one = queue_set_count(&group->queues) == 1;

	if (!names || !queues) {
		conflicts->incomplete = true;
		return;
	}
	problems_add(conflicts, PROBLEM_CONFLICT, &rivals.first, &group->queues,
		     "%s: devices %s are to have %s, and only one device can.", queues, names,
		     one ? "it" : "them");
}

static int find_holders(struct holders *holders, const struct move *ways,
			struct queue_set *wanted)
{
	const struct change *change = holders->change;
	int r;

	holders->claims = claims_new();
	holders->uuids = calloc(holders->observed->devices.count + change->count +
					under_way_count(holders->desired) + 1,
				sizeof(*holders->uuids));
	if (!holders->claims || !holders->uuids)
		return -ENOMEM;
	r = add_others(holders);
	for (size_t i = 0; r == 0 && i < change->count; i++) {
		if (!ways[i].there)
			continue;
		r = add_holder(holders, &change->devices[i].uuid, &ways[i].to, NULL);
		if (!move_is_same(&ways[i]))
			queue_set_add_matrix(wanted, &ways[i].to);
	}
	return r;
}

void conflict_check_devices(const struct observed *observed, const struct desired *desired,
			    const struct change *change, const struct move *ways,
			    struct problems *conflicts)
{
	CLEANUP_FREE struct queue_set *wanted = NULL;
	CLEANUP(holders_done) struct holders holders = { .observed = observed,
							 .desired = desired,
							 .change = change };
	CLEANUP_CLAIMS_GROUPS struct claims_groups groups = { 0 };

	if (change->count == 1) {
		if (!move_is_same(ways))
			check_single(observed, desired, &change->devices->uuid, &ways->to, conflicts);
		return;
	}
	wanted = calloc(1, sizeof(*wanted));
	if (!wanted || find_holders(&holders, ways, wanted) < 0 ||
	    claims_find(holders.claims, wanted, CLAIMS_GROUPS_MAX, &groups) < 0) {
		conflicts->incomplete = true;
		return;
	}
	for (size_t i = 0; i < groups.count; i++)
		add_shared(&holders, &groups.items[i], conflicts);
	if (groups.left_out)
		problems_add(conflicts, PROBLEM_CONFLICT, NULL, NULL,
			     "%u more queues: several devices are to have each of them, and only one can.",
			     groups.left_out);
}

void conflict_want(struct conflict_wanted *wanted, const struct matrix *matrix)
{
	wanted->adapters = mask_or(&wanted->adapters, &matrix->adapters);
	wanted->domains = mask_or(&wanted->domains, &matrix->domains);
	wanted->control_domains = mask_or(&wanted->control_domains, &matrix->control_domains);
	queue_set_add_matrix(&wanted->queues, matrix);
}

void conflict_check_host(const struct observed *observed, const struct desired *desired,
			 const struct change *change, const struct conflict_wanted *wanted,
			 struct problems *conflicts)
{
	limits_check(observed, &wanted->adapters, &wanted->domains, &wanted->control_domains, conflicts);
	check_host(observed, desired, change, &wanted->queues, conflicts);
}

void conflict_find(const struct observed *observed, const struct desired *desired,
			 const struct uuid *uuid, const struct matrix *matrix,
			 struct problems *conflicts)
{
	CLEANUP_FREE struct conflict_wanted *wanted = calloc(1, sizeof(*wanted));

	if (!wanted) {
		conflicts->incomplete = true;
		return;
	}
	conflict_want(wanted, matrix);
	conflict_check_host(observed, desired, NULL, wanted, conflicts);
	check_single(observed, desired, uuid, matrix, conflicts);
}
