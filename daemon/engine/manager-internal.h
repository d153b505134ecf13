/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files that make up the manager share: manager.c (the whole), refresh.c (events to
 * what is), job.c (one change from request to read-back), reconcile.c (changes that nobody
 * asks for).
 */
#ifndef APQD_DAEMON_ENGINE_MANAGER_INTERNAL_H
#define APQD_DAEMON_ENGINE_MANAGER_INTERNAL_H

#include "daemon/engine/apply.h"
#include "daemon/kernel/kernel.h"
#include "daemon/engine/manager.h"
#include "daemon/engine/marks.h"
#include "daemon/model/under-way.h"
#include "daemon/store/lock.h"
#include "daemon/store/store.h"
#include "daemon/worker.h"

enum job_kind {
	JOB_CLIENT,		/* request says what */
	JOB_AUTOMATIC,		/* change says what */
	JOB_RECOVERY,		/* finish what a killed daemon began; pending says what */
	JOB_RECOVERY_UNDO,	/* or else undo it */
};

/* One change on its way. */
struct job {
	struct manager *manager;
	enum job_kind kind;
	struct request request;
	struct pending pending;		/* what is to be done, and what was there before */
	struct under_way under_way;	/* it is at work, so that others reckon with it */
	struct uuid new_uuid;		/* for a definition without one */
	struct outcome outcome;
	bool has_lock;			/* the AP configuration lock */
	bool recorded;			/* its pending record is on the disk */
	bool gave_way;			/* it could not have the lock, and has lined up again */
	unsigned int attempts;
	unsigned int readings;		/* that failed since it has the lock */
	uint64_t lock_deadline;		/* CLOCK_MONOTONIC, microseconds */
	uint64_t plan_time;		/* nanoseconds that the last plan took; 0: it came to none */
	uint64_t apply_begin;		/* CLOCK_MONOTONIC, nanoseconds */
	bool rolling_back;
	int unread_error;		/* why what was written could not be read back: an errno, or 0 */
	struct store_batch *batch;	/* the files that it changes, while it has them */
	bool keeps_policy;		/* the policy cannot be written, and holds all the same */
	manager_done_fn done;
	void *userdata;
	struct job *next;
};

/* What is remembered of the host between two looks at it. */
struct host_note {
	bool due;			/* all of the policy is to be brought to the kernel */
	bool again;			/* the reservation is, since it could not be before */
	bool drifted;			/* likewise, as long as "enforce" says so */
	bool queued;			/* a change for that is on its way */
	bool changed;			/* the host or a queue did, since last looked */
	bool had_bus, had_kvm, had_passthrough;	/* they were there when last looked */
	bool leak_kept;			/* what the kernel lost count of is kept until the next boot */
	struct host_policy kept;	/* chosen, and could not be written into host.json */
	char *failure;			/* owned; why the policy cannot be carried out, or NULL */
	struct queue_set seen;		/* the queues that were there when last looked */
	struct queue_set returned;	/* reserved ones that came back as the host's */
	unsigned int attempts;
	uint64_t not_before;		/* CLOCK_MONOTONIC, microseconds */
};

struct manager {
	sd_event *loop;
	struct store *store;
	struct lock *lock;
	int state_lock;			/* file descriptor; -1: not locked */
	struct kernel *kernel;
	struct worker *worker;
	struct observed observed;
	struct desired desired;
	const struct manager_listener *listener;
	struct metrics metrics;

	struct marks marks;		/* to be read in the next turn */
	struct marks failed;		/* could not be read for a transient reason: wait for reread_timer */
	sd_event_source *refresh;	/* a deferred source: the turn */
	sd_event_source *look_timer;	/* on while a device is started */
	sd_event_source *reread_timer;	/* on while failed is not empty */
	unsigned int rereads;		/* how often reread_timer was set in a row, up to its limit */
	bool failed_at_start;		/* some file has been unreadable since the start */

	struct job *queue;		/* those that wait for their turn, first come first */
	struct job *current;		/* the one that has, or waits for, the lock */
	struct job *detached;		/* those that wait for a VMM, without the lock */
	sd_event_source *next;		/* a deferred source: begins the next of queue */
	bool applying;			/* current is at work in the kernel, or staging */
	bool staging;			/* a thread has the store */
	sd_event_source *lock_timer;	/* of current: the lock, or a reading, is tried again */
	sd_event_source *patience_timer, *retry_timer;

	bool was_passthrough;		/* vfio_ap was there when last looked */
	struct host_note host;		/* of reconcile-host.c */
	bool ready;			/* the first reconciliation is over */
};

/* refresh.c: mark, and read what is marked.  The last one reads at once. */
void refresh_on_kernel_event(void *userdata, const struct kernel_event *event);
void refresh_on_store_event(void *userdata, const struct uuid *uuid);
void refresh_everything(struct manager *manager);
MUST_CHECK int refresh_start(struct manager *manager);
void refresh_now(struct manager *manager);
void refresh_done(struct manager *manager);

/* Runs the timer of looks while there is a device that it is for, and else never. */
void refresh_set_timers(struct manager *manager);

/* Reads what the kernel sends no event for (see manager_look()). */
void refresh_silent(struct manager *manager, const struct uuid *uuid);

/*
 * Re-reads the host and all that the change is about: devices, definitions, queues, the policy.  Returns 0,
 * or a negative errno if some of the kernel could not be read.  Then nothing must be planned by what is
 * known.  Does not wait: the caller tries again.
 */
MUST_CHECK int refresh_for_change(struct manager *manager, const struct change *change);

/* Reads the host policy and the masks that others set at boot, unless a change is at work. */
void refresh_policy(struct manager *manager);

/*
 * Only the kernel's side of it, and without telling anybody: the disk's side is about to follow,
 * and between the two everything would look like a problem.  Returns as the one above.
 */
MUST_CHECK int refresh_back(struct manager *manager, const struct change *change);

/* Tells the listener what the model notes as changed, and forgets that. */
void refresh_tell(struct manager *manager);
void refresh_tell_device(struct manager *manager, const struct uuid *uuid);

/* job.c: queue a job that the caller made with calloc(); it frees itself at its end.  See carry.c too. */
void job_submit(struct job *job);
/* Tells the journal that half a change is left: what, the beginning of a sentence, and the job's error. */
void job_log_stuck(const struct job *job, const char *what);
/* Makes what the queue needs of the loop.  Returns 0 or a negative errno. */
MUST_CHECK int jobs_start(struct manager *manager);
void jobs_done(struct manager *manager);

/* reconcile.c */
MUST_CHECK int reconcile_start(struct manager *manager);	/* once, after the first scan */
void reconcile(struct manager *manager);	/* after anything changed */
/* What starts by itself is due again: the start may not have known it. */
void reconcile_again(struct manager *manager);
/* When its turn has come: what it is now to do; adds what stands in the way.  0 or -ENOMEM. */
MUST_CHECK int reconcile_renew(struct manager *manager, struct change *change,
			       struct problems *conflicts);
void reconcile_job_ended(struct job *job);	/* of an automatic or recovery job */
bool reconcile_is_undone(const struct job *job);	/* whether that will undo what it leaves, if it failed */
void reconcile_device_gone(struct manager *manager, const struct uuid *uuid);
void reconcile_device_seen(struct manager *manager, const struct uuid *uuid);

/*
 * notes.c: forgets what is remembered of a device that is neither there nor defined any more; whether there was
 * something.  The others: of all such devices at the start, and where they have become too many.
 */
bool notes_forget_orphan(struct manager *manager, const struct uuid *uuid);
void notes_start(struct manager *manager);
void notes_limit(struct manager *manager);

/* reconcile-host.c: the host policy.  The first returns whether devices have to wait for it. */
void reconcile_host_start(struct manager *manager);
bool reconcile_host(struct manager *manager);
MUST_CHECK int reconcile_host_renew(struct manager *manager, struct host_change *host,
				    struct problems *conflicts);
void reconcile_host_ended(struct job *job);
/* What was chosen and could not be written; it goes into the policy whenever that was read. */
void reconcile_host_keep(struct manager *manager, const struct host_policy *policy);
void reconcile_host_complete(struct manager *manager);

/* A new job that nobody asked for, or NULL without memory. */
struct job *reconcile_new_job(struct manager *manager, enum job_kind kind);

/* Has reconcile() run at this time, CLOCK_MONOTONIC in microseconds. */
void reconcile_at(struct manager *manager, uint64_t when);

/* The note is kept on the disk; that it cannot be is only logged. */
void manager_keep_note(struct manager *manager, const struct device_note *note);

/* CLOCK_MONOTONIC in microseconds. */
uint64_t manager_now(const struct manager *manager);

/*
 * remember.c: devices that cannot be read.  remember_recall() hands remembered matrices to the
 * kernel part before the first scan.  The others keep the matrix of one device that no change is at
 * work on, or of all, in notes.
 */
void remember_recall(struct manager *manager);
void remember_device(struct manager *manager, const struct uuid *uuid);
void remember_all(struct manager *manager);

/*
 * While a change is at work on a device, what is kept of it is from before, as its record is: a daemon that is
 * killed on the way finishes the change by both.  The first keeps what a change has come to; the second
 * doubts what is remembered, because what was cut off could not be finished.
 */
void remember_change(struct manager *manager, const struct uuid *uuid);
void remember_nothing(struct manager *manager, const struct change *change);

#endif
