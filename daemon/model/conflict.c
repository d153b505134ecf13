/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds what stands in the way of a matrix, and names all of it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/list.h"
#include "daemon/model/ownership.h"
#include "daemon/model/plan-internal.h"
#include "daemon/model/reserve.h"

char *plan_device_name(const struct desired *desired, const struct uuid *uuid)
{
	const struct definition *definition = desired_find(desired, uuid);
	char *text;

	if (!definition || !definition->name[0])
		return strdup(uuid->text);
	return asprintf(&text, "%s (%s)", definition->name, uuid->text) < 0 ? NULL : text;
}

static struct mask above(const struct mask *ids, int maximum)
{
	struct mask result = *ids;

	MASK_FOR_EACH(id, ids)
		if (maximum < 0 || id <= (unsigned int)maximum)
			mask_clear(&result, id);
	return result;
}

static void check_maximum(const struct mask *ids, int maximum, const char *what,
			  enum list_kind kind, struct problems *conflicts)
{
	struct mask high = above(ids, maximum);
	CLEANUP_FREE char *list = NULL;

	if (mask_is_empty(&high))
		return;
	list = list_format(&high, kind);
	problems_add(conflicts, PROBLEM_ABOVE_MAXIMUM, NULL, NULL,
		     "This machine has no %s %s: the highest is %0*x.", what, list ? list : "like that",
		     kind == LIST_ADAPTERS ? 2 : 4, (unsigned int)maximum);
}

/* One message for all of a set's queues, or none where it is empty. */
static void add_queues(struct problems *conflicts, const char *code, const struct uuid *device,
		       const struct queue_set *set, const char *why)
{
	CLEANUP_FREE char *queues = NULL;

	if (queue_set_is_empty(set))
		return;
	queues = queue_set_format(set);
	if (queues)
		queues[0] = 'Q';
	problems_add(conflicts, code, device, set, "%s: %s", queues ? queues : "Some queues", why);
}

/* Why the host has them, and the very command that takes them from it. */
static void add_owned(struct problems *conflicts, const char *code, const struct queue_set *set,
		      bool can_reserve, const char *why)
{
	CLEANUP_FREE char *list = queue_set_list(set), *text = NULL;

	if (queue_set_is_empty(set))
		return;
	if (!can_reserve) {
		add_queues(conflicts, code, NULL, set, why);
		return;
	}
	if (!list || asprintf(&text, "%s Reserve %s by 'apqctl reserve --queues %s', or add --reserve.", why,
			      queue_set_count(set) == 1 ? "it" : "them", list) < 0)
		text = NULL;
	add_queues(conflicts, code, NULL, set, text ? text : why);
}

/* The two ways in which a queue can be the host's read differently, for the ways out of them do. */
static void check_host(const struct observed *observed, const struct desired *desired,
		       const struct host_change *host,
		       const struct matrix *matrix, struct problems *conflicts)
{
	CLEANUP_FREE struct queue_set *owned = calloc(1, sizeof(*owned));
	CLEANUP_FREE struct queue_set *absent = calloc(1, sizeof(*absent));
	bool overrides = host && host->ownership ? !queue_set_is_empty(&host->take) :
						   ownership_kind(observed) == OWNERSHIP_OVERRIDES;
	bool can_reserve = desired->policy.mechanism != MECHANISM_OBSERVE;

	if (!owned || !absent) {
		conflicts->incomplete = true;
		return;
	}
	MATRIX_FOR_EACH_QUEUE(adapter, domain, matrix) {
		struct apqn apqn = { adapter, domain };

		if (host_change_leaves_to_host(observed, host, apqn))
			queue_set_add(observed_find_queue(observed, apqn) ? owned : absent, apqn);
	}
	add_owned(conflicts, PROBLEM_HOST_OWNED, owned, can_reserve,
		  overrides ? "owned by the host, because no driver_override gives it to vfio_ap." :
			      "owned by the host, because apmask has the adapter and aqmask the domain.");
	if (overrides)
		add_queues(conflicts, PROBLEM_ABSENT, NULL, absent,
			   "not there, and an absent queue counts as the host's where driver_override "
			   "decides.");
	else
		add_owned(conflicts, PROBLEM_ABSENT, absent, can_reserve,
			  "not there, and kept for the host by apmask and aqmask.");
}

/* One other device, with its matrix after the change. */
static void check_device(const struct desired *desired, const struct uuid *other, bool in_use,
			 const struct matrix *theirs, const struct matrix *matrix,
			 struct problems *conflicts)
{
	CLEANUP_FREE struct queue_set *set = NULL;
	CLEANUP_FREE char *name = NULL, *why = NULL;

	if (!matrix_overlaps(matrix, theirs, NULL))
		return;
	set = calloc(1, sizeof(*set));
	name = plan_device_name(desired, other);
	if (!set || !name ||
	    asprintf(&why, "in device %s%s.", name, in_use ? ", which a guest uses" : "") < 0) {
		why = NULL;
		conflicts->incomplete = true;
		return;
	}
	MATRIX_FOR_EACH_QUEUE(adapter, domain, matrix)
		if (matrix_has_queue(theirs, (struct apqn){ adapter, domain }))
			queue_set_add(set, (struct apqn){ adapter, domain });
	add_queues(conflicts, PROBLEM_CONFLICT, other, set, why);
}

void conflict_check_devices(const struct observed *observed, const struct desired *desired,
			    const struct change *change, const struct uuid *uuid,
			    const struct matrix *matrix, struct problems *conflicts)
{
	for (size_t i = 0; i < observed->devices.count; i++) {
		const struct observed_device *other = observed_device_at(observed, i);
		const struct device_change *of = change ? change_find(change, &other->uuid) : NULL;

		if (!uuid_equal(&other->uuid, uuid) && !(of && of->live))
			check_device(desired, &other->uuid, other->in_use, &other->active, matrix,
				     conflicts);
	}
	for (size_t i = 0; change && i < change->count; i++) {
		const struct device_change *of = &change->devices[i];
		const struct observed_device *other = observed_find_device(observed, &of->uuid);

		if (!uuid_equal(&of->uuid, uuid) && of->live && of->started)
			check_device(desired, &of->uuid, other && other->in_use, &of->active, matrix,
				     conflicts);
	}
}

void plan_check_maximum(const struct observed *observed, const struct mask *adapters,
			const struct mask *domains, struct problems *conflicts)
{
	check_maximum(adapters, observed->host.max_adapter, "adapter", LIST_ADAPTERS, conflicts);
	check_maximum(domains, observed->host.max_domain, "domain", LIST_DOMAINS, conflicts);
}

void conflict_check_host(const struct observed *observed, const struct desired *desired,
			 const struct change *change, const struct matrix *matrix,
			 struct problems *conflicts)
{
	plan_check_maximum(observed, &matrix->adapters, &matrix->domains, conflicts);
	check_maximum(&matrix->control_domains, observed->host.max_domain, "control domain",
		      LIST_DOMAINS, conflicts);
	check_host(observed, desired, change ? &change->host : NULL, matrix, conflicts);
}

void plan_find_conflicts(const struct observed *observed, const struct desired *desired,
			 const struct change *change, const struct uuid *uuid,
			 const struct matrix *matrix, struct problems *conflicts)
{
	conflict_check_host(observed, desired, change, matrix, conflicts);
	conflict_check_devices(observed, desired, change, uuid, matrix, conflicts);
}
