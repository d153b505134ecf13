/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first link: the machine has all that the device is to have, and it works.
 */
#include <string.h>

#include "daemon/model/readiness.h"
#include "daemon/report/diagnose.h"
#include "daemon/report/explain-machine.h"

/* The ids of a device are of three sorts, each with an option of apqctl. */
struct sort {
	const char *word, *option;
	enum list_kind kind;
};

static const struct sort adapter_sort = { "adapter", "--adapters", LIST_ADAPTERS };
static const struct sort domain_sort = { "domain", "--domains", LIST_DOMAINS };
static const struct sort control_sort = { "control domain", "--control-domains", LIST_DOMAINS };

/* The wanted queues that lie in adapters and domains. */
static struct queue_set queues_of(const struct walk *walk, const struct mask *adapters,
				  const struct mask *domains)
{
	struct queue_set set = { 0 };

	MASK_FOR_EACH(adapter, adapters)
		if (mask_test(&walk->wanted.adapters, adapter))
			set.domains[adapter] = mask_and(&walk->wanted.domains, domains);
	return set;
}

static void break_adapters(struct walk *walk, const struct mask *adapters)
{
	struct queue_set set = queues_of(walk, adapters, &walk->wanted.domains);

	walk_break(walk, &set);
}

static void break_ids(struct walk *walk, const struct sort *sort, const struct mask *ids)
{
	struct queue_set set = { 0 };

	if (sort == &adapter_sort)
		set = queues_of(walk, ids, &walk->wanted.domains);
	else if (sort == &domain_sort)
		set = queues_of(walk, &walk->wanted.adapters, ids);
	walk_break(walk, &set);
}

/* No guest loses anything by it, for it has not got what the machine has not. */
static const char *force_option(const struct walk *walk)
{
	return walk->device && walk->device->in_use ? " --force" : "";
}

/* Those of the ids that this machine cannot have: conflicts name them already. */
static struct mask look_at_maximum(struct walk *walk, const struct sort *sort,
				   const struct mask *ids, int maximum)
{
	struct mask high = *ids;

	MASK_FOR_EACH(id, ids)
		if (maximum < 0 || id <= (unsigned int)maximum)
			mask_clear(&high, id);
	if (!mask_is_empty(&high)) {
		CLEANUP_FREE char *arguments = walk_arguments(walk, &high, sort->kind);

		break_ids(walk, sort, &high);
		walk_advise(walk,
			    "Unassign the missing ids: 'apqctl unassign %s %s %s%s'.",
			    walk->name, sort->option, arguments, force_option(walk));
	}
	return mask_minus(ids, &high);
}

/* Returns those of the ids that the LPAR has, as far as the machine can tell. */
static struct mask look_at_lpar(struct walk *walk, const struct sort *sort, const struct mask *ids,
				const struct mask *configured)
{
	struct mask gone = mask_minus(ids, configured);

	if (!walk->observed->host.configured_known || mask_is_empty(&gone))
		return *ids;
	CLEANUP_FREE char *list = walk_ids(walk, &gone, sort->kind);
	CLEANUP_FREE char *arguments = walk_arguments(walk, &gone, sort->kind);
	bool many = mask_count(&gone) > 1;

	break_ids(walk, sort, &gone);
	walk_say(walk, "The LPAR does not have %s%s %s.", sort->word, many ? "s" : "", list);
	walk_advise(walk,
		    "Give the LPAR %s%s %s on the HMC, then 'echo 1 > /sys/bus/ap/scans'; or take %s out of "
		    "the device: 'apqctl unassign %s %s %s%s'.",
		    sort->word, many ? "s" : "", list, many ? "them" : "it", walk->name, sort->option,
		    arguments, force_option(walk));
	return mask_and(ids, configured);
}

/* What ails the cards, each as a set of adapters. */
struct ailments {
	struct mask gone, deconfigured, checkstopped;
	struct queue_set missing;
};

static void find_ailments(const struct walk *walk, const struct mask *adapters,
			  const struct mask *domains, struct ailments *ailments)
{
	MASK_FOR_EACH(adapter, adapters) {
		const struct observed_card *card = observed_find_card(walk->observed, adapter);

		if (!card) {
			mask_set(&ailments->gone, adapter);
			continue;
		}
		if (!card->configured)
			mask_set(&ailments->deconfigured, adapter);
		if (card->checkstopped)
			mask_set(&ailments->checkstopped, adapter);
		MASK_FOR_EACH(domain, domains) {
			struct apqn apqn = { adapter, domain };
			const struct observed_queue *queue =
				observed_find_queue(walk->observed, apqn);

			if (!queue)
				queue_set_add(&ailments->missing, apqn);
			else if (queue->checkstopped)
				mask_set(&ailments->checkstopped, adapter);
			else if (!queue->configured)
				mask_set(&ailments->deconfigured, adapter);
		}
	}
	/* A checkstopped adapter that is deconfigured has to be configured first. */
	ailments->checkstopped = mask_minus(&ailments->checkstopped, &ailments->deconfigured);
}

static void tell_ailments(struct walk *walk, const struct ailments *ailments)
{
	CLEANUP_FREE char *gone = walk_ids(walk, &ailments->gone, LIST_ADAPTERS);
	CLEANUP_FREE char *missing = walk_queues(walk, &ailments->missing);

	if (!mask_is_empty(&ailments->gone)) {
		break_adapters(walk, &ailments->gone);
		walk_say(walk, "The kernel has found no card of adapter %s.", gone);
		walk_advise(walk,
			    "Have the AP bus look for it: 'echo 1 > /sys/bus/ap/scans'; 'dmesg' shows why "
			    "a card is left out.");
	}
	if (!queue_set_is_empty(&ailments->missing)) {
		walk_break(walk, &ailments->missing);
		walk_say(walk, "The kernel has not found %s, though the adapter is present.",
			 missing);
		walk_advise(walk,
			    "Have the AP bus look again: 'echo 1 > /sys/bus/ap/scans'; 'dmesg' shows why a "
			    "queue is left out.");
	}
	MASK_FOR_EACH(adapter, &ailments->deconfigured) {
		walk_say(walk, "Adapter %02x is deconfigured: no request gets through.", adapter);
		walk_advise(walk, "Configure it: 'chzcrypt --config-on %02x', or on the HMC.",
			    adapter);
	}
	MASK_FOR_EACH(adapter, &ailments->checkstopped) {
		walk_say(walk,
			 "Adapter %02x is checkstopped: it has stopped for an error of its own.",
			 adapter);
		walk_advise(walk,
			    "Deconfigure and configure it: 'chzcrypt --config-off %02x', then 'chzcrypt "
			    "--config-on %02x'; if it stops again, have it serviced.",
			    adapter, adapter);
	}
	if (!mask_is_empty(&ailments->deconfigured))
		break_adapters(walk, &ailments->deconfigured);
	if (!mask_is_empty(&ailments->checkstopped))
		break_adapters(walk, &ailments->checkstopped);
}

static void tell_maximum(struct walk *walk)
{
	for (size_t i = 0; i < walk->conflicts.count; i++)
		if (strcmp(walk->conflicts.items[i].code, PROBLEM_ABOVE_MAXIMUM) == 0)
			walk_say(walk, "%s", walk->conflicts.items[i].message);
}

/* Returns what the LPAR has of what this machine can have, which is kept in walk->possible. */
static struct matrix look_at_ids(struct walk *walk)
{
	const struct observed_host *host = &walk->observed->host;
	const struct matrix *wanted = &walk->wanted;
	struct matrix *possible = &walk->possible, there;

	tell_maximum(walk);
	possible->adapters =
		look_at_maximum(walk, &adapter_sort, &wanted->adapters, host->max_adapter);
	possible->domains = look_at_maximum(walk, &domain_sort, &wanted->domains, host->max_domain);
	possible->control_domains =
		look_at_maximum(walk, &control_sort, &wanted->control_domains, host->max_domain);
	there.adapters =
		look_at_lpar(walk, &adapter_sort, &possible->adapters, &host->configured.adapters);
	there.domains =
		look_at_lpar(walk, &domain_sort, &possible->domains, &host->configured.domains);
	there.control_domains = look_at_lpar(walk, &control_sort, &possible->control_domains,
					     &host->configured.control_domains);
	return there;
}

void explain_configured(struct walk *walk)
{
	struct ailments ailments = { 0 };
	struct matrix there;
	const char *reason;

	if (!walk->observed->host.ap_bus) {
		readiness_of_host(walk->observed, &reason);
		walk_break(walk, NULL);
		walk_say(walk, "%s", reason);
		walk_advise(walk,
			    "Give the machine adapters and domains (an LPAR: on the HMC), then load the "
			    "module: 'modprobe ap'.");
		return;
	}
	if (walk_has_nothing(walk))
		return;
	there = look_at_ids(walk);
	find_ailments(walk, &there.adapters, &there.domains, &ailments);
	tell_ailments(walk, &ailments);
	if (walk->link->state == LINK_OK)
		walk_say(walk,
			 "The machine has everything that the device is to have (queues: %u), configured "
			 "and working.",
			 matrix_queue_count(&walk->wanted));
}
