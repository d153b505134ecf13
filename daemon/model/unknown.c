/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/model/unknown.h"

#include <string.h>

#include "daemon/model/ownership.h"

/* Adapters and domains that another program may assign between two readings. */
#define ROOM 2u

static bool is_id(unsigned int id, int max)
{
	return max < 0 || id <= (unsigned int)max;
}

static bool is_unassigned(const struct observed *observed, struct apqn apqn)
{
	const struct observed_queue *queue = observed_find_queue(observed, apqn);

	return queue && queue->status == QUEUE_STATUS_UNASSIGNED;
}

bool unknown_may_have(const struct observed *observed, struct apqn apqn)
{
	return observed->unknown > 0 && is_id(apqn.adapter, observed->host.max_adapter) &&
	       is_id(apqn.domain, observed->host.max_domain) &&
	       !ownership_is_hosts(observed, apqn) && !is_unassigned(observed, apqn);
}

/* The domains that the device may have on one adapter. */
static struct mask domains_on(const struct observed *observed, const struct uuid *uuid,
			      unsigned int adapter)
{
	const struct observed_device *devices[APQN_IDS];
	struct mask domains = { 0 };

	if (!is_id(adapter, observed->host.max_adapter))
		return domains;
	ownership_find_devices(observed, adapter, devices);
	for (unsigned int domain = 0; domain < APQN_IDS; domain++) {
		struct apqn apqn = { (uint8_t)adapter, (uint8_t)domain };
		bool elsewhere = devices[domain] && !uuid_equal(&devices[domain]->uuid, uuid);

		if (is_id(domain, observed->host.max_domain) && !elsewhere &&
		    !ownership_is_hosts(observed, apqn) && !is_unassigned(observed, apqn))
			mask_set(&domains, domain);
	}
	return domains;
}

/*
 * Of rows with so many columns each, the largest rectangle of whole rows has at most this size: of
 * any n rows one has no more columns than the row at place n when the longest come first.
 */
static unsigned int largest(const unsigned int lengths[static APQN_IDS])
{
	unsigned int rows_of[APQN_IDS + 1] = { 0 };	/* by length */
	unsigned int rows = 0, most = 0;

	for (size_t i = 0; i < APQN_IDS; i++)
		rows_of[lengths[i]]++;
	for (unsigned int length = APQN_IDS; length > 0; length--) {
		rows += rows_of[length];
		if (rows > 0 && (rows + ROOM) * (length + ROOM) > most)
			most = (rows + ROOM) * (length + ROOM);
	}
	return most;
}

unsigned int unknown_bound(const struct observed *observed, const struct uuid *uuid)
{
	unsigned int by_adapter[APQN_IDS], by_domain[APQN_IDS] = { 0 };
	unsigned int adapters, domains;

	for (unsigned int adapter = 0; adapter < APQN_IDS; adapter++) {
		struct mask mask = domains_on(observed, uuid, adapter);

		by_adapter[adapter] = mask_count(&mask);
		MASK_FOR_EACH(domain, &mask)
			by_domain[domain]++;
	}
	adapters = largest(by_adapter);
	domains = largest(by_domain);
	return adapters < domains ? adapters : domains;
}
