/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/model/readiness.h"
#include "daemon/model/limits.h"
#include "daemon/plan/reserve-mechanism.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/model/ownership.h"

/* A queue that a device has is not given back. */
static int refuse_assigned(struct reserve_work *work)
{
	CLEANUP_FREE struct queue_set *set = malloc(sizeof(*set));

	if (!set)
		return -ENOMEM;
	for (size_t i = 0; i < work->observed->devices.count; i++) {
		const struct observed_device *device = observed_device_at(work->observed, i);
		CLEANUP_FREE char *name = desired_label(work->desired, &device->uuid);
		CLEANUP_FREE char *why = NULL;

		memset(set, 0, sizeof(*set));
		MATRIX_FOR_EACH_QUEUE(adapter, domain, &device->active)
			if (reservation_has(&work->wish->what, (struct apqn){ adapter, domain }))
				queue_set_add(set, (struct apqn){ adapter, domain });
		if (asprintf(&why, " cannot go back to the host while assigned to device %s. %s run: 'apqctl stop "
				   "%s'.",
			     name ? name : device->uuid.text,
			     device->in_use ? "End its guest, then" : "To stop the device,",
			     device->uuid.text) < 0)
			why = NULL;
		if (!why)
			return -ENOMEM;
		reserve_refuse_queues(work, PROBLEM_CONFLICT, &device->uuid, set, why);
	}
	return 0;
}

/* The queues of an adapter that there are, and those that come with its card. */
static struct mask domains_of(const struct reserve_work *work, unsigned int adapter)
{
	const struct observed_host *host = &work->observed->host;

	return host->configured_known ? mask_or(&work->present.domains[adapter],
						&host->configured.domains) :
					work->present.domains[adapter];
}

/* Likewise the adapters of a domain. */
static bool has_queue(const struct reserve_work *work, unsigned int adapter, unsigned int domain)
{
	const struct observed_host *host = &work->observed->host;

	return mask_test(&work->present.domains[adapter], domain) ||
	       (host->configured_known && mask_test(&host->configured.adapters, adapter));
}

/* A whole adapter or domain of which only a part is given back becomes single queues. */
static void split_whole(struct reserve_work *work, struct reservation *reserved)
{
	const struct reservation *what = &work->wish->what;
	struct mask touched = { 0 };

	for (unsigned int adapter = 0; adapter < APQN_IDS; adapter++) {
		struct mask domains = domains_of(work, adapter);

		touched = mask_or(&touched, &work->what.domains[adapter]);
		if (!mask_test(&reserved->adapters, adapter) || mask_test(&what->adapters, adapter) ||
		    (mask_is_empty(&work->what.domains[adapter]) && mask_is_empty(&what->domains)))
			continue;
		mask_clear(&reserved->adapters, adapter);
		reserved->queues.domains[adapter] =
			mask_or(&reserved->queues.domains[adapter], &domains);
	}
	for (unsigned int domain = 0; domain < APQN_IDS; domain++) {
		if (!mask_test(&reserved->domains, domain) || mask_test(&what->domains, domain) ||
		    (!mask_test(&touched, domain) && mask_is_empty(&what->adapters)))
			continue;
		mask_clear(&reserved->domains, domain);
		for (unsigned int adapter = 0; adapter < APQN_IDS; adapter++)
			if (has_queue(work, adapter, domain))
				mask_set(&reserved->queues.domains[adapter], domain);
	}
}

static void change_reservation(struct reserve_work *work, struct reservation *reserved)
{
	const struct reservation *what = &work->wish->what;

	if (work->wish->exact) {
		*reserved = *what;
	} else if (!work->wish->release) {
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

static enum ownership_mechanism find_mechanism(const struct reserve_work *work)
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

static bool is_allowed(struct reserve_work *work)
{
	const char *reason;

	if (!work->observed->host.ap_bus && !readiness_of_host(work->observed, &reason))
		problems_add(work->conflicts, PROBLEM_NOT_READY, NULL, NULL, "%s", reason);
	else if (work->desired->policy_bad)
		problems_add(work->conflicts, PROBLEM_BAD_POLICY, NULL, NULL,
			     "/etc/apqd/host.json cannot be used, so nothing is reserved or given back: "
			     "'apqctl status' shows the mistake.");
	else if (work->desired->policy.mechanism == MECHANISM_OBSERVE)
		problems_add(work->conflicts, PROBLEM_OTHER_MECHANISM, NULL, NULL,
			     "\"ownership\" in /etc/apqd/host.json is \"observe\", so apqd takes no queue from "
			     "the host and gives none back. To let apqd do that, run: "
			     "'apqctl policy --ownership %s'.",
			     ownership_kind(work->observed) == OWNERSHIP_MASKS ||
					     !work->observed->host.has_override ?
				     "masks" : "overrides");
	return work->conflicts->count == 0;
}

/* Ids that this machine cannot have, also those of single queues. */
static void check_maximum(struct reserve_work *work)
{
	const struct reservation *what = &work->wish->what;
	struct mask adapters = what->adapters, domains = what->domains;

	QUEUE_SET_FOR_EACH(adapter, domain, &what->queues) {
		mask_set(&adapters, adapter);
		mask_set(&domains, domain);
	}
	limits_check(work->observed, &adapters, &domains, &(struct mask){ 0 }, work->conflicts);
}

/*
 * Returns true if a release can concern anything: where nothing is reserved, what others have
 * taken.
 */
static bool has_anything(const struct reserve_work *work)
{
	const struct reservation *what = &work->wish->what;
	struct mask adapters = mask_and(&what->adapters, &work->now.adapters);
	struct mask domains = mask_and(&what->domains, &work->now.domains);

	if (work->desired->policy.has_reservation || !mask_is_empty(&adapters) ||
	    !mask_is_empty(&domains))
		return true;
	QUEUE_SET_FOR_EACH(adapter, domain, &work->what) {
		struct apqn apqn = { adapter, domain };

		if (!ownership_is_hosts(work->observed, apqn) ||
		    ownership_is_overridden(work->observed, apqn))
			return true;
	}
	return false;
}

static int make(struct reserve_work *work)
{
	struct host_policy *policy = &work->host->policy;
	enum ownership_mechanism mechanism;
	struct reservation *reserved = &policy->reserved;

	if (!is_allowed(work))
		return 0;
	if (!work->wish->release && !work->wish->import)
		check_maximum(work);
	if (work->conflicts->count)
		return 0;
	*policy = work->desired->policy;
	if (work->wish->release && !has_anything(work))
		return 0;
	if ((work->wish->import ||
	     (work->wish->exact && !work->desired->policy.has_reservation)) &&
	    reservation_is_empty(&work->wish->what))
		return 0;
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
		return reserve_by_masks(work, reserved);
	case MECHANISM_OVERRIDES:
		return reserve_by_overrides(work, reserved);
	default:
		return reserve_by_the_better(work, reserved);
	}
}

static void look(struct reserve_work *work)
{
	for (unsigned int adapter = 0; adapter < APQN_IDS; adapter++)
		work->present.domains[adapter] = work->observed->queues[adapter];
	reservation_expand(&work->wish->what, &work->present, &work->what);
	work->now.adapters = mask_complement(&work->observed->host.apmask);
	work->now.domains = mask_complement(&work->observed->host.aqmask);
}

/* With nothing reserved any more, the next reservation may choose its mechanism again. */
static void forget_empty(struct host_policy *policy, const struct mask_choice *kept)
{
	if (!policy->has_reservation || !reservation_is_empty(&policy->reserved) ||
	    !mask_is_empty(&kept->adapters) || !mask_is_empty(&kept->domains))
		return;
	policy->has_reservation = policy->has_masks = false;
	policy->masks = (struct mask_choice){ 0 };
	policy->mechanism = MECHANISM_UNDECIDED;
}

/* Returns true if the change takes a queue from the host that the host has now. */
static bool takes_any(const struct reserve_work *work)
{
	QUEUE_SET_FOR_EACH(adapter, domain, &work->present) {
		struct apqn apqn = { adapter, domain };

		if (ownership_is_hosts(work->observed, apqn) &&
		    !host_change_leaves_to_host(work->observed, work->host, apqn))
			return true;
	}
	return false;
}

/* Adds a problem if a queue would leave the host while its driver for guests is missing. */
static void check_driver(struct reserve_work *work)
{
	const char *reason;

	if (!work->wish->restore && !work->wish->release && work->conflicts->count == 0 &&
	    !readiness_of_host(work->observed, &reason) && takes_any(work))
		problems_add(work->conflicts, PROBLEM_NOT_READY, NULL, NULL, "%s", reason);
}

int reserve_make(const struct observed *observed, const struct desired *desired,
		 const struct reserve_wish *wish, struct host_change *ret_host,
		 struct queue_set *collateral, struct problems *conflicts)
{
	CLEANUP_FREE struct reserve_work *work = calloc(1, sizeof(*work));
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
	look(work);
	r = make(work);
	if (r == 0)
		check_driver(work);
	if (r == 0 && (wish->release || wish->exact))
		forget_empty(&ret_host->policy, &ret_host->policy.masks);
	return r;
}

static bool gives_bits(const struct observed *observed, const struct host_change *host)
{
	return !mask_is_subset(&host->apmask, &observed->host.apmask) ||
	       !mask_is_subset(&host->aqmask, &observed->host.aqmask);
}

/*
 * Only a queue shows if this kernel has driver_override.  And until one of the reserved single queues
 * exists, the other queues that the masks would take cannot be counted.
 */
static bool can_choose(const struct observed *observed, const struct host_policy *policy)
{
	const struct queue_set *single = &policy->reserved.queues;

	if (policy->mechanism != MECHANISM_UNDECIDED)
		return true;
	if (!observed->host.has_override || queue_set_is_empty(single))
		return observed_has_queues(observed);
	QUEUE_SET_FOR_EACH(adapter, domain, single)
		if (mask_test(&observed->queues[adapter], domain))
			return true;
	return false;
}

int reserve_restore(const struct observed *observed, const struct desired *desired,
		    struct host_change *ret_host, struct problems *conflicts)
{
	static const struct reserve_wish nothing_more = { .restore = true };
	CLEANUP_FREE struct queue_set *collateral = calloc(1, sizeof(*collateral));
	int r = 0;

	if (!collateral)
		return -ENOMEM;
	host_change_init(ret_host);
	if (!desired->policy_bad && desired->policy.has_reservation && observed->host.ap_bus &&
	    desired->policy.mechanism != MECHANISM_OBSERVE &&
	    can_choose(observed, &desired->policy))
		r = reserve_make(observed, desired, &nothing_more, ret_host, collateral, conflicts);
	/* Masks that keep the kernel from taking overrides are somebody else's (PROBLEM_OTHER_MECHANISM). */
	if (ret_host->ownership && gives_bits(observed, ret_host))
		host_change_init(ret_host);
	/*
	 * The file stays as the administrator wrote it, unless something had to be chosen: bits that it does
	 * not have would pass for another program's, and never be given back.
	 */
	ret_host->write_policy &= ret_host->policy.mechanism != desired->policy.mechanism ||
				  ret_host->policy.has_masks != desired->policy.has_masks ||
				  !mask_choice_is_subset(&ret_host->policy.masks, &desired->policy.masks);
	ret_host->set_interrupts = !desired->policy_bad;
	ret_host->interrupts = desired->policy.interrupts;
	return r;
}

const char *reserve_option(const struct observed *observed, const struct desired *desired)
{
	enum ownership_kind kind = ownership_kind(observed);
	bool can_override = observed->host.has_override && kind != OWNERSHIP_MASKS;

	if (desired->policy_bad || desired->policy.mechanism == MECHANISM_OBSERVE)
		return NULL;
	if (desired->policy.mechanism == MECHANISM_OVERRIDES && !can_override)
		return " --masks";
	if (desired->policy.mechanism == MECHANISM_MASKS && kind == OWNERSHIP_OVERRIDES)
		return " --overrides";
	return "";
}
