/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/model/reserve.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/model/diagnose.h"
#include "daemon/model/ownership.h"

/* All that the functions below look at and fill. */
struct work {
	const struct observed *observed;
	const struct desired *desired;
	const struct reserve_wish *wish;
	struct host_change *host;
	struct queue_set *collateral;
	struct problems *conflicts;
	struct queue_set present;	/* every queue that there is */
	struct queue_set what;		/* the wish, queue by queue, as far as they are there */
};

static struct mask_choice taken_now(const struct observed *observed)
{
	return (struct mask_choice){
		.adapters = mask_complement(&observed->host.apmask),
		.domains = mask_complement(&observed->host.aqmask),
	};
}

static bool choice_is_empty(const struct mask_choice *choice)
{
	return mask_is_empty(&choice->adapters) && mask_is_empty(&choice->domains);
}

/* Whether apqd, or somebody else by the same word, has handed the queue to vfio_ap. */
static bool is_overridden(const struct observed *observed, struct apqn apqn)
{
	const struct observed_queue *queue = observed_find_queue(observed, apqn);

	return queue && strcmp(queue->override, "vfio_ap") == 0;
}

void host_change_init(struct host_change *host)
{
	*host = (struct host_change){ .interrupts = INTERRUPTS_NO_WISH };
	host_policy_init(&host->policy);
}

bool host_change_leaves_to_host(const struct observed *observed, const struct host_change *change,
				struct apqn apqn)
{
	if (!change || !change->ownership)
		return ownership_is_hosts(observed, apqn);
	if (queue_set_has(&change->take, apqn))
		return !observed_find_queue(observed, apqn);
	if (!queue_set_has(&change->give, apqn) && is_overridden(observed, apqn))
		return ownership_is_hosts(observed, apqn);
	return mask_test(&change->apmask, apqn.adapter) && mask_test(&change->aqmask, apqn.domain);
}

void host_change_invert(const struct observed *observed, const struct desired *desired,
			const struct host_change *change, struct host_change *ret_back)
{
	struct host_change back;

	host_change_init(&back);
	back.ownership = change->ownership;
	back.apmask = observed->host.apmask;
	back.aqmask = observed->host.aqmask;
	QUEUE_SET_FOR_EACH(adapter, domain, &change->take)
		if (!is_overridden(observed, (struct apqn){ adapter, domain }))
			queue_set_add(&back.give, (struct apqn){ adapter, domain });
	QUEUE_SET_FOR_EACH(adapter, domain, &change->give)
		if (is_overridden(observed, (struct apqn){ adapter, domain }))
			queue_set_add(&back.take, (struct apqn){ adapter, domain });
	back.set_interrupts = change->set_interrupts;
	if (change->interrupts.gisa >= 0)
		back.interrupts.gisa = observed->host.gisa;
	if (change->interrupts.poll_thread >= 0)
		back.interrupts.poll_thread = observed->host.poll_thread;
	if (change->interrupts.poll_timeout != JSON_INT_NULL)
		back.interrupts.poll_timeout = observed->host.poll_timeout;
	back.write_policy = change->write_policy;
	back.policy = desired->policy;
	*ret_back = back;
}

/* Every queue that stands in the reservation, and a sentence about it. */
static void refuse_queues(struct work *work, const char *code, const struct uuid *uuid,
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

/* Overrides that name another driver than vfio_ap: another manager's, and not to be touched. */
static int refuse_other_overrides(struct work *work, bool of_vfio_ap_too)
{
	CLEANUP_FREE struct queue_set *others = calloc(1, sizeof(*others));

	if (!others)
		return -ENOMEM;
	QUEUE_SET_FOR_EACH(adapter, domain, &work->present) {
		struct apqn apqn = { adapter, domain };
		bool ours = is_overridden(work->observed, apqn);

		if (!observed_find_queue(work->observed, apqn)->override[0])
			continue;
		if (of_vfio_ap_too ? !ours || !reservation_has(&work->desired->policy.reserved, apqn) :
				     !ours && queue_set_has(&work->what, apqn))
			queue_set_add(others, apqn);
	}
	refuse_queues(work, PROBLEM_OTHER_OVERRIDES, NULL, others,
		      ": another program has set driver_override, and apqd does not take it away: let that "
		      "program give it back, or write a newline to driver_override.");
	return 0;
}

/* Moving between the mechanisms passes every queue through the host's hands. */
static void refuse_devices(struct work *work, const char *mechanism)
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

/* A queue that a device has is not given back. */
static int refuse_assigned(struct work *work)
{
	CLEANUP_FREE struct queue_set *set = malloc(sizeof(*set));

	if (!set)
		return -ENOMEM;
	for (size_t i = 0; i < work->observed->devices.count; i++) {
		const struct observed_device *device = observed_device_at(work->observed, i);
		CLEANUP_FREE char *name = plan_device_name(work->desired, &device->uuid);
		CLEANUP_FREE char *why = NULL;

		memset(set, 0, sizeof(*set));
		MATRIX_FOR_EACH_QUEUE(adapter, domain, &device->active)
			if (reservation_has(&work->wish->what, (struct apqn){ adapter, domain }))
				queue_set_add(set, (struct apqn){ adapter, domain });
		if (asprintf(&why, " cannot go back to the host while assigned to device %s: 'apqctl unassign' "
				   "or 'apqctl stop' comes first.",
			     name ? name : device->uuid.text) < 0)
			why = NULL;
		if (!why)
			return -ENOMEM;
		refuse_queues(work, PROBLEM_CONFLICT, &device->uuid, set, why);
	}
	return 0;
}

/* A whole adapter or domain of which only a part is given back becomes single queues. */
static void split_whole(struct work *work, struct reservation *reserved)
{
	const struct reservation *what = &work->wish->what;

	for (unsigned int adapter = 0; adapter < APQN_IDS; adapter++) {
		if (!mask_test(&reserved->adapters, adapter) || mask_test(&what->adapters, adapter) ||
		    mask_is_empty(&work->what.domains[adapter]))
			continue;
		mask_clear(&reserved->adapters, adapter);
		reserved->queues.domains[adapter] = mask_or(&reserved->queues.domains[adapter],
							    &work->present.domains[adapter]);
	}
	for (unsigned int domain = 0; domain < APQN_IDS; domain++) {
		bool touched = false;

		if (!mask_test(&reserved->domains, domain) || mask_test(&what->domains, domain))
			continue;
		for (unsigned int adapter = 0; adapter < APQN_IDS; adapter++)
			touched |= mask_test(&work->what.domains[adapter], domain);
		if (!touched)
			continue;
		mask_clear(&reserved->domains, domain);
		for (unsigned int adapter = 0; adapter < APQN_IDS; adapter++)
			if (mask_test(&work->present.domains[adapter], domain))
				mask_set(&reserved->queues.domains[adapter], domain);
	}
}

static void change_reservation(struct work *work, struct reservation *reserved)
{
	const struct reservation *what = &work->wish->what;

	if (!work->wish->release) {
		reserved->adapters = mask_or(&reserved->adapters, &what->adapters);
		reserved->domains = mask_or(&reserved->domains, &what->domains);
		queue_set_add_all(&reserved->queues, &what->queues);
	} else {
		split_whole(work, reserved);
		reserved->adapters = mask_minus(&reserved->adapters, &what->adapters);
		reserved->domains = mask_minus(&reserved->domains, &what->domains);
		for (unsigned int adapter = 0; adapter < APQN_IDS; adapter++) {
			struct mask *left = &reserved->queues.domains[adapter];

			*left = mask_minus(left, &what->queues.domains[adapter]);
			*left = mask_minus(left, &what->domains);
			if (mask_test(&what->adapters, adapter))
				*left = (struct mask){ 0 };
		}
	}
	/* What a whole one covers need not be said twice. */
	for (unsigned int adapter = 0; adapter < APQN_IDS; adapter++) {
		struct mask *single = &reserved->queues.domains[adapter];

		*single = mask_minus(single, &reserved->domains);
		if (mask_test(&reserved->adapters, adapter))
			*single = (struct mask){ 0 };
	}
}

/*
 * A release: the bits that devices need stay, and those that another program took.
 */
static void keep_bits(const struct work *work, const struct mask_choice *now, struct mask_wish *wish,
		      struct queue_set *wanted)
{
	const struct host_policy *policy = &work->desired->policy;
	const struct reservation *what = &work->wish->what;
	struct mask_choice released = { .adapters = what->adapters, .domains = what->domains };

	wish->most = *now;
	if (policy->has_masks) {
		wish->least = mask_choice_minus(now, &policy->masks);
		wish->least = mask_choice_minus(&wish->least, &released);
	}
	for (size_t i = 0; i < work->observed->devices.count; i++) {
		const struct matrix *active = &observed_device_at(work->observed, i)->active;
		struct mask_choice used = {
			.adapters = mask_and(&active->adapters, &now->adapters),
			.domains = mask_and(&active->domains, &now->domains),
		};

		MATRIX_FOR_EACH_QUEUE(adapter, domain, active)
			queue_set_add(wanted, (struct apqn){ adapter, domain });
		if (ownership_masks_are_strict(work->observed))
			wish->least = mask_choice_or(&wish->least, &used);
	}
}

/* The masks that reserve it all; what they take besides goes into collateral. */
static int choose_masks(struct work *work, const struct reservation *reserved)
{
	struct mask_choice now = taken_now(work->observed);
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
	if (work->wish->release) {
		keep_bits(work, &now, &wish, wanted);
	} else {
		wish.least = now;
		if (work->desired->policy.has_masks)
			wish.least = mask_choice_or(&wish.least, &work->desired->policy.masks);
		memset(&wish.most, 0xff, sizeof(wish.most));
	}
	/* What is reserved and somebody gave to the host meanwhile may be taken again. */
	wish.most = mask_choice_or(&wish.most, &wish.whole);
	r = mask_plan_make(&wish, plan);
	if (r == -ENOENT) {
		memset(&wish.most, 0xff, sizeof(wish.most));
		r = mask_plan_make(&wish, plan);
	}
	if (r < 0)
		return r;
	work->host->ownership = true;
	work->host->apmask = mask_complement(&plan->choice.adapters);
	work->host->aqmask = mask_complement(&plan->choice.domains);
	work->host->policy.has_masks = true;
	work->host->policy.masks = plan->choice;
	memset(work->collateral, 0, sizeof(*work->collateral));
	QUEUE_SET_FOR_EACH(adapter, domain, &plan->collateral) {
		struct apqn apqn = { adapter, domain };
		bool news = !mask_choice_takes(&now, apqn);

		/* A release tells what it was asked for and could not give. */
		if (work->wish->release ? queue_set_has(&work->what, apqn) : news)
			queue_set_add(work->collateral, apqn);
	}
	return 0;
}

static int by_masks(struct work *work, const struct reservation *reserved)
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
			if (is_overridden(work->observed, (struct apqn){ adapter, domain }))
				queue_set_add(&work->host->give, (struct apqn){ adapter, domain });
	}
	return choose_masks(work, reserved);
}

static int by_overrides(struct work *work, const struct reservation *reserved)
{
	struct mask_choice now = taken_now(work->observed);
	int r;

	if (!work->observed->host.has_override) {
		problems_add(work->conflicts, PROBLEM_OTHER_MECHANISM, NULL, NULL,
			     "This kernel has no driver_override (Linux 6.19 and newer have it): only the masks "
			     "can reserve queues.");
		return 0;
	}
	r = refuse_other_overrides(work, false);
	if (r < 0)
		return r;
	/* The kernel takes an override only while all bits of both masks are 1. */
	if (!choice_is_empty(&now))
		refuse_devices(work, "driver_override");
	work->host->ownership = true;
	memset(&work->host->apmask, 0xff, sizeof(work->host->apmask));
	memset(&work->host->aqmask, 0xff, sizeof(work->host->aqmask));
	work->host->policy.has_masks = false;
	reservation_expand(reserved, &work->present, &work->host->take);
	if (work->wish->release) {
		work->host->give = work->what;
		queue_set_remove_all(&work->host->give, &work->host->take);
	}
	return 0;
}

/* Nothing says which: the masks, unless they would take more than was asked and the kernel can do better. */
static int by_the_better(struct work *work, const struct reservation *reserved)
{
	int r = by_masks(work, reserved);

	if (r < 0 || !work->observed->host.has_override ||
	    (queue_set_is_empty(work->collateral) && work->conflicts->count == 0))
		return r;
	problems_done(work->conflicts);
	memset(work->collateral, 0, sizeof(*work->collateral));
	work->host->policy.mechanism = MECHANISM_OVERRIDES;
	return by_overrides(work, reserved);
}

static enum ownership_mechanism find_mechanism(const struct work *work)
{
	enum ownership_kind kind = ownership_kind(work->observed);

	if (work->wish->mechanism != MECHANISM_UNDECIDED)
		return work->wish->mechanism;
	if (work->desired->policy.mechanism != MECHANISM_UNDECIDED)
		return work->desired->policy.mechanism;
	return kind == OWNERSHIP_MASKS	   ? MECHANISM_MASKS :
	       kind == OWNERSHIP_OVERRIDES ? MECHANISM_OVERRIDES :
					     MECHANISM_UNDECIDED;
}

static bool is_allowed(struct work *work)
{
	const char *reason;

	if (!work->observed->host.ap_bus && !diagnose_ready(work->observed, &reason))
		problems_add(work->conflicts, PROBLEM_NOT_READY, NULL, NULL, "%s", reason);
	else if (work->desired->policy_bad)
		problems_add(work->conflicts, PROBLEM_BAD_POLICY, NULL, NULL,
			     "/etc/apqd/host.json cannot be used, so nothing is reserved or given back: "
			     "'apqctl status' tells what is wrong in it.");
	else if (work->desired->policy.mechanism == MECHANISM_OBSERVE)
		problems_add(work->conflicts, PROBLEM_OTHER_MECHANISM, NULL, NULL,
			     "\"ownership\" in /etc/apqd/host.json is \"observe\", so apqd takes no queue from "
			     "the host and gives none back: whoever manages them has to.");
	return work->conflicts->count == 0;
}

/* The masks that others have set stay reserved, from now on by us. */
static void adopt_masks(const struct work *work, struct reservation *reserved)
{
	struct mask_choice now = taken_now(work->observed);

	if (work->desired->policy.has_reservation ||
	    ownership_kind(work->observed) != OWNERSHIP_MASKS)
		return;
	reserved->adapters = now.adapters;
	reserved->domains = now.domains;
}

/* Ids that this machine cannot have, also those of single queues. */
static void check_maximum(struct work *work)
{
	const struct reservation *what = &work->wish->what;
	struct mask adapters = what->adapters, domains = what->domains;

	QUEUE_SET_FOR_EACH(adapter, domain, &what->queues) {
		mask_set(&adapters, adapter);
		mask_set(&domains, domain);
	}
	plan_check_maximum(work->observed, &adapters, &domains, work->conflicts);
}

static int make(struct work *work)
{
	struct host_policy *policy = &work->host->policy;
	enum ownership_mechanism mechanism;
	struct reservation *reserved = &policy->reserved;

	if (!is_allowed(work))
		return 0;
	if (!work->wish->release)
		check_maximum(work);
	if (work->conflicts->count)
		return 0;
	*policy = work->desired->policy;
	adopt_masks(work, reserved);
	change_reservation(work, reserved);
	policy->has_reservation = true;
	work->host->write_policy = true;
	mechanism = find_mechanism(work);
	policy->mechanism = mechanism == MECHANISM_UNDECIDED ? MECHANISM_MASKS : mechanism;
	if (work->wish->release) {
		int r = refuse_assigned(work);

		if (r < 0 || work->conflicts->count)
			return r;
	}
	switch (mechanism) {
	case MECHANISM_MASKS:
		return by_masks(work, reserved);
	case MECHANISM_OVERRIDES:
		return by_overrides(work, reserved);
	default:
		return by_the_better(work, reserved);
	}
}

static void find_present(struct work *work)
{
	const struct reservation *what = &work->wish->what;

	for (unsigned int adapter = 0; adapter < APQN_IDS; adapter++)
		work->present.domains[adapter] = work->observed->queues[adapter];
	reservation_expand(what, &work->present, &work->what);
}

/* With nothing reserved any more, the next reservation may choose its mechanism anew. */
static void forget_empty(struct host_policy *policy, const struct mask_choice *kept)
{
	if (!reservation_is_empty(&policy->reserved) || (policy->has_masks && !choice_is_empty(kept)))
		return;
	policy->has_reservation = policy->has_masks = false;
	policy->masks = (struct mask_choice){ 0 };
	policy->mechanism = MECHANISM_UNDECIDED;
}

int reserve_make(const struct observed *observed, const struct desired *desired,
		 const struct reserve_wish *wish, struct host_change *ret_host,
		 struct queue_set *collateral, struct problems *conflicts)
{
	CLEANUP_FREE struct work *work = calloc(1, sizeof(*work));
	int r;

	if (!work)
		return -ENOMEM;
	host_change_init(ret_host);
	work->observed = observed;
	work->desired = desired;
	work->wish = wish;
	work->host = ret_host;
	work->collateral = collateral;
	work->conflicts = conflicts;
	find_present(work);
	r = make(work);
	if (r == 0 && wish->release)
		forget_empty(&ret_host->policy, &ret_host->policy.masks);
	return r;
}

int reserve_restore(const struct observed *observed, const struct desired *desired,
		    struct host_change *ret_host, struct problems *conflicts)
{
	static const struct reserve_wish nothing_more;
	CLEANUP_FREE struct queue_set *collateral = calloc(1, sizeof(*collateral));
	int r = 0;

	if (!collateral)
		return -ENOMEM;
	host_change_init(ret_host);
	if (!desired->policy_bad && desired->policy.has_reservation && observed->host.ap_bus &&
	    desired->policy.mechanism != MECHANISM_OBSERVE)
		r = reserve_make(observed, desired, &nothing_more, ret_host, collateral, conflicts);
	/* The file stays as the administrator wrote it, unless something had to be chosen. */
	ret_host->write_policy &= ret_host->policy.mechanism != desired->policy.mechanism ||
				  ret_host->policy.has_masks != desired->policy.has_masks;
	ret_host->set_interrupts = !desired->policy_bad;
	ret_host->interrupts = desired->policy.interrupts;
	return r;
}
