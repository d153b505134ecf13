/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The disk's side of a change: its files are staged, on a thread, before the kernel is touched, and
 * take their places when the kernel has what they say.  So a disk that is full or read-only is
 * found while nothing has changed yet.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/engine/job-internal.h"
#include "daemon/log.h"
#include "daemon/report/refusal.h"

/* What the thread has; the job has it back when the thread is done. */
struct staging {
	struct worker_job job;		/* first: the worker knows only this */
	struct store_batch *batch;
	int result;
	struct job *of;
	carry_staged_fn staged;
};

static void work(struct worker_job *job)
{
	struct staging *staging = (struct staging *)job;

	staging->result = store_batch_stage(staging->batch);
}

/* state: what becomes of the kernel. */
static int fail(struct job *job, int r, enum refusal_state state)
{
	if (r == STORE_OVERTAKEN)
		return refusal_describe_overtaken_file(state, &job->outcome.error);
	return refusal_describe_store(store_batch_failed(job->batch), -r, store_batch_obstacle(job->batch),
				      store_batch_is_stuck(job->batch) ? REFUSAL_FILE_STUCK : state,
				      &job->outcome.error);
}

/*
 * What was chosen for a reservation cannot be kept for the next start, where /etc is not to be
 * written: it is then chosen anew, and that is no reason to give the queues back.  It holds until
 * then.
 */
static bool keeps_kernel(struct job *job, int r)
{
	if (job->kind != JOB_AUTOMATIC || !job->pending.change.host.write_policy)
		return false;
	log_warning("Could not write the host policy: %s.", strerror(-r));
	job->keeps_policy = true;
	return true;
}

void carry_drop_files(struct job *job)
{
	store_batch_free(job->batch);
	job->batch = NULL;
}

/* That a directory has been replaced is no news to inotify where something was mounted on it. */
static void read_replaced(struct manager *manager)
{
	if (store_has_replaced(manager->store))
		manager_reload(manager);
}

static void done(struct worker_job *worker_job)
{
	struct staging *staging = (struct staging *)worker_job;
	struct job *job = staging->of;
	carry_staged_fn staged = staging->staged;
	int r = staging->result;

	job->batch = staging->batch;
	job->manager->applying = job->manager->staging = false;
	free(staging);
	read_replaced(job->manager);
	if (r < 0 && !keeps_kernel(job, r))
		r = fail(job, r, REFUSAL_UNCHANGED);
	else
		r = 0;
	if (r < 0 || job->keeps_policy)
		carry_drop_files(job);
	staged(job, r);
}

static int start(struct job *job, carry_staged_fn staged)
{
	struct staging *staging = calloc(1, sizeof(*staging));
	int r;

	if (!staging)
		return -ENOMEM;
	staging->job = (struct worker_job){ .work = work, .done = done };
	staging->batch = job->batch;
	staging->of = job;
	staging->staged = staged;
	r = worker_run(job->manager->worker, &staging->job);
	if (r < 0) {
		free(staging);
		return r;
	}
	job->batch = NULL;
	job->manager->applying = job->manager->staging = true;
	return 0;
}

/* mdevctl takes no lock, and a change may be at work for seconds: what it was told to keep is not overwritten. */
static void add_definition(struct job *job, const struct device_change *device)
{
	/* Of what a killed daemon left, this file may be written already. */
	if (job->kind == JOB_RECOVERY || job->kind == JOB_RECOVERY_UNDO)
		store_batch_write_definition(job->batch, &device->definition);
	else
		store_batch_replace_definition(job->batch,
					       device->was.defined ? &device->was.definition : NULL,
					       &device->definition);
}

static void add_step(struct job *job, const struct step *step)
{
	const struct change *change = &job->pending.change;

	switch (step->kind) {
	case STEP_WRITE_POLICY:
		store_batch_write_policy(job->batch, &change->host.policy);
		break;
	case STEP_WRITE_DEFINITION:
		add_definition(job, change_find(change, &step->write.uuid));
		break;
	case STEP_REMOVE_DEFINITION:
		store_batch_remove_definition(job->batch, &step->write.uuid);
		break;
	default:
		break;
	}
}

int carry_stage_files(struct job *job, carry_staged_fn staged)
{
	const struct plan *plan = &job->outcome.plan;
	size_t count = 0;
	int r;

	carry_drop_files(job);
	job->keeps_policy = false;
	for (size_t i = 0; i < plan->count; i++)
		count += !step_is_of_kernel(&plan->steps[i]);
	if (count == 0) {
		staged(job, 0);
		return 0;
	}
	r = store_batch_new(job->manager->store, count, &job->batch);
	for (size_t i = 0; r == 0 && i < plan->count; i++)
		add_step(job, &plan->steps[i]);
	return r < 0 ? r : start(job, staged);
}

int carry_commit_files(struct job *job)
{
	int r = job->batch ? store_batch_commit(job->batch) : 0;

	read_replaced(job->manager);
	if (r < 0 && !keeps_kernel(job, r))
		r = fail(job, r,
			 steps_move_queues(job->outcome.plan.steps, job->outcome.plan.count) ? REFUSAL_UNDONE :
											       REFUSAL_UNCHANGED);
	else
		r = 0;
	carry_drop_files(job);
	if (job->keeps_policy)
		reconcile_host_keep(job->manager, &job->pending.change.host.policy);
	return r;
}
