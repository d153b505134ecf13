/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two means to take queues from the host: bits of the masks, of which mask-plan.h chooses the
 * best, and driver_override of each queue.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/matrix.h"
#include "daemon/plan/mask-plan.h"
#include "daemon/model/readiness.h"
#include "daemon/model/ownership.h"
#include "daemon/plan/reserve-mechanism.h"

/* Every queue that stands in the reservation, and a sentence about it. */
void reserve_refuse_queues(struct reserve_work *work, const char *code, const struct uuid *uuid,
			  const struct queue_set *set, const char *why)
{
	CLEANUP_FREE char *queues = NULL;

	if (queue_set_is_empty(set))
		return;
	queues = queue_set_title(set);
	problems_add(work->conflicts, code, uuid, set, "%s%s", queues ? queues : "Some queues", why);
}

static bool is_others_override(const struct reserve_work *work, struct apqn apqn)
{
	const struct host_policy *policy = &work->desired->policy;
	bool ours = policy->mechanism == MECHANISM_OVERRIDES &&
		    reservation_has(&policy->reserved, apqn) &&
		    ownership_is_overridden(work->observed, apqn);

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
					    !ownership_is_overridden(work->observed, apqn)));

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

			if (queue && queue->override[0] && !ownership_is_overridden(work->observed, apqn))
				mask_clear(&take->domains[adapter], domain);
		}
	}
}

/* Moving between the mechanisms passes every queue through the host's hands. */
static void refuse_devices(struct reserve_work *work, const char *mechanism)
{
	for (size_t i = 0; i < work->observed->devices.count; i++) {
		const struct observed_device *device = observed_device_at(work->observed, i);
		CLEANUP_FREE char *name = desired_label(work->desired, &device->uuid);

		if (matrix_is_empty(&device->active) && device->active_known)
			continue;
		problems_add(work->conflicts, PROBLEM_CONFLICT, &device->uuid, NULL,
			     "Device %s has queues, and moving to %s would pass them through the host's hands. "
			     "%s run: 'apqctl stop %s'.",
			     name ? name : device->uuid.text, mechanism,
			     device->in_use ? "End its guest, then" : "To stop the device,",
			     device->uuid.text);
	}
}

/*
 * The bits of the masks that another program cleared.  apqd's own are those that it has written down;
 * only an import makes another program's its own, because it is asked for just that.
 */
static struct mask_choice others_bits(const struct reserve_work *work)
{
	struct mask_choice others = ownership_others_bits(work->observed, work->desired);
	struct mask_choice imported = {
		.adapters = work->wish->what.adapters,
		.domains = work->wish->what.domains,
	};

	return work->wish->import ? mask_choice_minus(&others, &imported) : others;
}

/*
 * A release takes nothing: what is reserved and somebody gave to the host meanwhile is for a reservation.
 * The bits that devices need stay, and those of another program, whatever is given back.
 */
static void keep_bits(const struct reserve_work *work, struct mask_wish *wish,
		      struct queue_set *wanted)
{
	const struct mask_choice *now = &work->now;

	wish->most = *now;
	wish->whole.adapters = mask_and(&wish->whole.adapters, &now->adapters);
	wish->whole.domains = mask_and(&wish->whole.domains, &now->domains);
	wish->least = others_bits(work);
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
 * Keeps reservations on apqd's own bits: another program may give its bits back at any time.  Adds
 * to wish->least those of apqd's bits that the wanted queues need.  Returns 0 or a negative errno.
 */
static int keep_own_bits(const struct reserve_work *work, struct mask_wish *wish, struct mask_plan *plan)
{
	CLEANUP_FREE struct queue_set *wanted = calloc(1, sizeof(*wanted));
	struct mask_choice others = others_bits(work), own = mask_choice_minus(&work->now, &others);
	struct mask_wish of_own = *wish;
	int r;

	if (!wanted)
		return -ENOMEM;
	QUEUE_SET_FOR_EACH(adapter, domain, wish->wanted)
		if (mask_choice_takes(&own, (struct apqn){ adapter, domain }))
			queue_set_add(wanted, (struct apqn){ adapter, domain });
	of_own.wanted = wanted;
	of_own.most = own;
	of_own.least = mask_choice_minus(&wish->least, &others);
	of_own.whole = mask_choice_minus(&wish->whole, &others);
	r = mask_plan_make(&of_own, plan);
	if (r == 0)
		wish->least = mask_choice_or(&wish->least, &plan->choice);
	return r;
}

/*
 * Of the bits that are to be 0, those that apqd cleared, or clears now: another program's are neither
 * given back by a release nor set at the next boot, also where what is reserved rests on them.
 */
static struct mask_choice own_bits(const struct reserve_work *work, const struct mask_choice *choice)
{
	struct mask_choice others = others_bits(work);

	return mask_choice_minus(choice, &others);
}

/*
 * Returns true if the policy reserves exactly this by the masks.  The present choice of bits then
 * stays, even if a better one exists by now.
 */
static bool is_reserved_already(const struct reserve_work *work, const struct reservation *reserved)
{
	const struct host_policy *policy = &work->desired->policy;

	return policy->mechanism == MECHANISM_MASKS && reservation_equal(reserved, &policy->reserved);
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
	int r = 0;

	if (!wanted || !plan)
		return -ENOMEM;
	*wanted = reserved->queues;
	/* Coming from overrides, the masks have taken nothing yet. */
	if (work->wish->exact && !is_reserved_already(work, reserved)) {
		if (ownership_kind(work->observed) != OWNERSHIP_OVERRIDES)
			wish.least = others_bits(work);
		memset(&wish.most, 0xff, sizeof(wish.most));
	} else if (work->wish->release && ownership_kind(work->observed) != OWNERSHIP_OVERRIDES) {
		keep_bits(work, &wish, wanted);
		r = keep_own_bits(work, &wish, plan);
	} else {
		wish.least = work->now;
		if (work->desired->policy.has_masks)
			wish.least = mask_choice_or(&wish.least, &work->desired->policy.masks);
		memset(&wish.most, 0xff, sizeof(wish.most));
	}
	if (r == 0)
		r = mask_plan_make(&wish, plan);
	if (r < 0)
		return r;
	work->host->ownership = true;
	work->host->apmask = mask_complement(&plan->choice.adapters);
	work->host->aqmask = mask_complement(&plan->choice.domains);
	work->host->policy.has_masks = true;
	work->host->policy.masks = own_bits(work, &plan->choice);
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
			     "went away while its driver_override was set. Reserve by driver overrides (reserve --overrides), or reboot.");
	if (ownership_kind(work->observed) == OWNERSHIP_OVERRIDES) {
		refuse_devices(work, "the masks");
		QUEUE_SET_FOR_EACH(adapter, domain, &work->present)
			if (ownership_is_overridden(work->observed, (struct apqn){ adapter, domain }))
				queue_set_add(&work->host->give, (struct apqn){ adapter, domain });
	}
	return choose_masks(work, reserved);
}

/* An override needs all bits to be 1, and another program's are not apqd's to set. */
static void refuse_others_bits(struct reserve_work *work)
{
	struct mask_choice others = others_bits(work);
	struct matrix taken = { .adapters = others.adapters, .domains = others.domains };
	CLEANUP_FREE char *names = NULL, *command = NULL;

	if (mask_choice_is_empty(&others))
		return;
	names = matrix_describe(&taken);
	command = mask_give_back_command(&others.adapters, &others.domains);
	if (!names || !command) {
		work->conflicts->incomplete = true;
		return;
	}
	problems_add(work->conflicts, PROBLEM_OTHER_MECHANISM, NULL, NULL,
		     "Another program has taken %s from the host by the masks. The kernel takes no "
		     "driver_override until they are given back, and apqd does not set another program's "
		     "bits. Run: %s",
		     names, command);
}

const char *reserve_no_override(const struct observed *observed)
{
	if (observed_has_queues(observed))
		return "This kernel has no driver_override (Linux 6.19 and newer have it): only the "
		       "masks can reserve queues.";
	return "The host has no queue, and only a queue shows if this kernel has driver_override "
	       "(Linux 6.19 and newer have it). Reserve by the masks, or repeat the command when a "
	       "queue is present.";
}

/* What keeps this kernel, as it is now, from handing queues over one by one. */
static bool refuse_overrides(struct reserve_work *work)
{
	const char *reason;

	if (!work->observed->host.has_override)
		problems_add(work->conflicts, PROBLEM_OTHER_MECHANISM, NULL, NULL, "%s",
			     reserve_no_override(work->observed));
	else if (!work->wish->release && !readiness_of_host(work->observed, &reason))
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
	if (!mask_choice_is_empty(&work->now)) {
		refuse_devices(work, "driver_override");
		refuse_others_bits(work);
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
		if (work->wish->release && mask_choice_is_empty(&work->now))
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

