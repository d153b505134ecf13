/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What job.c (from request to plan) and carry.c (from plan to read-back) tell each other.
 */
#ifndef APQD_DAEMON_ENGINE_JOB_INTERNAL_H
#define APQD_DAEMON_ENGINE_JOB_INTERNAL_H

#include "daemon/engine/manager-internal.h"
#include "daemon/store/batch.h"

/* job.c: the end of every job, good or bad; the job is gone then. */
void job_end(struct job *job);

/*
 * Ends the job with the error that a callee has set (-ECANCELED), or that memory ran out; or that
 * operation failed on the disk.
 */
void job_fail(struct job *job, int r);
void job_fail_store(struct job *job, const char *operation, int r);

/* Plans the job (again), and carries it out. */
void job_plan(struct job *job);

/*
 * job-states.c: of an Apply, puts what was wanted before the change and is then into the outcome, and the
 * revision before it.  Returns 0, -ENOMEM, or -ECANCELED with the job's error set: no answer could hold it.
 */
MUST_CHECK int job_note_states(struct job *job);

void job_let_lock_go(struct job *job);

/* Its change is not at work any more: what differs now is told. */
void job_end_work(struct job *job);

/* The time now, not that of the loop's round as manager_now(): CLOCK_MONOTONIC in nanoseconds. */
uint64_t job_clock(void);

/*
 * Begins the next change of the queue in a round of the loop of its own: a change that begins within the
 * end of another would take the stack deeper with each change that waits.
 */
void job_wake_next(struct manager *manager);

/*
 * carry-files.c: stages the files of the plan, and calls staged with 0, or with -ECANCELED and the
 * job's error set; at once where there are none.  Returns 0, or a negative errno, and then staged is
 * not called.
 */
typedef void (*carry_staged_fn)(struct job *job, int r);
MUST_CHECK int carry_stage_files(struct job *job, carry_staged_fn staged);

/* Puts them in their places; 0, or -ECANCELED with the job's error set, and all are as they were. */
MUST_CHECK int carry_commit_files(struct job *job);

/* They are not wanted any more. */
void carry_drop_files(struct job *job);

/* carry.c: writes down, applies, reads back, and ends the job. */
void carry_out(struct job *job);

/* Ends a job well. */
void carry_finish(struct job *job);

/* The change is over, well or not: the next start of apqd has nothing to finish. */
void carry_forget_record(struct job *job);

#endif
