/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds what stands in the way of a matrix, and names all of it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/list.h"
#include "daemon/model/ownership.h"
#include "daemon/model/plan.h"

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

/* The two ways in which a queue can be the host's read differently, for the ways out of them do. */
static void check_host(const struct observed *observed, const struct matrix *matrix,
		       struct problems *conflicts)
{
	struct mask adapters = mask_and(&matrix->adapters, &observed->host.apmask);
	struct mask domains = mask_and(&matrix->domains, &observed->host.aqmask);
	CLEANUP_FREE struct queue_set *owned = calloc(1, sizeof(*owned));
	CLEANUP_FREE struct queue_set *absent = calloc(1, sizeof(*absent));
	bool overrides = ownership_kind(observed) == OWNERSHIP_OVERRIDES;

	if (!owned || !absent) {
		conflicts->incomplete = true;
		return;
	}
	/* A queue outside both masks is the host's only by an override. */
	if (overrides) {
		adapters = matrix->adapters;
		domains = matrix->domains;
	}
	MASK_FOR_EACH(adapter, &adapters) {
		MASK_FOR_EACH(domain, &domains) {
			struct apqn apqn = { adapter, domain };

			if (ownership_is_hosts(observed, apqn))
				queue_set_add(observed_find_queue(observed, apqn) ? owned : absent, apqn);
		}
	}
	add_queues(conflicts, PROBLEM_HOST_OWNED, NULL, owned,
		   overrides ? "owned by the host, because no driver_override gives it to vfio_ap." :
			       "owned by the host, because apmask has the adapter and aqmask the domain.");
	add_queues(conflicts, PROBLEM_ABSENT, NULL, absent,
		   overrides ? "not there, and an absent queue counts as the host's where driver_override "
			       "decides." :
			       "not there, and kept for the host by apmask and aqmask.");
}

static void check_devices(const struct observed *observed, const struct desired *desired,
			  const struct uuid *uuid, const struct matrix *matrix,
			  struct problems *conflicts)
{
	for (size_t i = 0; i < observed->devices.count; i++) {
		const struct observed_device *other = observed_device_at(observed, i);
		CLEANUP_FREE struct queue_set *set = NULL;
		CLEANUP_FREE char *name = NULL, *why = NULL;

		if (uuid_equal(&other->uuid, uuid) || !matrix_overlaps(matrix, &other->active, NULL))
			continue;
		set = calloc(1, sizeof(*set));
		name = plan_device_name(desired, &other->uuid);
		if (!set || !name ||
		    asprintf(&why, "in device %s%s.", name,
			     other->in_use ? ", which a guest uses" : "") < 0) {
			why = NULL;
			conflicts->incomplete = true;
			return;
		}
		MATRIX_FOR_EACH_QUEUE(adapter, domain, matrix)
			if (matrix_has_queue(&other->active, (struct apqn){ adapter, domain }))
				queue_set_add(set, (struct apqn){ adapter, domain });
		add_queues(conflicts, PROBLEM_CONFLICT, &other->uuid, set, why);
	}
}

void plan_find_conflicts(const struct observed *observed, const struct desired *desired,
			 const struct uuid *uuid, const struct matrix *matrix,
			 struct problems *conflicts)
{
	const struct observed_host *host = &observed->host;

	check_maximum(&matrix->adapters, host->max_adapter, "adapter", LIST_ADAPTERS, conflicts);
	check_maximum(&matrix->domains, host->max_domain, "domain", LIST_DOMAINS, conflicts);
	check_maximum(&matrix->control_domains, host->max_domain, "control domain", LIST_DOMAINS,
		      conflicts);
	check_host(observed, matrix, conflicts);
	check_devices(observed, desired, uuid, matrix, conflicts);
}
