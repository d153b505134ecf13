/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The links of the drivers: no queue is the host's, and vfio_ap has them all.
 */
#include <stdio.h>
#include <string.h>

#include "daemon/model/readiness.h"
#include "daemon/report/diagnose.h"
#include "daemon/report/explain-driver.h"
#include "daemon/model/ownership.h"
#include "daemon/plan/reserve.h"

/* As many queues are named one by one in a command. */
#define COMMAND_QUEUES_MAX 32

/* vfio_ap takes CEX4 and later (ap_queue_ids in vfio_ap_drv.c). */
#define HARDWARE_TYPE_CEX4 10

void walk_advise_reserve(struct walk *walk, const struct queue_set *set)
{
	CLEANUP_FREE char *list = queue_set_list(set);
	const char *option = reserve_option(walk->observed, walk->desired);

	walk->no_memory |= !list;
	if (walk->desired->policy_bad)
		walk_advise(
			walk,
			"Fix /etc/apqd/host.json first: 'apqctl status' shows what is wrong with it.");
	else if (walk->desired->policy.mechanism == MECHANISM_OBSERVE)
		walk_advise(walk,
			    "By \"ownership\": \"observe\" in /etc/apqd/host.json apqd leaves this to others: "
			    "take that line out of it first, or use the tool that does it here.");
	if (option)
		walk_advise(walk, "Take them from the host: 'apqctl reserve --queues %s%s'.", list ? list : "",
			    option);
}

bool walk_is_hosts(const struct walk *walk, struct apqn apqn)
{
	const struct observed_queue *queue = observed_find_queue(walk->observed, apqn);

	/* The kernel does not look at the override of a queue without a driver, but its drivers will. */
	if (queue && !queue->driver[0] && strcmp(queue->override, "vfio_ap") == 0)
		return false;
	return ownership_is_hosts(walk->observed, apqn);
}

/* Returns the queues that some other program has given to a driver of the host by name. */
static struct queue_set find_hosts(struct walk *walk, struct queue_set *ret_open)
{
	/* While no queue is there, none shows that the kernel has driver_override. */
	bool overrides = walk->observed->host.has_override ||
			 (!observed_has_queues(walk->observed) &&
			  walk->desired->policy.mechanism == MECHANISM_OVERRIDES);
	bool masks = ownership_kind(walk->observed) == OWNERSHIP_MASKS || !overrides;
	struct queue_set others = { 0 };

	MATRIX_FOR_EACH_QUEUE(adapter, domain, &walk->possible) {
		struct apqn apqn = { adapter, domain };
		const struct observed_queue *queue = observed_find_queue(walk->observed, apqn);

		if (!walk_is_hosts(walk, apqn))
			continue;
		if (!queue && !masks) {
			queue_set_add(ret_open, apqn);
			continue;
		}
		queue_set_add(&walk->hosts, apqn);
		if (queue && queue->override[0] && strcmp(queue->override, "vfio_ap") != 0)
			queue_set_add(&others, apqn);
	}
	return others;
}

/* Returns true if the policy has all of them reserved, so that somebody undid it. */
static bool is_reserved(const struct walk *walk, const struct queue_set *set)
{
	QUEUE_SET_FOR_EACH(adapter, domain, set)
	if (!reservation_has(&walk->desired->policy.reserved, (struct apqn){ adapter, domain }))
		return false;
	return true;
}

static void tell_hosts(struct walk *walk, const struct queue_set *others)
{
	struct queue_set plain = walk->hosts;
	CLEANUP_FREE char *by_name = walk_queues(walk, others), *queues = NULL;
	bool overrides = ownership_kind(walk->observed) == OWNERSHIP_OVERRIDES;

	queue_set_remove_all(&plain, others);
	queues = walk_queues(walk, &plain);
	if (!queue_set_is_empty(&plain))
		walk_say(walk, "The host's drivers own %s: %s.", queues,
			 overrides ? "no driver_override has given that to vfio_ap" :
				     "apmask has the adapter and aqmask the domain");
	if (!queue_set_is_empty(others))
		walk_say(walk,
			 "The host's drivers own %s: another program has set driver_override to one of "
			 "them.",
			 by_name);
	if (is_reserved(walk, &walk->hosts))
		walk_say(walk,
			 "The host policy has it reserved, so somebody has given it back to the host.");
	walk_break(walk, &walk->hosts);
	walk_advise_reserve(walk, &walk->hosts);
}

void explain_released(struct walk *walk)
{
	struct queue_set open = { 0 }, others;

	if (walk_has_nothing(walk))
		return;
	others = find_hosts(walk, &open);
	if (!queue_set_is_empty(&walk->hosts))
		tell_hosts(walk, &others);
	if (!queue_set_is_empty(&open)) {
		CLEANUP_FREE char *queues = walk_queues(walk, &open);

		walk_leave_open(walk);
		walk_say(walk, "Cannot check %s until 'configured' is fixed.", queues);
	}
	if (walk->link->state == LINK_OK)
		walk_say(walk, "The host's drivers own none of its queues.");
}

/* "04.0010 04.0011", as many as a command is to have. */
static char *list_with_spaces(struct walk *walk, const struct queue_set *set)
{
	char *text = NULL, apqn[APQN_TEXT_SIZE];
	unsigned int n = 0;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out) {
		walk->no_memory = true;
		return NULL;
	}
	QUEUE_SET_FOR_EACH(adapter, domain, set)
	if (n++ < COMMAND_QUEUES_MAX)
		fprintf(out, "%s%s", n > 1 ? " " : "",
			apqn_format((struct apqn){ adapter, domain }, apqn));
	walk->no_memory |= fclose(out) != 0;
	return text;
}

/* unbind: another driver has them, and has to let go first. */
static void advise_bind(struct walk *walk, const struct queue_set *set, bool unbind)
{
	unsigned int count = queue_set_count(set);
	CLEANUP_FREE char *list = list_with_spaces(walk, set), *first = NULL;
	const char *queue = count == 1 && list ? list : "$queue";

	if (count == 0)
		return;
	if (asprintf(&first, "echo %s > /sys/bus/ap/devices/%s/driver/unbind; ", queue, queue) <
	    0) {
		first = NULL;
		walk->no_memory = true;
	}
	if (count == 1)
		walk_advise(walk, "Bind it: '%secho %s > /sys/bus/ap/drivers_probe'.",
			    unbind && first ? first : "", queue);
	else
		walk_advise(walk,
			    "Bind them: 'for queue in %s; do %secho %s > "
			    "/sys/bus/ap/drivers_probe; done'%s.",
			    list ? list : "", unbind && first ? first : "", queue,
			    count > COMMAND_QUEUES_MAX ? ", and the others alike" : "");
}

void walk_advise_bind(struct walk *walk, const struct queue_set *set)
{
	struct queue_set idle = { 0 }, taken = { 0 };

	QUEUE_SET_FOR_EACH(adapter, domain, set)
	{
		struct apqn apqn = { adapter, domain };
		const struct observed_queue *queue = observed_find_queue(walk->observed, apqn);

		queue_set_add(queue && queue->driver[0] ? &taken : &idle, apqn);
	}
	advise_bind(walk, &idle, false);
	advise_bind(walk, &taken, true);
}

/* Sorts the wanted queues that vfio_ap might have and has not; *ret_old: those of cards too old for it. */
static void find_unbound(struct walk *walk, struct queue_set *ret_old)
{
	MATRIX_FOR_EACH_QUEUE(adapter, domain, &walk->wanted) {
		struct apqn apqn = { adapter, domain };
		const struct observed_card *card = observed_find_card(walk->observed, adapter);

		if (!observed_find_queue(walk->observed, apqn) ||
		    queue_set_has(&walk->hosts, apqn) ||
		    observed_queue_is_bound(walk->observed, apqn))
			continue;
		queue_set_add(&walk->unbound, apqn);
		if (card && card->hardware_type < HARDWARE_TYPE_CEX4)
			queue_set_add(ret_old, apqn);
	}
}

static void tell_unbound(struct walk *walk, const struct queue_set *old)
{
	struct queue_set others = walk->unbound;
	CLEANUP_FREE char *old_queues = walk_queues(walk, old), *queues = NULL;

	queue_set_remove_all(&others, old);
	queues = walk_queues(walk, &others);
	if (!queue_set_is_empty(old)) {
		walk_say(walk, "The cards of %s are too old: vfio_ap takes CEX4 and later.",
			 old_queues);
		walk_advise(
			walk,
			"Define the device with other adapters: 'apqctl cards' lists what there is.");
	}
	if (!queue_set_is_empty(&others)) {
		walk_say(walk,
			 "The host's drivers do not own %s, but vfio_ap does not have that either.",
			 queues);
		walk_advise_bind(walk, &others);
	}
	walk_break(walk, &walk->unbound);
}

void explain_bound(struct walk *walk)
{
	struct queue_set old = { 0 }, waiting = walk->hosts;
	const char *reason;

	if (walk_has_nothing(walk))
		return;
	if (!readiness_of_host(walk->observed, &reason)) {
		walk_break(walk, NULL);
		walk_say(walk, "%s", reason);
		walk_advise(walk, "Load it: 'modprobe vfio_ap'.");
		return;
	}
	find_unbound(walk, &old);
	if (!queue_set_is_empty(&walk->unbound))
		tell_unbound(walk, &old);
	queue_set_add_all(&waiting, &walk->absent);
	if (!queue_set_is_empty(&waiting)) {
		CLEANUP_FREE char *queues = walk_queues(walk, &waiting);

		walk_leave_open(walk);
		walk_say(walk, "Cannot check %s until the lines above are fixed.",
			 queues);
	}
	if (walk->link->state == LINK_OK)
		walk_say(walk, "The driver vfio_ap has all its queues.");
}
