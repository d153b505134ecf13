/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One change from request to read-back: take the lock, look again, plan, write down what is
 * about to happen, write to the kernel, then to the disk.  One at a time; only the removal of a
 * device that a VMM holds waits aside, without the lock.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "daemon/log.h"
#include "daemon/manager-internal.h"
#include "daemon/model/describe.h"
#include "daemon/model/diagnose.h"
#include "daemon/model/refusal.h"

/* How often a held lock is tried again, and for how long, in microseconds. */
#define LOCK_STEP 30000u
#define LOCK_WAIT 10000000u

/* A write to the kernel that takes longer than this no longer keeps other devices waiting. */
#define PATIENCE 2000000u

/* A change that finds the device made or gone by another program meanwhile is planned anew. */
#define ATTEMPTS_MAX 3u

static void take_next(struct manager *manager);
static void plan_job(struct job *job);
static void start_patience(struct job *job);
static void end_patience(struct job *job);

static void free_job(struct job *job)
{
	error_done(&job->outcome.error);
	plan_done(&job->outcome.plan);
	free(job);
}

static void remove_from(struct job **list, const struct job *job)
{
	while (*list && *list != job)
		list = &(*list)->next;
	if (*list)
		*list = job->next;
}

static void let_lock_go(struct job *job)
{
	if (job->has_lock)
		lock_release(job->manager->lock);
	job->has_lock = false;
}

/* The end of every job, good or bad. */
static void end_job(struct job *job)
{
	struct manager *manager = job->manager;

	if (job == manager->current) {
		manager->current = NULL;
	} else {
		remove_from(&manager->detached, job);
	}
	let_lock_go(job);
	if (job->done)
		job->done(job->userdata, &job->outcome);
	if (job->kind != JOB_CLIENT)
		reconcile_job_ended(job);
	free_job(job);
	take_next(manager);
	/* What was marked meanwhile is read now, and then looked at for what follows from it. */
	sd_event_source_set_enabled(manager->refresh, SD_EVENT_ONESHOT);
}

/* Ends the job with the error that a callee has set, or with one of memory where it could not. */
static void fail_job(struct job *job, int r)
{
	if (r != -ECANCELED)
		refusal_describe_store("carry out the change", -r, REFUSAL_UNCHANGED, &job->outcome.error);
	job->outcome.changed = false;
	end_job(job);
}

static void fail_store(struct job *job, const char *operation, int r)
{
	fail_job(job, refusal_describe_store(operation, -r, REFUSAL_UNCHANGED, &job->outcome.error));
}

static void update_note(struct job *job)
{
	struct manager *manager = job->manager;
	const struct change *change = &job->pending.change;
	struct device_note *note = desired_note(&manager->desired, &change->uuid);
	/* Only a client stops a device, so a stop that is finished for a killed daemon was a client's. */
	bool by_client = job->kind == JOB_CLIENT || (job->kind == JOB_RECOVERY && !change->started);

	if (!note)
		return;
	if (change->live && change->started) {
		note->stopped = STOPPED_BY_NOBODY;
		note->settled = true;
	}
	if (change->live && !change->started) {
		note->settled = note->stopping = false;
		if (by_client)
			note->stopped = STOPPED_BY_CLIENT;
	}
	if (change->live && by_client) {
		note->waiting = false;
		note->attempts = 0;
		device_note_set_failure(note, NULL);
	}
	if (change->definition_action == DEFINITION_REMOVE)
		note->stopped = STOPPED_BY_NOBODY;
	manager_keep_note(manager, note);
}

/* The change is over, well or not: the next start has nothing to finish. */
static void forget_record(struct job *job)
{
	int r = job->recorded ?
			store_remove_pending(job->manager->store, &job->pending.change.uuid) :
			0;

	job->recorded = false;
	if (r < 0)
		log_message(LOG_WARNING, &job->pending.change.uuid,
			    "Could not remove the record of a change that is over: %s.", strerror(-r));
}

static void finish_job(struct job *job)
{
	forget_record(job);
	update_note(job);
	refresh_tell_device(job->manager, &job->pending.change.uuid);
	end_job(job);
}

static void on_applied(void *userdata, const struct apply_result *result);

static void end_roll_back(struct job *job, bool undone)
{
	struct json_object *error = NULL;
	int errnum = 0;

	if (json_object_object_get_ex(job->outcome.error.parameters, "errno", &error))
		errnum = json_object_get_int(error);
	if (!undone)
		refusal_describe_store("write the definition", errnum, REFUSAL_STUCK, &job->outcome.error);
	forget_record(job);
	fail_job(job, -ECANCELED);
}

/* The kernel has what was asked for and the disk refuses: back to what the kernel had. */
static void roll_back(struct job *job, int error)
{
	struct manager *manager = job->manager;
	struct change back = {
		.uuid = job->pending.change.uuid,
		.live = job->pending.change.live,
		.started = job->pending.was_started,
		.active = job->pending.was_active,
		.force = true,
	};
	CLEANUP_PLAN struct plan plan = { 0 };
	int r;

	refresh_for_change(manager, &back.uuid);
	refusal_describe_store("write the definition", -error, REFUSAL_UNCHANGED, &job->outcome.error);
	plan_make(&manager->observed, &manager->desired, &back, &plan);
	job->rolling_back = true;
	if (plan.count == 0 || plan.no_memory) {
		end_roll_back(job, !plan.no_memory);
		return;
	}
	r = apply_start(manager->worker, manager->kernel, &plan, back.started, &back.active, on_applied,
			job);
	if (r < 0)
		end_roll_back(job, false);
	else if (job == manager->current)
		start_patience(job);
}

static void write_definition(struct job *job)
{
	struct manager *manager = job->manager;
	const struct change *change = &job->pending.change;
	int r = 0;

	for (size_t i = 0; r == 0 && i < job->outcome.plan.count; i++) {
		if (job->outcome.plan.steps[i].kind == STEP_WRITE_DEFINITION)
			r = store_write_definition(manager->store, &change->definition);
		else if (job->outcome.plan.steps[i].kind == STEP_REMOVE_DEFINITION)
			r = store_remove_definition(manager->store, &change->uuid);
	}
	if (r < 0) {
		roll_back(job, r);
		return;
	}
	/* The kernel's side and the disk's in one reading: seen apart, they would look like drift. */
	refresh_for_change(manager, &change->uuid);
	finish_job(job);
}

/* What the kernel refused, in words; where the reason can be found now, it is told as a conflict. */
static int explain_refusal(struct job *job, const struct apply_result *result)
{
	struct manager *manager = job->manager;
	const struct change *change = &job->pending.change;
	CLEANUP_PLAN struct plan plan = { 0 };
	struct json_object *problems;

	refresh_everything(manager);
	if (!result->differs && result->undo_error == 0) {
		plan_make(&manager->observed, &manager->desired, change, &plan);
		problems = plan.conflicts.count ? describe_problems(&plan.conflicts) : NULL;
		if (problems)
			return error_set_conflict(&job->outcome.error, problems);
	}
	if (result->differs)
		return refusal_describe_overtaken(&job->outcome.error);
	return refusal_describe(&result->failed, -result->error,
				result->undo_error ? &result->undo_failed : NULL, -result->undo_error,
				&job->outcome.error);
}

static bool is_to_be_planned_anew(const struct job *job, const struct apply_result *result)
{
	bool overtaken = (result->error == -EEXIST && result->failed.attribute == ATTRIBUTE_CREATE) ||
			 (result->error == -ENOENT);

	return overtaken && result->undo_error == 0 && job->attempts < ATTEMPTS_MAX &&
	       job == job->manager->current;
}

static void on_applied(void *userdata, const struct apply_result *result)
{
	struct job *job = userdata;
	struct manager *manager = job->manager;
	struct device_note *note = desired_note(&manager->desired, &job->pending.change.uuid);

	end_patience(job);
	if (note)
		note->stopping = false;
	if (result->error == 0 && !result->differs && !job->rolling_back) {
		write_definition(job);
		return;
	}
	refresh_for_change(manager, &job->pending.change.uuid);
	if (job->rolling_back) {
		end_roll_back(job, result->error == 0 && !result->differs);
	} else if (is_to_be_planned_anew(job, result)) {
		plan_job(job);
	} else {
		int r = explain_refusal(job, result);

		forget_record(job);
		fail_job(job, r);
	}
}

/* A job that waits for a VMM, or for queues that do not come to rest, lets the others pass. */
static void detach(struct job *job)
{
	struct manager *manager = job->manager;
	struct device_note *note = desired_note(&manager->desired, &job->pending.change.uuid);

	if (job->pending.change.live && !job->pending.change.started) {
		/* A guest may run for months: the peers must not wait for it. */
		let_lock_go(job);
		if (note) {
			note->stopping = true;
			device_note_set_failure(note, NULL);
		}
	}
	manager->applying = false;
	manager->current = NULL;
	job->next = manager->detached;
	manager->detached = job;
	refresh_tell_device(manager, &job->pending.change.uuid);
	refresh_now(manager);
	take_next(manager);
}

static int on_patience_end(sd_event_source *source, uint64_t now, void *userdata)
{
	struct job *job = userdata;

	(void)source;
	(void)now;
	if (job == job->manager->current && job->manager->applying)
		detach(job);
	return 0;
}

static void start_patience(struct job *job)
{
	struct manager *manager = job->manager;

	manager->applying = true;
	sd_event_source_disable_unref(manager->patience_timer);
	manager->patience_timer = NULL;
	if (sd_event_add_time_relative(manager->loop, &manager->patience_timer, CLOCK_MONOTONIC, PATIENCE,
				       10000, on_patience_end, job) < 0)
		log_warning("Without memory for a timer, a slow change keeps the others waiting.");
}

static void end_patience(struct job *job)
{
	struct manager *manager = job->manager;

	if (job != manager->current)
		return;
	manager->applying = false;
	manager->patience_timer = sd_event_source_disable_unref(manager->patience_timer);
}

static bool is_detached(const struct manager *manager, const struct uuid *uuid)
{
	for (const struct job *job = manager->detached; job; job = job->next)
		if (uuid_equal(&job->pending.change.uuid, uuid))
			return true;
	return false;
}

static bool has_writes(const struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->steps[i].kind == STEP_WRITE)
			return true;
	return false;
}

static void carry_out(struct job *job)
{
	struct manager *manager = job->manager;
	const struct change *change = &job->pending.change;
	int r = store_write_pending(manager->store, &job->pending);

	job->recorded |= r == 0;
	if (r < 0) {
		fail_store(job, "write down what is about to be done", r);
		return;
	}
	if (!has_writes(&job->outcome.plan)) {
		write_definition(job);
		return;
	}
	r = apply_start(manager->worker, manager->kernel, &job->outcome.plan, change->started,
			&change->active, on_applied, job);
	if (r < 0) {
		forget_record(job);
		if (r == -EAGAIN)
			r = error_set_limit(&job->outcome.error, "devices waiting to be stopped",
					    WORKER_JOBS_MAX);
		fail_job(job, r);
	} else if (job->outcome.plan.waits) {
		detach(job);
	} else {
		start_patience(job);
	}
}

/* 0 when the plan may be carried out, else the error is set. */
static int check_plan(struct job *job)
{
	struct manager *manager = job->manager;
	const struct plan *plan = &job->outcome.plan;
	const struct uuid *uuid = &job->pending.change.uuid;
	const char *reason;

	if (plan->no_memory)
		return -ENOMEM;
	if (has_writes(plan) && !diagnose_ready(&manager->observed, &reason))
		return error_set_reason(&job->outcome.error, ERROR_UNSUPPORTED, "%s", reason);
	if (plan->conflicts.count)
		return error_set_conflict(&job->outcome.error, describe_problems(&plan->conflicts));
	/* What is being stopped is still the guest's: to say that nothing has to be done would mislead. */
	if (plan->in_use || (is_detached(manager, uuid) && (plan->count > 0 || job->pending.change.live)))
		return error_set_in_use(&job->outcome.error, uuid->text,
					describe_users(observed_find_device(&manager->observed, uuid)));
	if (job->pending.change.definition_action == DEFINITION_WRITE &&
	    !desired_find(&manager->desired, uuid) &&
	    manager->desired.definitions.count >= DESIRED_DEFINITIONS_MAX)
		return error_set_limit(&job->outcome.error, "definitions", DESIRED_DEFINITIONS_MAX);
	return 0;
}

static int make_change(struct job *job)
{
	struct manager *manager = job->manager;
	struct change *change = &job->pending.change;
	const struct observed_device *device;
	int r = 0;

	if (job->kind == JOB_CLIENT)
		r = request_to_change(&manager->observed, &manager->desired, &job->request,
				      &job->new_uuid, change, &job->outcome.error);
	if (r < 0)
		return r;
	if (job->kind == JOB_AUTOMATIC)
		reconcile_renew(manager, change);
	/* A recovery knows from its record what was there before; its device is half changed. */
	device = observed_find_device(&manager->observed, &change->uuid);
	if (job->kind == JOB_CLIENT || job->kind == JOB_AUTOMATIC) {
		job->pending.was_started = device != NULL;
		job->pending.was_active = device ? device->active : (struct matrix){ 0 };
	}
	job->outcome.uuid = change->uuid;
	plan_done(&job->outcome.plan);
	plan_make(&manager->observed, &manager->desired, change, &job->outcome.plan);
	return check_plan(job);
}

/* With the lock (or for a dry run without): look again, and plan. */
static void plan_job(struct job *job)
{
	struct manager *manager = job->manager;
	struct uuid uuid = job->pending.change.uuid;
	int r;

	job->attempts++;
	/* The first look only finds out which device is meant, so that it can be read again. */
	r = make_change(job);
	if (job->outcome.uuid.text[0] && !job->request.dry_run) {
		uuid = job->outcome.uuid;
		error_done(&job->outcome.error);
		refresh_for_change(manager, &uuid);
		r = make_change(job);
	}
	if (r < 0) {
		if (job->kind == JOB_RECOVERY || job->kind == JOB_RECOVERY_UNDO)
			forget_record(job);
		fail_job(job, r);
		return;
	}
	job->outcome.changed = job->outcome.plan.count > 0;
	if (job->request.dry_run)
		end_job(job);
	else if (!job->outcome.changed)
		finish_job(job);
	else
		carry_out(job);
}

static int on_lock_timer(sd_event_source *source, uint64_t now, void *userdata);

static void try_lock(struct job *job)
{
	struct manager *manager = job->manager;
	struct lock_holder holder;
	int r = lock_try(manager->lock, &holder);

	if (r == 0) {
		job->has_lock = true;
		plan_job(job);
		return;
	}
	if (r == -EBUSY && manager_now(manager) < job->lock_deadline) {
		sd_event_source_disable_unref(manager->lock_timer);
		manager->lock_timer = NULL;
		r = sd_event_add_time_relative(manager->loop, &manager->lock_timer, CLOCK_MONOTONIC,
					       LOCK_STEP, 1000, on_lock_timer, job);
		if (r >= 0)
			return;
	} else if (r == -EBUSY) {
		r = error_set_locked(&job->outcome.error, holder.pid,
				     holder.command[0] ? holder.command : NULL);
		fail_job(job, r);
		return;
	}
	fail_store(job, "take the AP configuration lock", r);
}

static int on_lock_timer(sd_event_source *source, uint64_t now, void *userdata)
{
	(void)source;
	(void)now;
	try_lock(userdata);
	return 0;
}

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

void change_submit(struct job *job)
{
	struct job **end = &job->manager->queue;

	/* A dry run changes nothing, so it neither keeps anybody waiting nor waits for a lock. */
	if (job->request.dry_run) {
		plan_job(job);
		return;
	}
	while (*end)
		end = &(*end)->next;
	*end = job;
	take_next(job->manager);
}

void change_done(struct manager *manager)
{
	struct job *lists[] = { manager->queue, manager->current, manager->detached };

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
