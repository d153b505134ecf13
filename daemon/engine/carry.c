/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Carries a planned change out: write down what is about to happen, write to the kernel, read
 * back, write to the disk.  What fails on the way takes everything before it back.
 */
#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "daemon/engine/job-internal.h"
#include "daemon/log.h"
#include "daemon/report/describe.h"
#include "daemon/model/ownership.h"
#include "daemon/report/refusal.h"
#include "daemon/plan/reserve.h"

/* A write to the kernel that takes longer than this no longer keeps other devices waiting. */
#define PATIENCE 2000000u

/* A change that finds the device made or gone by another program meanwhile is planned anew. */
#define ATTEMPTS_MAX 3u

static void start_patience(struct job *job);
static void end_patience(struct job *job);
static void on_applied(void *userdata, const struct apply_result *result);

static void update_note(struct job *job, const struct device_change *change)
{
	struct manager *manager = job->manager;
	struct device_note *note = desired_note(&manager->desired, &change->uuid);
	/* Only a client stops a device, so a stop that is finished for a killed daemon was a client's. */
	bool by_client = job->kind == JOB_CLIENT || (job->kind == JOB_RECOVERY && !change->started);
	struct device_note before;

	if (!note)
		return;
	before = *note;
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
	if (notes_forget_orphan(manager, &change->uuid))
		return;
	if (note->stopped != before.stopped || note->settled != before.settled)
		manager_keep_note(manager, note);
}

void carry_forget_record(struct job *job)
{
	int r;

	/* First: without the record nothing would say that what is remembered is from before. */
	for (size_t i = 0; job->recorded && i < job->pending.change.count; i++)
		remember_change(job->manager, &job->pending.change.devices[i].uuid);
	r = job->recorded ? store_remove_pending(job->manager->store, &job->pending.change) : 0;
	job->recorded = false;
	if (r < 0)
		log_warning("Could not remove the record of a change that is over: %s.", strerror(-r));
}

void carry_finish(struct job *job)
{
	const struct change *change = &job->pending.change;

	carry_forget_record(job);
	for (size_t i = 0; i < change->count; i++) {
		update_note(job, &change->devices[i]);
		refresh_tell_device(job->manager, &change->devices[i].uuid);
	}
	job_end(job);
}

/* A recovery that failed is undone next, by the same record. */
static void forget_failed(struct job *job)
{
	if (!reconcile_is_undone(job))
		carry_forget_record(job);
}

static void end_roll_back(struct job *job, bool undone)
{
	struct json_object *error = NULL;
	int errnum = 0;

	if (json_object_object_get_ex(job->outcome.error.parameters, "errno", &error))
		errnum = json_object_get_int(error);
	if (!undone) {
		if (job->outcome.error.code == ERROR_STORE_FAILED)
			refusal_describe_store("write the file", errnum, NULL, REFUSAL_STUCK, &job->outcome.error);
		else
			refusal_describe_read_back(job->unread_error, false, NULL, 0, &job->outcome.error);
		job_log_stuck(job, "A change could not be undone");
	}
	forget_failed(job);
	job_fail(job, -ECANCELED);
}

/* The kernel has what was asked for, and what comes after it fails: back to what the kernel had. */
static void roll_back(struct job *job)
{
	struct manager *manager = job->manager;
	CLEANUP_CHANGE struct change back = { .host = job->pending.was_host, .force = true };
	CLEANUP_PLAN struct plan plan = { 0 };
	int r = change_take_back(&job->pending.change, &back);

	if (r < 0) {
		end_roll_back(job, false);
		return;
	}
	/* Files were not written, or are back already. */
	back.host.write_policy = false;
	/* By what was there before the change there would be nothing to take back. */
	if (refresh_for_change(manager, &back) < 0) {
		end_roll_back(job, false);
		return;
	}
	host_change_keep_others(&manager->observed, &job->pending.change.host, &back.host);
	plan_make(&manager->observed, &manager->desired, &back, &plan);
	job->rolling_back = true;
	if (plan.count == 0 || plan.no_memory) {
		end_roll_back(job, !plan.no_memory);
		return;
	}
	r = apply_start(manager->worker, manager->kernel, &plan, &back, on_applied, job);
	if (r < 0)
		end_roll_back(job, false);
	else if (job == manager->current)
		start_patience(job);
}

static void write_files(struct job *job)
{
	if (carry_commit_files(job) < 0) {
		roll_back(job);
		return;
	}
	/*
	 * The kernel's side and the disk's in one reading: seen apart, they would look like drift.  It is
	 * done; what cannot be read of it now is read again soon.
	 */
	(void)!refresh_for_change(job->manager, &job->pending.change);
	carry_finish(job);
}

/*
 * The host is read back by planning again: there must be nothing left to do.  Returns 1 where that is so,
 * 0 where it is not, or why it cannot be read, a negative errno.
 */
static int host_is_as_planned(struct job *job)
{
	struct manager *manager = job->manager;
	CLEANUP_PLAN struct plan plan = { 0 };
	struct change host = { .host = job->pending.change.host };	/* and no device */
	int r;

	if (!host.host.ownership && !host.host.set_interrupts)
		return 1;
	/* Without a driver is where a queue stays whose driver is not there. */
	host.host.cut_off = false;
	r = refresh_back(manager, &job->pending.change);
	if (r < 0)
		return r;
	host_change_keep_others(&manager->observed, &job->pending.was_host, &host.host);
	plan_make(&manager->observed, &manager->desired, &host, &plan);
	for (size_t i = 0; i < plan.count; i++)
		if (step_is_of_kernel(&plan.steps[i]))
			return 0;
	return plan.no_memory ? -ENOMEM : 1;
}

/* A mask that is refused while no override is to be seen: the kernel has lost count of them. */
static void note_leak(struct job *job, const struct apply_result *result)
{
	struct manager *manager = job->manager;
	struct observed_host host = manager->observed.host;

	if (result->error != -EINVAL || !host.has_override ||
	    (result->failed.attribute != ATTRIBUTE_APMASK &&
	     result->failed.attribute != ATTRIBUTE_AQMASK) ||
	    ownership_kind(&manager->observed) == OWNERSHIP_OVERRIDES)
		return;
	host.override_leaked = true;
	observed_put_host(&manager->observed, &host);
	refresh_tell(manager);
}

/* What the kernel refused, in words; where the reason can be found now, it is told as a conflict. */
static int explain_refusal(struct job *job, const struct apply_result *result)
{
	struct manager *manager = job->manager;
	const struct change *change = &job->pending.change;
	const struct attribute_write *undo_failed = result->undo_error ? &result->undo_failed : NULL;
	CLEANUP_PLAN struct plan plan = { 0 };
	struct json_object *problems;

	refresh_everything(manager);
	note_leak(job, result);
	if (!result->differs && result->undo_error == 0) {
		plan_make(&manager->observed, &manager->desired, change, &plan);
		problems = plan.conflicts.count ? describe_problems(&plan.conflicts) : NULL;
		if (problems)
			return error_set_conflict(&job->outcome.error, problems);
	}
	if (result->differs)
		return refusal_describe_read_back(-result->read_error, !result->stays, undo_failed,
						  -result->undo_error, &job->outcome.error);
	return refusal_describe(&result->failed, -result->error, result->moved, undo_failed, -result->undo_error,
				&job->outcome.error);
}

static bool is_to_be_planned_anew(const struct job *job, const struct apply_result *result)
{
	bool overtaken = (result->error == -EEXIST && result->failed.attribute == ATTRIBUTE_CREATE) ||
			 (result->error == -ENOENT);

	return overtaken && result->undo_error == 0 && job->attempts < ATTEMPTS_MAX &&
	       job == job->manager->current;
}

static void on_written(struct job *job)
{
	int r = host_is_as_planned(job);

	if (r > 0) {
		write_files(job);
		return;
	}
	job->unread_error = -r;
	/* Before it is undone, which end_roll_back() mends where it cannot be. */
	refusal_describe_read_back(-r, true, NULL, 0, &job->outcome.error);
	roll_back(job);
}

/* How long a guest goes on, and the way back, say nothing of how long a change takes. */
static void count_apply(const struct job *job)
{
	if (!job->rolling_back && !job->outcome.plan.waits)
		durations_add(&job->manager->metrics.apply, job_clock() - job->apply_begin);
}

static void on_applied(void *userdata, const struct apply_result *result)
{
	struct job *job = userdata;
	struct manager *manager = job->manager;
	const struct device_change *single = change_single(&job->pending.change);
	struct device_note *note =
		single ? uuid_list_find(&manager->desired.notes, &single->uuid) : NULL;

	end_patience(job);
	count_apply(job);
	if (result->error != 0 || result->differs)
		carry_drop_files(job);
	if (note)
		note->stopping = false;
	if (result->error == 0 && !result->differs && !job->rolling_back) {
		on_written(job);
		return;
	}
	/* Whoever plans by it reads again. */
	(void)!refresh_for_change(manager, &job->pending.change);
	if (job->rolling_back) {
		end_roll_back(job, result->error == 0 && !result->differs);
	} else if (is_to_be_planned_anew(job, result)) {
		/* There may be nothing left to do, or another device to write it down of. */
		forget_failed(job);
		job_end_work(job);
		job_plan(job);
	} else {
		int r = explain_refusal(job, result);

		if (result->undo_error)
			job_log_stuck(job, "A change could not be undone");
		forget_failed(job);
		job_fail(job, r);
	}
}

/* A job that waits for a VMM, or for queues that do not come to rest, lets the others pass. */
static void detach(struct job *job)
{
	struct manager *manager = job->manager;
	const struct device_change *change = change_single(&job->pending.change);
	struct device_note *note = desired_note(&manager->desired, &change->uuid);

	if (change->live && !change->started) {
		/* A guest may run for months: the peers must not wait for it. */
		job_let_lock_go(job);
		if (note) {
			note->stopping = true;
			device_note_set_failure(note, NULL);
		}
	}
	manager->applying = false;
	manager->current = NULL;
	job->next = manager->detached;
	manager->detached = job;
	refresh_tell_device(manager, &change->uuid);
	refresh_now(manager);
	job_wake_next(manager);
}

static int on_patience_end(sd_event_source *source, uint64_t now, void *userdata)
{
	struct job *job = userdata;

	(void)source;
	(void)now;
	if (job != job->manager->current || !job->manager->applying)
		return 0;
	/*
	 * Masks and the policy are one for all, and what many devices exchange is not theirs until it is
	 * done: nobody may plan beside a change of these.
	 */
	if (change_has_host(&job->pending.change) || !change_single(&job->pending.change))
		log_warning("A change of the host or of many devices takes long: others wait for it.");
	else
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

static bool has_writes(const struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		if (step_is_of_kernel(&plan->steps[i]))
			return true;
	return false;
}

/* Neither the kernel nor a file has changed yet. */
static void fail_start(struct job *job, int r)
{
	carry_drop_files(job);
	forget_failed(job);
	if (r == -EAGAIN)
		r = error_set_limit(&job->outcome.error, "devices waiting to be stopped", WORKER_JOBS_MAX);
	job_fail(job, r);
}

static void on_staged(struct job *job, int r)
{
	struct manager *manager = job->manager;

	if (r < 0) {
		fail_start(job, r);
		return;
	}
	if (!has_writes(&job->outcome.plan)) {
		write_files(job);
		return;
	}
	job->apply_begin = job_clock();
	r = apply_start(manager->worker, manager->kernel, &job->outcome.plan, &job->pending.change,
			on_applied, job);
	if (r < 0) {
		fail_start(job, r);
	} else if (job->outcome.plan.waits && change_single(&job->pending.change)) {
		detach(job);
	} else {
		start_patience(job);
	}
}

void carry_out(struct job *job)
{
	int r = store_write_pending(job->manager->store, &job->pending);

	job->recorded |= r == 0;
	if (r < 0) {
		job_fail_store(job, "write down what is about to be done", r);
		return;
	}
	under_way_begin(&job->manager->desired, &job->under_way, &job->pending.change);
	r = carry_stage_files(job, on_staged);
	if (r < 0)
		fail_start(job, r);
}
