/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The last link: whether interrupts are as the policy of the device wants them.  What the host can
 * do is known without a guest; what the guest does shows only while it runs.
 */
#include "daemon/model/readiness.h"
#include "daemon/report/diagnose.h"
#include "daemon/report/explain-interrupts.h"
#include "daemon/model/ownership.h"

/* The queues of the running guest by whether it has their interrupts on. */
struct tally {
	struct queue_set on, off;
	unsigned int unreadable;
};

static void count(const struct walk *walk, struct tally *tally)
{
	if (!walk->device || !walk->device->in_use || !walk->device->active_known)
		return;
	ownership_interrupt_queues(walk->observed, walk->device, &tally->on);
	MATRIX_FOR_EACH_QUEUE(adapter, domain, &walk->effective) {
		struct apqn apqn = { adapter, domain };
		const struct observed_queue *queue = observed_find_queue(walk->observed, apqn);

		if (queue_set_has(&tally->on, apqn))
			continue;
		if (queue && queue->interrupt == 0)
			queue_set_add(&tally->off, apqn);
		else
			tally->unreadable++;
	}
}

static bool is_seen(const struct tally *tally)
{
	return !queue_set_is_empty(&tally->on) || !queue_set_is_empty(&tally->off);
}

static void tell_polled(struct walk *walk, const struct tally *tally)
{
	CLEANUP_FREE char *on = walk_queues(walk, &tally->on);

	if (!queue_set_is_empty(&tally->on)) {
		walk_break(walk, &tally->on);
		walk_say(walk,
			 "The policy of the device is polled, but its guest has interrupts on for %s.",
			 on);
		walk_advise(walk,
			    "Restart the guest with apqi=off in its CPU model ('apqctl show %s --libvirt-cpu' "
			    "prints that); or allow it: 'apqctl modify %s --interrupts any'.",
			    walk->name, walk->name);
	} else if (is_seen(tally)) {
		walk_say(walk, "The guest polls its queues, as the policy polled wants.");
	} else {
		walk_leave_open(walk);
		walk_say(walk,
			 "The policy of the device is polled, which asks nothing of the host; whether the "
			 "guest follows it shows when it runs.");
	}
}

/* The way out where the host does not forward, by the reason that readiness_of_interrupts() gives. */
static void advise_host(struct walk *walk, bool required)
{
	const struct observed_host *host = &walk->observed->host;

	if (host->gisa < 0)
		walk_advise(walk, "Load it: 'modprobe kvm'.");
	else if (host->gisa == 0)
		walk_advise(walk,
			    "Switch it on: 'apqctl interrupts --gisa on'. Then restart the guest: the "
			    "setting counts for guests that are started after it.");
	else if (host->facility65 < 0)
		walk_advise(
			walk,
			"See that apqd may open /dev/kvm; 'apqctl status' shows when it could ask.");
	else
		walk_advise(walk,
			    "If this host is itself a guest, start it with apqi=on in its CPU model.");
	if (required)
		walk_advise(walk, "To do without interrupts: 'apqctl modify %s --interrupts any'.",
			    walk->name);
}

static void tell_no_forwarding(struct walk *walk, const struct tally *tally, bool required,
			       const char *reason)
{
	const struct observed_host *host = &walk->observed->host;
	CLEANUP_FREE char *on = walk_queues(walk, &tally->on);

	if (!queue_set_is_empty(&tally->on)) {
		walk_break(walk, NULL);
		walk_say(walk,
			 "The guest has interrupts on for %s, but the next one will not get them.",
			 on);
	} else if (required || host->gisa <= 0) {
		walk_break(walk, &tally->off);
	} else if (host->facility65 < 0) {
		walk_leave_open(walk);
	}
	walk_say(walk, "%s", reason);
	if (required)
		walk_say(walk, "The policy of the device requires interrupts%s.",
			 walk->device ? "" : ", so it cannot be started");
	else if (host->gisa == 0)
		walk_say(walk,
			 "A guest with apqi in its CPU model gets an operation exception when it asks for "
			 "interrupts.");
	else if (host->facility65 == 0)
		walk_say(walk, "Guests poll their queues, which the policy any allows.");
	if (walk->link->state != LINK_OK)
		advise_host(walk, required);
}

static void tell_polling(struct walk *walk, const struct tally *tally, bool required)
{
	CLEANUP_FREE char *on = walk_queues(walk, &tally->on),
			  *off = walk_queues(walk, &tally->off);

	if (!queue_set_is_empty(&tally->on))
		walk_say(walk, "The guest has interrupts on for %s.", on);
	walk_say(walk,
		 "The guest polls %s: its CPU model lacks apqi, or it has not asked for interrupts, or it was "
		 "started while kvm.use_gisa was off.",
		 off);
	if (!required) {
		walk_say(walk, "The policy any allows that.");
		return;
	}
	walk_break(walk, &tally->off);
	walk_say(walk, "The policy of the device requires interrupts.");
	walk_advise(walk,
		    "Restart the guest with ap=on,apqci=on,apft=on,apqi=on in its CPU model: 'apqctl show %s "
		    "--libvirt-cpu' prints it.",
		    walk->name);
}

void explain_interrupts(struct walk *walk)
{
	enum interrupts_policy policy = walk->definition ? walk->definition->interrupts :
							   INTERRUPTS_ANY;
	bool required = policy == INTERRUPTS_REQUIRED;
	struct tally tally = { 0 };
	const char *reason;

	count(walk, &tally);
	if (policy == INTERRUPTS_POLLED) {
		tell_polled(walk, &tally);
	} else if (!readiness_of_interrupts(walk->observed, &reason)) {
		tell_no_forwarding(walk, &tally, required, reason);
	} else if (!is_seen(&tally)) {
		walk_leave_open(walk);
		walk_say(walk,
			 "The host can forward interrupts; whether the guest has them on shows when it has "
			 "queues.");
	} else if (!queue_set_is_empty(&tally.off)) {
		tell_polling(walk, &tally, required);
	} else {
		walk_say(walk, "The guest has interrupts on for all queues that it has.");
	}
	if (tally.unreadable > 0)
		walk_say(walk, "It cannot be read of some queues: %u.", tally.unreadable);
}
