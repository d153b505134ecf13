/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host policy, carried out when nobody asks: when apqd starts (before any device), when the AP
 * bus or kvm appears, and for a queue that comes back without its driver_override.  What another
 * program takes back meanwhile is told as a problem, and taken again only with "enforce".
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "daemon/log.h"
#include "daemon/engine/manager-internal.h"
#include "daemon/model/ownership.h"
#include "daemon/plan/reserve.h"

/* After the n-th failure in a row the next attempt waits 2^(n-1) seconds, at most this many. */
#define BACKOFF_MAX 64u
#define SECOND 1000000u

/* Queues that are there now and were not when last looked: reserved ones are to be handed over again. */
static void look_at_queues(struct manager *manager)
{
	const struct observed *observed = &manager->observed;
	const struct host_policy *policy = &manager->desired.policy;
	struct host_note *note = &manager->host;

	for (unsigned int adapter = 0; adapter < APQN_IDS; adapter++) {
		struct mask new = mask_minus(&observed->queues[adapter], &note->seen.domains[adapter]);

		note->seen.domains[adapter] = observed->queues[adapter];
		MASK_FOR_EACH(domain, &new) {
			struct apqn apqn = { adapter, domain };

			if (policy->mechanism == MECHANISM_OVERRIDES &&
			    reservation_has(&policy->reserved, apqn) &&
			    ownership_is_hosts(observed, apqn))
				queue_set_add(&note->returned, apqn);
		}
	}
}

/* What was lost count of before apqd started shows only so; where apqd does not manage, it does not ask. */
static void probe_leak(struct manager *manager)
{
	const struct host_policy *policy = &manager->desired.policy;
	struct observed_host host = manager->observed.host;

	if (!host.has_override || !policy->has_reservation ||
	    policy->mechanism == MECHANISM_OBSERVE ||
	    ownership_kind(&manager->observed) != OWNERSHIP_DEFAULT ||
	    !apply_finds_leak(manager->kernel))
		return;
	host.override_leaked = true;
	observed_put_host(&manager->observed, &host);
}

/* The mechanism for what is reserved has not been chosen yet. */
static bool is_undecided(const struct host_policy *policy)
{
	return policy->has_reservation && policy->mechanism == MECHANISM_UNDECIDED;
}

/* The kernel shows it only while nothing is overridden, so a daemon that starts later must be told. */
static void keep_leak(struct manager *manager)
{
	struct host_note *note = &manager->host;
	int r;

	if (!manager->observed.host.override_leaked || note->leak_kept)
		return;
	note->leak_kept = true;
	r = store_keep_leak(manager->store);
	if (r < 0)
		log_warning("Could not keep until the next boot that the kernel lost count of overrides: %s.",
			    strerror(-r));
}

static void notice(struct manager *manager)
{
	const struct observed_host *host = &manager->observed.host;
	struct host_note *note = &manager->host;

	note->due |= host->ap_bus && !note->had_bus;
	note->due |= host->gisa >= 0 && !note->had_kvm;
	note->due |= host->passthrough && !note->had_passthrough;
	/* What could not be, or could not be chosen yet, may be possible by what has changed. */
	note->again |= note->changed && (note->failure || is_undecided(&manager->desired.policy));
	keep_leak(manager);
	note->had_bus = host->ap_bus;
	note->had_passthrough = host->passthrough;
	note->had_kvm = host->gisa >= 0;
	if (note->changed)
		look_at_queues(manager);
	note->drifted = manager->desired.policy.enforce && (note->drifted || note->changed);
	note->changed = false;
}

void reconcile_host_start(struct manager *manager)
{
	struct observed_host host = manager->observed.host;

	manager->host.due = manager->host.changed = true;
	manager->host.leak_kept = host.override_leaked = store_knows_leak(manager->store);
	if (host.override_leaked)
		observed_put_host(&manager->observed, &host);
	notice(manager);
	/* All that is reserved is due now. */
	memset(&manager->host.returned, 0, sizeof(manager->host.returned));
	probe_leak(manager);
}

int reconcile_host_renew(struct manager *manager, struct host_change *host,
			 struct problems *conflicts)
{
	const struct host_note *note = &manager->host;
	int r = reserve_restore(&manager->observed, &manager->desired, host, conflicts);

	if (r < 0 || note->due || note->drifted)
		return r;
	host->set_interrupts = false;
	if (note->again)
		return 0;
	/* Only what came back: somebody may have given the others to the host on purpose. */
	for (unsigned int adapter = 0; adapter < APQN_IDS; adapter++)
		host->take.domains[adapter] = mask_and(&host->take.domains[adapter],
						       &note->returned.domains[adapter]);
	host->write_policy = false;
	return 0;
}

void reconcile_host_keep(struct manager *manager, const struct host_policy *policy)
{
	manager->host.kept = *policy;
}

void reconcile_host_complete(struct manager *manager)
{
	const struct host_policy *kept = &manager->host.kept;
	struct host_policy *policy = &manager->desired.policy;

	/* Of another reservation, or where the file has a say now, it is not what was chosen. */
	if (policy->has_masks || !policy->has_reservation || !kept->has_reservation ||
	    !reservation_equal(&policy->reserved, &kept->reserved) ||
	    (policy->mechanism != MECHANISM_UNDECIDED && policy->mechanism != kept->mechanism))
		return;
	policy->mechanism = kept->mechanism;
	policy->has_masks = kept->has_masks;
	policy->masks = kept->masks;
}

static void settle(struct host_note *note)
{
	note->due = note->again = note->drifted = false;
	memset(&note->returned, 0, sizeof(note->returned));
	note->attempts = 0;
}

/* Why the policy cannot be carried out, told once; NULL where it can. */
static void set_failure(struct host_note *note, const char *failure)
{
	bool is_new = failure && (!note->failure || strcmp(failure, note->failure) != 0);

	if (is_new)
		log_fields(LOG_WARNING, &(struct log_fields){ .id = MESSAGE_POLICY_FAILED },
			   "The host policy cannot be carried out: %s", failure);
	free(note->failure);
	note->failure = failure ? strdup(failure) : NULL;
}

static void try_host(struct manager *manager)
{
	CLEANUP_PROBLEMS struct problems conflicts = { 0 };
	CLEANUP_FREE struct change *change = calloc(1, sizeof(*change));	/* of no device */
	CLEANUP_PLAN struct plan plan = { 0 };
	struct job *job;

	if (!change || reconcile_host_renew(manager, &change->host, &conflicts) < 0)
		return;
	if (conflicts.count) {
		/* Only another event can help. */
		settle(&manager->host);
		set_failure(&manager->host, conflicts.items[0].message);
		return;
	}
	set_failure(&manager->host, NULL);
	plan_make(&manager->observed, &manager->desired, change, &plan);
	if (plan.count == 0 && plan.conflicts.count == 0) {
		settle(&manager->host);
		return;
	}
	job = reconcile_new_job(manager, JOB_AUTOMATIC);
	if (!job)
		return;
	job->pending.change = *change;
	manager->host.queued = true;
	job_submit(job);
}

bool reconcile_host(struct manager *manager)
{
	struct host_note *note = &manager->host;

	notice(manager);
	if (note->queued)
		return true;
	if (!note->due && !note->again && !note->drifted && queue_set_is_empty(&note->returned))
		return false;
	if (note->not_before > manager_now(manager)) {
		reconcile_at(manager, note->not_before);
		/* After a success it is only a moment. */
		return note->attempts == 0;
	}
	try_host(manager);
	return note->queued;
}

void reconcile_host_ended(struct job *job)
{
	struct manager *manager = job->manager;
	struct host_note *note = &manager->host;
	const struct error *error = &job->outcome.error;
	unsigned int seconds = note->attempts < 6 ? 1u << note->attempts : BACKOFF_MAX;

	note->queued = false;
	if (job->kind != JOB_AUTOMATIC)
		return;
	if (error->code == ERROR_NONE) {
		if (job->outcome.changed)
			log_notice("The host is as the host policy wants it.");
		/* With "enforce" another program that undoes it must not be fought without a pause. */
		if (note->drifted && !note->due)
			note->not_before = manager_now(manager) + SECOND;
		settle(note);
	} else {
		CLEANUP_FREE char *text = error_describe(error->code, NULL, error->parameters);

		log_fields(LOG_WARNING, &(struct log_fields){ .id = MESSAGE_POLICY_FAILED },
			   "The host policy could not be carried out: %s",
			   text ? text : "There is not enough memory.");
		note->attempts++;
		note->not_before = manager_now(manager) + (uint64_t)seconds * SECOND;
		reconcile_at(manager, note->not_before);
	}
}
