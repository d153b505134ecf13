/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One change from request to plan: wait for its turn, take the lock, look again, plan, and have
 * carry.c carry it out.  One at a time; only the removal of a device that a VMM holds waits
 * aside, without the lock.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/cleanup.h"
#include "daemon/model/readiness.h"
#include "daemon/engine/job-internal.h"
#include "daemon/log.h"
#include "daemon/report/describe.h"
#include "daemon/report/diagnose.h"
#include "daemon/model/host-modes.h"
#include "daemon/report/refusal.h"
#include "daemon/plan/reserve.h"
#include "daemon/model/resolve.h"

/* How often a held lock is tried again, and for how long, in microseconds. */
#define LOCK_STEP 30000u
#define LOCK_WAIT 10000000u

/*
 * A change is planned only by fresh facts: a failed reading is repeated so often, after this pause in
 * microseconds each, and then the change is refused.
 */
#define READ_AGAIN 10u
#define READ_PAUSE 50000u

static void free_job(struct job *job)
{
	error_done(&job->outcome.error);
	plan_done(&job->outcome.plan);
	change_done(&job->pending.change);
	store_batch_free(job->batch);
	json_object_put(job->outcome.before);
	json_object_put(job->outcome.after);
	if (job->request.state)
		state_done(job->request.state);
	free(job->request.state);
	free(job);
}

static bool is_recovery(const struct job *job)
{
	return job->kind == JOB_RECOVERY || job->kind == JOB_RECOVERY_UNDO;
}

static void remove_from(struct job **list, const struct job *job)
{
	while (*list && *list != job)
		list = &(*list)->next;
	if (*list)
		*list = job->next;
}

void job_let_lock_go(struct job *job)
{
	if (job->has_lock)
		lock_release(job->manager->lock);
	job->has_lock = false;
}

uint64_t job_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* A dry run is a call, and no change. */
static void count_change(const struct job *job)
{
	unsigned int operation = is_recovery(job)		? METRICS_RECOVERY :
				 job->kind == JOB_AUTOMATIC ? METRICS_AUTOMATIC :
							      job->request.operation;

	if (!job->request.dry_run)
		metrics_count_change(&job->manager->metrics, operation,
				     job->outcome.error.code != ERROR_NONE ? METRICS_REFUSED :
				     job->outcome.changed		     ? METRICS_DONE :
									       METRICS_UNCHANGED);
}

void job_end_work(struct job *job)
{
	const struct change *change = &job->pending.change;

	if (!job->under_way.listed)
		return;
	under_way_end(&job->manager->desired, &job->under_way);
	for (size_t i = 0; i < change->count; i++) {
		const struct uuid *uuid = &change->devices[i].uuid;

		if (observed_find_device(&job->manager->observed, uuid))
			reconcile_device_seen(job->manager, uuid);
		refresh_tell_device(job->manager, uuid);
	}
}

void job_end(struct job *job)
{
	struct manager *manager = job->manager;

	job_end_work(job);
	if (job == manager->current)
		manager->current = NULL;
	else
		remove_from(&manager->detached, job);
	job_let_lock_go(job);
	count_change(job);
	if (job->done)
		job->done(job->userdata, &job->outcome);
	if (job->kind != JOB_CLIENT)
		reconcile_job_ended(job);
	free_job(job);
	job_wake_next(manager);
	/* What was marked meanwhile is read now, and then looked at for what follows from it. */
	sd_event_source_set_enabled(manager->refresh, SD_EVENT_ONESHOT);
}

void job_fail(struct job *job, int r)
{
	if (r != -ECANCELED)
		refusal_describe_store("carry out the change", -r, NULL, REFUSAL_UNCHANGED, &job->outcome.error);
	job->outcome.changed = false;
	if (job->outcome.uuid.text[0])
		error_set_subject(&job->outcome.error, job->outcome.uuid.text, job->outcome.name);
	job_end(job);
}

void job_log_stuck(const struct job *job, const char *what)
{
	const struct device_change *single = change_single(&job->pending.change);
	const struct error *error = &job->outcome.error;
	CLEANUP_FREE char *text = error_describe(error->code, NULL, error->parameters);

	log_fields(LOG_ERR,
		   &(struct log_fields){ .id = MESSAGE_NOT_UNDONE,
					 .device = single ? &single->uuid : NULL },
		   "%s: %s", what, text ? text : "There is not enough memory.");
}

void job_fail_store(struct job *job, const char *operation, int r)
{
	job_fail(job, refusal_describe_store(operation, -r, NULL, REFUSAL_UNCHANGED, &job->outcome.error));
}

static bool is_detached(const struct manager *manager, const struct uuid *uuid)
{
	for (const struct job *job = manager->detached; job; job = job->next)
		if (change_find(&job->pending.change, uuid))
			return true;
	return false;
}

/* A device of the change whose removal is still under way, or NULL. */
static const struct device_change *find_detached(const struct job *job)
{
	const struct change *change = &job->pending.change;

	for (size_t i = 0; i < change->count; i++)
		if (is_detached(job->manager, &change->devices[i].uuid))
			return &change->devices[i];
	return NULL;
}

static int refuse_interrupts(struct job *job)
{
	const struct plan *plan = &job->outcome.plan;
	struct error *error = &job->outcome.error;
	int r = error_set_reason(error, ERROR_INTERRUPTS_UNAVAILABLE, "%s", plan->no_forwarding);

	error_set_subject(error, plan->requires.text,
			  desired_name(&job->manager->desired, &plan->requires));
	return r;
}

/* What the planned steps need of the host; 0, or the error is set. */
static int check_ready(struct job *job)
{
	const struct observed *observed = &job->manager->observed;
	const struct plan *plan = &job->outcome.plan;
	const char *reason;
	bool of_device = false;

	for (size_t i = 0; i < plan->count; i++)
		of_device |= plan->steps[i].kind == STEP_WRITE &&
			     plan->steps[i].write.attribute >= ATTRIBUTE_CREATE;
	if (of_device && !readiness_of_host(observed, &reason))
		return error_set_reason(&job->outcome.error, ERROR_UNSUPPORTED, "%s", reason);
	if (plan->no_forwarding)
		return refuse_interrupts(job);
	return 0;
}

/* How many definitions the change adds; 0 where it also takes as many away. */
static size_t count_new(const struct manager *manager, const struct change *change)
{
	size_t more = 0, less = 0;

	for (size_t i = 0; i < change->count; i++) {
		const struct device_change *of = &change->devices[i];
		bool is_there = desired_find(&manager->desired, &of->uuid) != NULL;

		more += of->definition_action == DEFINITION_WRITE && !is_there;
		less += of->definition_action == DEFINITION_REMOVE && is_there;
	}
	return more > less ? more - less : 0;
}

/* 0 when the plan may be carried out, else the error is set. */
static int check_plan(struct job *job)
{
	struct manager *manager = job->manager;
	const struct plan *plan = &job->outcome.plan;
	const struct change *change = &job->pending.change;
	const struct device_change *detached = find_detached(job);
	const struct uuid *user = plan->in_use ? &plan->user : NULL;
	int r;

	if (plan->no_memory)
		return -ENOMEM;
	r = check_ready(job);
	if (r < 0)
		return r;
	if (plan->conflicts.count)
		return error_set_conflict(&job->outcome.error, describe_problems(&plan->conflicts));
	/* What is being stopped is still the guest's: to say that nothing has to be done would mislead. */
	if (!user && detached && (plan->count > 0 || detached->live))
		user = &detached->uuid;
	if (user)
		return error_set_in_use(&job->outcome.error, user->text,
					desired_name(&manager->desired, user),
					describe_users(observed_find_device(&manager->observed, user)));
	if (manager->desired.definitions.count + count_new(manager, change) +
		    under_way_count_new(&manager->desired, change) > DESIRED_DEFINITIONS_MAX)
		return error_set_limit(&job->outcome.error, "definitions", DESIRED_DEFINITIONS_MAX);
	return 0;
}

/* What there is before the change, so that it can be undone; a recovery knows it from its record. */
static void note_before(struct job *job)
{
	struct manager *manager = job->manager;
	struct change *change = &job->pending.change;

	if (is_recovery(job))
		return;
	change_note_before(change, &manager->observed, &manager->desired);
	host_change_invert(&manager->observed, &manager->desired, &change->host,
			   &job->pending.was_host);
}

/* Whom a request is about, so that a refusal names the device too; empty where that cannot be told. */
static void note_subject(struct job *job)
{
	struct manager *manager = job->manager;
	const struct device_change *single = change_single(&job->pending.change);
	struct uuid uuid = { .text = "" };

	if (single)
		uuid = single->uuid;
	else if (job->kind == JOB_CLIENT && job->request.device[0] &&
		 resolve_device(&manager->observed, &manager->desired, job->request.device, &uuid) < 0)
		uuid.text[0] = '\0';
	job->outcome.uuid = uuid;
	/* By the end of the change an old name may be gone. */
	snprintf(job->outcome.name, sizeof(job->outcome.name), "%s",
		 uuid.text[0] ? desired_name(&manager->desired, &uuid) : "");
}

/*
 * Finds the queues that the change takes from the host and gives to it, and refuses to take the
 * last of a mode without force.  A restoration at start is not checked again: the first request
 * was.
 */
static int check_cost(struct job *job, struct problems *conflicts)
{
	const struct observed *observed = &job->manager->observed;
	const struct host_change *host = &job->pending.change.host;

	host_modes_find_taken(observed, host, &job->outcome.taken);
	host_modes_find_given(observed, host, &job->outcome.given);
	return job->request.force ? 0 : host_modes_check(observed, host, conflicts);
}

static int make_change(struct job *job)
{
	struct manager *manager = job->manager;
	struct change *change = &job->pending.change;
	CLEANUP_PROBLEMS struct problems conflicts = { 0 };
	uint64_t begin;
	int r = 0;

	job->plan_time = 0;
	memset(&job->outcome.collateral, 0, sizeof(job->outcome.collateral));
	memset(&job->outcome.taken, 0, sizeof(job->outcome.taken));
	memset(&job->outcome.given, 0, sizeof(job->outcome.given));
	if (job->kind == JOB_CLIENT) {
		/* A second look replaces what the first came to. */
		change_done(change);
		note_subject(job);
		r = request_to_change(&manager->observed, &manager->desired, &job->request,
				      &job->new_uuid, change, &job->outcome.collateral, &conflicts,
				      &job->outcome.error);
		if (r == 0 && conflicts.count == 0)
			r = check_cost(job, &conflicts);
	}
	if (job->kind == JOB_AUTOMATIC)
		r = reconcile_renew(manager, change, &conflicts);
	if (is_recovery(job))
		host_change_rebase(&manager->observed, &manager->desired, &job->pending.was_host,
				   &change->host);
	if (r < 0)
		return r;
	if (conflicts.incomplete)
		return -ENOMEM;
	note_subject(job);
	if (conflicts.count)
		return error_set_conflict(&job->outcome.error, describe_problems(&conflicts));
	note_before(job);
	r = job_note_states(job);
	if (r < 0)
		return r;
	plan_done(&job->outcome.plan);
	begin = job_clock();
	plan_make(&manager->observed, &manager->desired, change, &job->outcome.plan);
	job->plan_time = job_clock() - begin;
	return check_plan(job);
}

/* Whether there is anything that the change is about. */
static bool is_to_be_read_again(const struct job *job)
{
	return change_has_device(&job->pending.change) || job->kind != JOB_CLIENT ||
	       operation_is_of_host(job->request.operation) ||
	       job->request.operation == OPERATION_APPLY;
}

static int on_read_timer(sd_event_source *source, uint64_t now, void *userdata)
{
	(void)source;
	(void)now;
	job_plan(userdata);
	return 0;
}

/* Calls on_time with the job after a pause in microseconds.  Returns 0 or a negative errno. */
static int wait_for(struct job *job, uint64_t pause, sd_event_time_handler_t on_time)
{
	struct manager *manager = job->manager;

	manager->lock_timer = sd_event_source_disable_unref(manager->lock_timer);
	return sd_event_add_time_relative(manager->loop, &manager->lock_timer, CLOCK_MONOTONIC, pause, 1000,
					  on_time, job);
}

/* With the lock (or for a dry run without): look again, and plan. */
void job_plan(struct job *job)
{
	struct manager *manager = job->manager;
	int r;

	/* What is not known yet could not be marked as what the change is about. */
	if (job->request.operation == OPERATION_IMPORT)
		refresh_policy(manager);
	/* The first look only finds out what is meant, so that it can be read again. */
	r = make_change(job);
	if (!job->request.dry_run && is_to_be_read_again(job)) {
		error_done(&job->outcome.error);
		r = refresh_for_change(manager, &job->pending.change);
		if (r < 0 && job->readings++ < READ_AGAIN && wait_for(job, READ_PAUSE, on_read_timer) >= 0)
			return;
		r = r < 0 ? refusal_describe_store("read what there is", -r, NULL, REFUSAL_UNCHANGED,
						   &job->outcome.error) :
			    make_change(job);
	}
	job->attempts++;
	if (job->plan_time > 0)
		durations_add(&manager->metrics.plan, job->plan_time);
	if (r < 0) {
		/* What cannot be finished is undone, and until then its record stays. */
		if (is_recovery(job) && !reconcile_is_undone(job))
			carry_forget_record(job);
		job_fail(job, r);
		return;
	}
	job->outcome.changed = job->outcome.plan.count > 0;
	if (job->request.dry_run)
		job_end(job);
	else if (!job->outcome.changed)
		carry_finish(job);
	else
		carry_out(job);
}

static int on_lock_timer(sd_event_source *source, uint64_t now, void *userdata);

/* What was cut off is not given up because of a lock: it tries again behind all others. */
static void give_way(struct job *job)
{
	if (!job->gave_way)
		log_warning("Recovery of an interrupted change is waiting for the AP configuration lock.");
	job->gave_way = true;
	job->manager->current = NULL;
	job_submit(job);
	/* The first reconciliation is over without it. */
	sd_event_source_set_enabled(job->manager->refresh, SD_EVENT_ONESHOT);
}

static void try_lock(struct job *job)
{
	struct manager *manager = job->manager;
	struct lock_holder holder;
	int r = lock_try(manager->lock, &holder);

	if (r == 0) {
		job->has_lock = true;
		job_plan(job);
		return;
	}
	if (r == -EBUSY && manager_now(manager) < job->lock_deadline) {
		r = wait_for(job, LOCK_STEP, on_lock_timer);
		if (r >= 0)
			return;
	} else if (r == -EBUSY && is_recovery(job)) {
		give_way(job);
		return;
	} else if (r == -EBUSY) {
		r = error_set_locked(&job->outcome.error, holder.pid,
				     holder.command[0] ? holder.command : NULL);
		job_fail(job, r);
		return;
	}
	job_fail_store(job, "take the AP configuration lock", r);
}

static int on_lock_timer(sd_event_source *source, uint64_t now, void *userdata)
{
	(void)source;
	(void)now;
	try_lock(userdata);
	return 0;
}

/* Begins the next change of the queue, unless one is at work. */
static void take_next(struct manager *manager)
{
	struct job *job = manager->queue;

	if (manager->current || !job)
		return;
	manager->queue = job->next;
	job->next = NULL;
	manager->current = job;
	job->lock_deadline = manager_now(manager) + LOCK_WAIT;
	try_lock(job);
}

static int on_next(sd_event_source *source, void *userdata)
{
	(void)source;
	take_next(userdata);
	return 0;
}

int jobs_start(struct manager *manager)
{
	int r = sd_event_add_defer(manager->loop, &manager->next, on_next, manager);

	return r < 0 ? r : sd_event_source_set_enabled(manager->next, SD_EVENT_OFF);
}

void job_wake_next(struct manager *manager)
{
	sd_event_source_set_enabled(manager->next, SD_EVENT_ONESHOT);
}

void job_submit(struct job *job)
{
	struct job **end = &job->manager->queue;

	/* A dry run changes nothing, so it neither keeps anybody waiting nor waits for a lock. */
	if (job->request.dry_run) {
		job_plan(job);
		return;
	}
	while (*end)
		end = &(*end)->next;
	*end = job;
	take_next(job->manager);
}

void jobs_done(struct manager *manager)
{
	struct job *lists[] = { manager->queue, manager->current, manager->detached };

	sd_event_source_disable_unref(manager->next);
	sd_event_source_disable_unref(manager->lock_timer);
	sd_event_source_disable_unref(manager->patience_timer);
	sd_event_source_disable_unref(manager->retry_timer);
	/* What is at work in the kernel reports to nobody any more; its record stays for the next start. */
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		while (lists[i]) {
			struct job *next = lists[i]->next;

			free_job(lists[i]);
			lists[i] = next;
		}
	}
	manager->queue = manager->current = manager->detached = NULL;
}
