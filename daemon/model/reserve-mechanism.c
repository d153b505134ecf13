/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two means to take queues from the host: bits of the masks, of which mask-plan.h chooses the
 * best, and driver_override of each queue.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/list.h"
#include "daemon/model/diagnose.h"
#include "daemon/model/ownership.h"
#include "daemon/model/reserve-internal.h"

static bool choice_is_empty(const struct mask_choice *choice)
{
	return mask_is_empty(&choice->adapters) && mask_is_empty(&choice->domains);
}

/* Every queue that stands in the reservation, and a sentence about it. */
void reserve_refuse_queues(struct reserve_work *work, const char *code, const struct uuid *uuid,
			  const struct queue_set *set, const char *why)
{
	CLEANUP_FREE char *queues = NULL;

	if (queue_set_is_empty(set))
		return;
	queues = queue_set_format(set);
	if (queues)
		queues[0] = 'Q';
	problems_add(work->conflicts, code, uuid, set, "%s%s", queues ? queues : "Some queues", why);
}

static bool is_others_override(const struct reserve_work *work, struct apqn apqn)
{
	const struct host_policy *policy = &work->desired->policy;
	bool ours = policy->mechanism == MECHANISM_OVERRIDES &&
		    reservation_has(&policy->reserved, apqn) &&
		    reserve_is_overridden(work->observed, apqn);

	return observed_find_queue(work->observed, apqn)->override[0] && !ours;
}

/*
 * Another manager's overrides are not to be touched.  By the masks none may be left; by overrides only
 * those in question count, and one for vfio_ap that is to be reserved is already as it should be.
 */
static int refuse_other_overrides(struct reserve_work *work, bool by_masks)
{
	CLEANUP_FREE struct queue_set *others = calloc(1, sizeof(*others));

	if (!others)
		return -ENOMEM;
	QUEUE_SET_FOR_EACH(adapter, domain, &work->present) {
		struct apqn apqn = { adapter, domain };
		bool counts = by_masks || (queue_set_has(&work->what, apqn) &&
					   (work->wish->release ||
					    !reserve_is_overridden(work->observed, apqn)));

		if (counts && is_others_override(work, apqn))
			queue_set_add(others, apqn);
	}
	reserve_refuse_queues(work, PROBLEM_OTHER_OVERRIDES, NULL, others,
			      ": another program has set driver_override, and apqd does not take it away: "
			      "let that program give it back, or write a newline to driver_override.");
	return 0;
}

/* What another manager has given to another driver stays there (PROBLEM_OTHER_OVERRIDES). */
static void leave_other_overrides(const struct reserve_work *work, struct queue_set *take)
{
	for (unsigned int adapter = 0; adapter < APQN_IDS; adapter++) {
		struct mask all = take->domains[adapter];

		MASK_FOR_EACH(domain, &all) {
			struct apqn apqn = { adapter, domain };
			const struct observed_queue *queue = observed_find_queue(work->observed, apqn);

			if (queue && queue->override[0] && !reserve_is_overridden(work->observed, apqn))
				mask_clear(&take->domains[adapter], domain);
		}
	}
}

/* Moving between the mechanisms passes every queue through the host's hands. */
static void refuse_devices(struct reserve_work *work, const char *mechanism)
{
	for (size_t i = 0; i < work->observed->devices.count; i++) {
		const struct observed_device *device = observed_device_at(work->observed, i);
		CLEANUP_FREE char *name = plan_device_name(work->desired, &device->uuid);

		if (matrix_is_empty(&device->active) && device->active_known)
			continue;
		problems_add(work->conflicts, PROBLEM_CONFLICT, &device->uuid, NULL,
			     "Device %s has queues, and moving to %s would pass them through the host's hands: "
			     "stop it first.",
			     name ? name : device->uuid.text, mechanism);
	}
}

/*
 * The bits that another program took; where nothing is reserved yet, all of them are taken over, but
 * not by a wish that says exactly what is to be reserved, or what is to be taken over.
 */
static struct mask_choice others_bits(const struct reserve_work *work)
{
	const struct host_policy *policy = &work->desired->policy;
	struct mask_choice none = { 0 };

	if (!policy->has_reservation)
		return work->wish->exact || work->wish->import ? work->now : none;
	return policy->has_masks ? mask_choice_minus(&work->now, &policy->masks) : work->now;
}

/*
 * A release takes nothing: what is reserved and somebody gave to the host meanwhile is for a reservation.
 * The bits that devices need stay, and those of another program unless they are what is given back.
 */
static void keep_bits(const struct reserve_work *work, struct mask_wish *wish,
		      struct queue_set *wanted)
{
	const struct reservation *what = &work->wish->what;
	const struct mask_choice *now = &work->now;
	struct mask_choice released = { .adapters = what->adapters, .domains = what->domains };
	struct mask_choice others = others_bits(work);

	wish->most = *now;
	wish->whole.adapters = mask_and(&wish->whole.adapters, &now->adapters);
	wish->whole.domains = mask_and(&wish->whole.domains, &now->domains);
	wish->least = mask_choice_minus(&others, &released);
	for (unsigned int adapter = 0; adapter < APQN_IDS; adapter++)
		if (!mask_test(&now->adapters, adapter))
			wanted->domains[adapter] = mask_and(&wanted->domains[adapter], &now->domains);
	for (size_t i = 0; i < work->observed->devices.count; i++) {
		const struct matrix *active = &observed_device_at(work->observed, i)->active;
		struct mask_choice used = {
			.adapters = mask_and(&active->adapters, &now->adapters),
			.domains = mask_and(&active->domains, &now->domains),
		};

		MATRIX_FOR_EACH_QUEUE(adapter, domain, active)
			if (mask_choice_takes(now, (struct apqn){ adapter, domain }))
				queue_set_add(wanted, (struct apqn){ adapter, domain });
		if (ownership_masks_are_strict(work->observed))
			wish->least = mask_choice_or(&wish->least, &used);
	}
}

/*
 * Of the bits that are 0, those that the policy stands for: another program's stay its own, and so are
 * neither given back by a release nor set at the next boot, unless what is reserved rests on them.
 */
static struct mask_choice own_bits(const struct reserve_work *work, const struct reservation *reserved,
				   const struct mask_choice *choice)
{
	struct mask_choice others = others_bits(work);

	others.adapters = mask_minus(&others.adapters, &reserved->adapters);
	others.domains = mask_minus(&others.domains, &reserved->domains);
	for (unsigned int adapter = 0; adapter < APQN_IDS; adapter++) {
		const struct mask *single = &reserved->queues.domains[adapter];

		others.domains = mask_minus(&others.domains, single);
		if (!mask_is_empty(single))
			mask_clear(&others.adapters, adapter);
	}
	return mask_choice_minus(choice, &others);
}

/* The masks that reserve it all; what they take besides goes into collateral. */
static int choose_masks(struct reserve_work *work, const struct reservation *reserved)
{
	CLEANUP_FREE struct queue_set *wanted = malloc(sizeof(*wanted));
	CLEANUP_FREE struct mask_plan *plan = malloc(sizeof(*plan));
	struct mask_wish wish = {
		.wanted = wanted,
		.whole = { .adapters = reserved->adapters, .domains = reserved->domains },
		.counted = &work->present,
	};
	int r;

	if (!wanted || !plan)
		return -ENOMEM;
	*wanted = reserved->queues;
	/* Coming from overrides, the masks have taken nothing yet. */
	if (work->wish->exact) {
		if (ownership_kind(work->observed) != OWNERSHIP_OVERRIDES)
			wish.least = others_bits(work);
		memset(&wish.most, 0xff, sizeof(wish.most));
	} else if (work->wish->release && ownership_kind(work->observed) != OWNERSHIP_OVERRIDES) {
		keep_bits(work, &wish, wanted);
	} else {
		wish.least = work->now;
		if (work->desired->policy.has_masks)
			wish.least = mask_choice_or(&wish.least, &work->desired->policy.masks);
		memset(&wish.most, 0xff, sizeof(wish.most));
	}
	r = mask_plan_make(&wish, plan);
	if (r < 0)
		return r;
	work->host->ownership = true;
	work->host->apmask = mask_complement(&plan->choice.adapters);
	work->host->aqmask = mask_complement(&plan->choice.domains);
	work->host->policy.has_masks = true;
	work->host->policy.masks = own_bits(work, reserved, &plan->choice);
	memset(work->collateral, 0, sizeof(*work->collateral));
	QUEUE_SET_FOR_EACH(adapter, domain, &plan->collateral) {
		struct apqn apqn = { adapter, domain };
		bool news = ownership_is_hosts(work->observed, apqn);

		/* A release tells what it was asked for and could not give. */
		if (news || (work->wish->release && queue_set_has(&work->what, apqn)))
			queue_set_add(work->collateral, apqn);
	}
	return 0;
}

int reserve_by_masks(struct reserve_work *work, const struct reservation *reserved)
{
	int r = refuse_other_overrides(work, true);

	if (r < 0)
		return r;
	if (work->observed->host.override_leaked)
		problems_add(work->conflicts, PROBLEM_OVERRIDE_LEAKED, NULL, NULL,
			     "The kernel refuses every change of the masks until the next boot, because a queue "
			     "went away while its driver_override was set: use --overrides, or reboot.");
	if (ownership_kind(work->observed) == OWNERSHIP_OVERRIDES) {
		refuse_devices(work, "the masks");
		QUEUE_SET_FOR_EACH(adapter, domain, &work->present)
			if (reserve_is_overridden(work->observed, (struct apqn){ adapter, domain }))
				queue_set_add(&work->host->give, (struct apqn){ adapter, domain });
	}
	return choose_masks(work, reserved);
}

/* What others took by the masks would go to the host with the first override. */
static void refuse_others_bits(struct reserve_work *work, const struct reservation *reserved)
{
	struct mask_choice others = others_bits(work);
	CLEANUP_FREE char *adapters = NULL, *domains = NULL;

	others.adapters = mask_minus(&others.adapters, &reserved->adapters);
	others.domains = mask_minus(&others.domains, &reserved->domains);
	if (choice_is_empty(&others))
		return;
	adapters = list_format(&others.adapters, LIST_ADAPTERS);
	domains = list_format(&others.domains, LIST_DOMAINS);
	problems_add(work->conflicts, PROBLEM_OTHER_MECHANISM, NULL, NULL,
		     "Another program has taken adapters %s and domains %s from the host by the masks, and with "
		     "driver_override they would go back: reserve them too, or let that program give them back.",
		     adapters ? adapters : "?", domains ? domains : "?");
}

const char *reserve_no_override(const struct observed *observed)
{
	if (observed_has_queues(observed))
		return "This kernel has no driver_override (Linux 6.19 and newer have it): only the "
		       "masks can reserve queues.";
	return "Without any queue nothing tells whether this kernel has driver_override (Linux 6.19 "
	       "and newer have it): reserve by the masks, or once a queue is there.";
}

/* What keeps this kernel, as it is now, from handing queues over one by one. */
static bool refuse_overrides(struct reserve_work *work)
{
	const char *reason;

	if (!work->observed->host.has_override)
		problems_add(work->conflicts, PROBLEM_OTHER_MECHANISM, NULL, NULL, "%s",
			     reserve_no_override(work->observed));
	else if (!work->wish->release && !diagnose_ready(work->observed, &reason))
		problems_add(work->conflicts, PROBLEM_NOT_READY, NULL, NULL, "%s", reason);
	return work->conflicts->count > 0;
}

int reserve_by_overrides(struct reserve_work *work, const struct reservation *reserved)
{
	struct host_change *host = work->host;
	int r;

	if (refuse_overrides(work))
		return 0;
	r = refuse_other_overrides(work, false);
	if (r < 0)
		return r;
	/* The kernel takes an override only while all bits of both masks are 1. */
	if (!choice_is_empty(&work->now)) {
		refuse_devices(work, "driver_override");
		refuse_others_bits(work, reserved);
	}
	host->ownership = true;
	memset(&host->apmask, 0xff, sizeof(host->apmask));
	memset(&host->aqmask, 0xff, sizeof(host->aqmask));
	host->policy.has_masks = false;
	reservation_expand(reserved, &work->present, &host->take);
	leave_other_overrides(work, &host->take);
	if (work->wish->release || work->wish->exact) {
		reservation_expand(&work->desired->policy.reserved, &work->present, &host->give);
		for (unsigned int adapter = 0; work->wish->release && adapter < APQN_IDS; adapter++)
			host->give.domains[adapter] = mask_and(&host->give.domains[adapter],
							       &work->what.domains[adapter]);
		queue_set_remove_all(&host->give, &host->take);
		/* A release takes nothing, unless the masks that had it before go. */
		if (work->wish->release && choice_is_empty(&work->now))
			memset(&host->take, 0, sizeof(host->take));
	}
	return 0;
}

/* Nothing says which: the masks, unless they would take more than was asked and the kernel can do better. */
int reserve_by_the_better(struct reserve_work *work, const struct reservation *reserved)
{
	int r = reserve_by_masks(work, reserved);

	if (r < 0 || !work->observed->host.has_override ||
	    (queue_set_is_empty(work->collateral) && work->conflicts->count == 0))
		return r;
	problems_done(work->conflicts);
	memset(work->collateral, 0, sizeof(*work->collateral));
	work->host->policy.mechanism = MECHANISM_OVERRIDES;
	return reserve_by_overrides(work, reserved);
}

