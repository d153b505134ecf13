/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Threads for what may block.  A job gets a copy of all that it needs, touches nothing else,
 * and reports back on the loop.
 */
#ifndef APQD_DAEMON_WORKER_H
#define APQD_DAEMON_WORKER_H

#include <systemd/sd-event.h>

#include "common/macro.h"

/* Most jobs at a time: one that changes, and the others wait for a VMM to let go of a device. */
#define WORKER_JOBS_MAX 64

struct worker;

/* A job: work() runs on a thread of its own, done() later on the loop; it may free the job. */
struct worker_job {
	void (*work)(struct worker_job *job);
	void (*done)(struct worker_job *job);
	struct worker *worker;		/* set by worker_run() */
	struct worker_job *next;	/* of those that have worked */
};

MUST_CHECK int worker_new(sd_event *loop, struct worker **ret_worker);

/*
 * Jobs that have not worked yet are left to themselves: they may wait for hours, and nothing
 * of theirs is freed.  Only for the end of the process.  Takes NULL too.
 */
void worker_free(struct worker *worker);

/* Reports what has worked, on the caller's thread; waits for some so long, in milliseconds, if none has. */
void worker_wait(struct worker *worker, int timeout);

/* Starts the job.  Returns 0, -EAGAIN when WORKER_JOBS_MAX are at work, or a negative errno. */
MUST_CHECK int worker_run(struct worker *worker, struct worker_job *job);

#endif
