/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What job.c (from request to plan) and carry.c (from plan to read-back) tell each other.
 */
#ifndef APQD_DAEMON_JOB_INTERNAL_H
#define APQD_DAEMON_JOB_INTERNAL_H

#include "daemon/manager-internal.h"

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

void job_let_lock_go(struct job *job);

/* The time now, not that of the loop's round as manager_now(): CLOCK_MONOTONIC in nanoseconds. */
uint64_t job_clock(void);

/* The next one in the queue, if nobody is at work. */
void job_take_next(struct manager *manager);

/* carry.c: writes down, applies, reads back, and ends the job. */
void carry_out(struct job *job);

/* Ends a job well. */
void carry_finish(struct job *job);

/* The change is over, well or not: the next start of apqd has nothing to finish. */
void carry_forget_record(struct job *job);

#endif
