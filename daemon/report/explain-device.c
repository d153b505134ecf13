/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The links of the device: it is started with its queues, the kernel keeps none of them from the
 * guest, and a guest has it.
 */
#include <stdio.h>
#include <string.h>

#include "daemon/report/explain-device.h"
#include "daemon/model/label.h"
#include "daemon/model/ownership.h"
#include "daemon/plan/plan.h"
#include "daemon/plan/reserve.h"

/* As many adapters are each given a sentence of their own. */
#define SENTENCES_MAX 16

/* "process 4711 (qemu), virtual machine web", or several; "a process" where nobody is seen. */
static char *describe_holders(struct walk *walk)
{
	const struct observed_device *device = walk->device;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out) {
		walk->no_memory = true;
		return NULL;
	}
	if (device->users_count == 0)
		fputs("a process that has not been found", out);
	for (size_t i = 0; i < device->users_count; i++) {
		const struct observed_user *user = &device->users[i];

		fprintf(out, "%sprocess %d (%s)", i > 0 ? ", " : "", (int)user->pid, user->command);
		if (user->machine[0])
			fprintf(out, ", virtual machine %s,", user->machine);
	}
	walk->no_memory |= fclose(out) != 0;
	return text;
}

/* The queues that other devices have, and the way to each. */
static void tell_conflicts(struct walk *walk)
{
	for (size_t i = 0; i < walk->conflicts.count; i++) {
		const struct problem *problem = &walk->conflicts.items[i];
		const struct observed_device *other;

		if (strcmp(problem->code, PROBLEM_CONFLICT) != 0)
			continue;
		other = observed_find_device(walk->observed, &problem->device);
		walk_break(walk, problem->queues);
		walk_say(walk, "%s", problem->message);
		walk_advise(walk,
			    "%s: 'apqctl stop %s'; or take the queues out of one of the two devices.",
			    other && other->in_use ? "End the guest of that device, then stop the device" :
						     "Stop that device",
			    label_argument(walk->observed, walk->desired, &problem->device));
	}
}

static void advise_start(struct walk *walk)
{
	const char *option = reserve_option(walk->observed, walk->desired);
	bool reserve = !queue_set_is_empty(&walk->hosts) && option && !option[0];

	walk_advise(walk, "Start it%s: 'apqctl start %s%s'.", reserve ? ", and reserve its queues" : "",
		    walk->name, reserve ? " --reserve" : "");
}

static void tell_not_started(struct walk *walk)
{
	const struct device_note *note = desired_find_note(walk->desired, &walk->uuid);
	const char *failure = walk_problem(&walk->problems, PROBLEM_NOT_STARTED);

	if (!walk->observed->host.passthrough) {
		walk_leave_open(walk);
		walk_say(walk, "The device is not started, and cannot be until vfio_ap has its queues.");
	} else {
		walk_break(walk, NULL);
		walk_say(walk, "The device is defined, but not started.");
	}
	if (failure)
		walk_say(walk, "%s", failure);
	if (note && note->stopped == STOPPED_BY_CLIENT && walk->definition->start == START_AUTO)
		walk_say(walk,
			 "The device was stopped on request, so apqd does not start it before the next boot.");
	else if (note && note->stopped == STOPPED_BY_OTHER)
		walk_say(walk, "Another program removed the device.");
	tell_conflicts(walk);
	advise_start(walk);
}

static void tell_drift(struct walk *walk, const char *drift)
{
	struct queue_set missing = { 0 };

	MATRIX_FOR_EACH_QUEUE(adapter, domain, &walk->wanted)
		if (!matrix_has_queue(&walk->device->active, (struct apqn){ adapter, domain }))
			queue_set_add(&missing, (struct apqn){ adapter, domain });
	walk_break(walk, &missing);
	walk_say(walk, "%s", drift);
	tell_conflicts(walk);
	walk_advise(walk,
		    "Make it follow its definition: 'apqctl start %s%s'; or keep what it has: 'apqctl modify "
		    "%s --adopt'.",
		    walk->name,
		    walk->device->in_use && !matrix_is_subset(&walk->device->active, &walk->wanted) ?
			    " --force" : "", walk->name);
}

static void tell_started(struct walk *walk)
{
	const char *stopping = walk_problem(&walk->problems, PROBLEM_STOPPING);
	const char *unknown = walk_problem(&walk->problems, PROBLEM_MATRIX_UNKNOWN);
	const char *drift = walk_problem(&walk->problems, PROBLEM_DRIFT);
	const char *failure = walk_problem(&walk->problems, PROBLEM_NOT_STARTED);

	if (stopping) {
		walk_break(walk, NULL);
		walk_say(walk, "%s", stopping);
		walk_advise(walk,
			    "End its guest, and start the device again when it is gone: 'apqctl start %s'.",
			    walk->name);
	} else if (unknown) {
		walk_leave_open(walk);
		walk_say(walk, "%s", unknown);
		walk_advise(walk, "End its guest, then 'apqctl stop %s' and 'apqctl start %s'.",
			    walk->name, walk->name);
	} else if (drift) {
		tell_drift(walk, drift);
	}
	if (failure)
		walk_say(walk, "%s", failure);
}

void explain_assigned(struct walk *walk)
{
	const char *bad = walk_problem(&walk->problems, PROBLEM_BAD_DEFINITION);

	if (bad) {
		walk_break(walk, NULL);
		walk_say(walk, "%s", bad);
		if (desired_find(walk->desired, &walk->uuid)->has_remedy)
			walk_advise(walk, "Then define the device again.");
		else
			walk_advise(walk,
				    "Correct that file; or remove it by 'apqctl undefine %s' and define the "
				    "device again.",
				    walk->name);
	}
	if (walk->device)
		tell_started(walk);
	else if (walk->definition)
		tell_not_started(walk);
	if (walk->wanted_known && matrix_queue_count(&walk->wanted) == 0) {
		walk_break(walk, NULL);
		walk_say(walk, "The device has no queues: it needs both adapters and domains.");
		walk_advise(walk,
			    "Give it some: 'apqctl assign %s --adapters LIST --domains LIST'; 'apqctl queues' "
			    "lists what there is.",
			    walk->name);
	}
	if (walk->link->state == LINK_OK)
		walk_say(walk, "The device is started, with %s.",
			 walk->definition ? "what it is defined with" :
					    "no definition, as the kernel has it");
}

/* What keeps adapters of the device from its guest, by the way to mend it. */
struct culprits {
	struct queue_set hosts, unbound;
	bool machine; /* as link 'configured' tells */
};

/* Which of its queues filter the adapter; the first that stands in the way is enough for the kernel. */
static struct queue_set find_culprits(const struct walk *walk, unsigned int adapter,
				      const struct mask *domains, struct culprits *culprits)
{
	struct queue_set found = { 0 };

	MASK_FOR_EACH(domain, domains) {
		struct apqn apqn = { adapter, domain };
		enum queue_trouble trouble = ownership_trouble(walk->observed, apqn);

		if (trouble != QUEUE_ABSENT && trouble != QUEUE_NOT_BOUND)
			continue;
		queue_set_add(&found, apqn);
		if (trouble == QUEUE_ABSENT)
			culprits->machine = true;
		else if (walk_is_hosts(walk, apqn))
			queue_set_add(&culprits->hosts, apqn);
		else
			queue_set_add(&culprits->unbound, apqn);
	}
	return found;
}

/* Why the kernel keeps an adapter of which vfio_ap has not all queues. */
static void tell_kept(struct walk *walk, unsigned int adapter, const struct queue_set *found,
		      const struct culprits *culprits)
{
	CLEANUP_FREE char *queues = walk_queues(walk, found);

	walk_say(walk,
		 "Adapter %02x is kept from the guest with all its queues, because vfio_ap does not have its "
		 "%s (%s).",
		 adapter, queues,
		 !queue_set_is_empty(&culprits->hosts) ? "the host's drivers own that" :
		 culprits->machine		       ? "missing" :
							 "bound to no driver, or to another one");
}

/* One adapter that is not in effective: which of the kernel's reasons it is; returns what to mend. */
static struct culprits tell_adapter(struct walk *walk, unsigned int adapter)
{
	const struct observed_host *host = &walk->observed->host;
	struct culprits culprits = { 0 };
	struct queue_set found = find_culprits(walk, adapter, &walk->effective.domains, &culprits);

	walk_break(walk, &found);
	if (host->configured_known && !mask_test(&host->configured.adapters, adapter)) {
		walk_say(walk,
			 "Adapter %02x is kept from the guest, because the LPAR does not have it.",
			 adapter);
		return (struct culprits){ .machine = true };
	}
	if (!queue_set_is_empty(&found)) {
		tell_kept(walk, adapter, &found, &culprits);
	} else if (walk->device->guest_known &&
		   !mask_test(&walk->device->guest.adapters, adapter)) {
		/* vfio_ap resets a queue again when it gets it anew (_queue_passable() in vfio_ap_ops.c) */
		walk_say(walk,
			 "Adapter %02x is kept from the guest, though vfio_ap has all its queues: a reset of "
			 "one of them failed.",
			 adapter);
		culprits.unbound.domains[adapter] = walk->effective.domains;
	} else {
		walk_say(walk, "Adapter %02x reaches the guest, but it does not work.", adapter);
		culprits.machine = true;
	}
	return culprits;
}

static void advise_culprits(struct walk *walk, const struct culprits *culprits)
{
	if (!queue_set_is_empty(&culprits->hosts))
		walk_advise_reserve(walk, &culprits->hosts);
	if (!queue_set_is_empty(&culprits->unbound))
		walk_advise_bind(walk, &culprits->unbound);
	if (culprits->machine)
		walk_advise(walk, "Fix 'configured' first.");
}

static void tell_filtered(struct walk *walk)
{
	struct matrix kept = matrix_minus(&walk->device->active, &walk->effective);
	struct culprits culprits = { 0 };
	unsigned int n = 0;

	MASK_FOR_EACH(adapter, &kept.adapters) {
		struct culprits here;

		if (n++ >= SENTENCES_MAX)
			continue;
		here = tell_adapter(walk, adapter);
		queue_set_add_all(&culprits.hosts, &here.hosts);
		queue_set_add_all(&culprits.unbound, &here.unbound);
		culprits.machine |= here.machine;
	}
	if (n > SENTENCES_MAX)
		walk_say(walk, "%u more adapters are kept from it, too.", n - SENTENCES_MAX);
	if (!mask_is_empty(&kept.domains)) {
		CLEANUP_FREE char *list = walk_ids(walk, &kept.domains, LIST_DOMAINS);

		walk_break(walk, NULL);
		culprits.machine = true;
		walk_say(walk,
			 "Domain %s is kept from the guest, because the LPAR does not have it.",
			 list);
	}
	if (walk->link->state == LINK_BROKEN)
		advise_culprits(walk, &culprits);
}

void explain_effective(struct walk *walk)
{
	unsigned int queues;

	if (!walk->device || !walk->device->active_known) {
		walk_leave_open(walk);
		walk_say(walk, walk->device ?
				       "The queues of the device are not known." :
				       "The device is not started.");
		return;
	}
	tell_filtered(walk);
	queues = matrix_queue_count(&walk->effective);
	if (walk->link->state == LINK_OK && queues == 0) {
		walk_leave_open(walk);
		walk_say(walk, "The device has no queues now.");
	} else if (walk->link->state == LINK_OK) {
		walk_say(walk, queues == 1 ? "The guest gets the queue of the device." :
				       "The guest gets all %u queues of the device.", queues);
	}
}

void explain_guest(struct walk *walk)
{
	unsigned int queues = walk->device && walk->device->active_known ?
				      matrix_queue_count(&walk->effective) :
				      0;
	CLEANUP_FREE char *holders = NULL;

	if (!walk->device) {
		walk_leave_open(walk);
		walk_say(walk, "No guest can open the device, because it is not started.");
		return;
	}
	if (!walk->device->in_use) {
		walk_leave_open(walk);
		walk_say(walk, "No guest has the device open.");
		walk_advise(walk,
			    "Start the guest; 'apqctl show %s --libvirt' prints what libvirt needs for it, "
			    "'apqctl show %s --qemu' what QEMU needs.",
			    walk->name, walk->name);
		return;
	}
	holders = describe_holders(walk);
	walk_say(walk, "The device is open: %s has it, and %u %s the guest.", holders ? holders : "",
		 queues, queues == 1 ? "queue reaches" : "queues reach");
}
