/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/model/host-modes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/model/ownership.h"
#include "daemon/model/host-change.h"

static bool keeps(const struct observed *observed, const struct host_change *change, struct apqn apqn)
{
	return host_change_leaves_to_host(observed, change, apqn);
}

/* The queues that change hands: to the host, or from it. */
static void find_moved(const struct observed *observed, const struct host_change *change, bool to_host,
		       struct queue_set *ret_moved)
{
	memset(ret_moved, 0, sizeof(*ret_moved));
	for (unsigned int adapter = 0; change->ownership && adapter < APQN_IDS; adapter++)
		MASK_FOR_EACH(domain, &observed->queues[adapter]) {
			struct apqn apqn = { adapter, domain };

			if (ownership_is_hosts(observed, apqn) != to_host &&
			    keeps(observed, change, apqn) == to_host)
				queue_set_add(ret_moved, apqn);
		}
}

void host_modes_find_taken(const struct observed *observed, const struct host_change *change,
			   struct queue_set *ret_taken)
{
	find_moved(observed, change, false, ret_taken);
}

void host_modes_find_given(const struct observed *observed, const struct host_change *change,
			   struct queue_set *ret_given)
{
	find_moved(observed, change, true, ret_given);
}

/* Returns true if the host's programs can use the queue, or could use it if the host owned it. */
static bool works(const struct observed *observed, struct apqn apqn)
{
	const struct observed_card *card = observed_find_card(observed, apqn.adapter);
	const struct observed_queue *queue = observed_find_queue(observed, apqn);

	if (queue && !queue->driver[0] && ownership_is_hosts(observed, apqn))
		return false;
	return card && queue && card->configured && !card->checkstopped && card->online != 0 &&
	       queue->configured && !queue->checkstopped && queue->online != 0;
}

/*
 * Returns true if the host keeps a working queue on a card of the mode.  Adds the working queues
 * that leave the host to *lost, which is complete if the result is false.
 */
static bool is_kept(const struct observed *observed, const struct host_change *change,
		    enum card_mode mode, struct queue_set *lost)
{
	MASK_FOR_EACH(adapter, &observed->cards) {
		if (observed->card[adapter].mode != mode)
			continue;
		MASK_FOR_EACH(domain, &observed->queues[adapter]) {
			struct apqn apqn = { adapter, domain };

			if (!works(observed, apqn))
				continue;
			if (keeps(observed, change, apqn))
				return true;
			if (ownership_is_hosts(observed, apqn))
				queue_set_add(lost, apqn);
		}
	}
	return false;
}

int host_modes_check(const struct observed *observed, const struct host_change *change,
		     struct problems *conflicts)
{
	static const char *const names[] = {
		[CARD_ACCELERATOR] = "accelerator",
		[CARD_CCA] = "CCA",
		[CARD_EP11] = "EP11",
	};
	CLEANUP_FREE struct queue_set *lost = malloc(sizeof(*lost));

	if (!lost)
		return -ENOMEM;
	for (enum card_mode mode = CARD_ACCELERATOR; change->ownership && mode <= CARD_EP11; mode++) {
		CLEANUP_FREE char *queues = NULL;

		memset(lost, 0, sizeof(*lost));
		if (is_kept(observed, change, mode, lost) || queue_set_is_empty(lost))
			continue;
		queues = queue_set_title(lost);
		if (!queues)
			return -ENOMEM;
		problems_add(conflicts, PROBLEM_HOST_LOSES_MODE, NULL, lost,
			     "%s: the host has no other working queue of mode %s, and its own programs may "
			     "need one (for example, disks with protected keys). Leave one to the host, or "
			     "repeat the command with --force.",
			     queues, names[mode]);
	}
	return 0;
}
