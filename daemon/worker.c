/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/worker.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/cleanup.h"

struct worker {
	sd_event_source *source;
	int wake;			/* an eventfd */
	unsigned int at_work;		/* of the loop only */
	pthread_mutex_t lock;		/* guards worked */
	struct worker_job *worked;
	struct worker *left;
};

/*
 * Workers whose threads still ran at the end.  They stay allocated on purpose, because the threads
 * use them.
 */
static struct worker *volatile left;

static void *run(void *argument)
{
	struct worker_job *job = argument;
	struct worker *worker = job->worker;
	uint64_t one = 1;

	job->work(job);
	pthread_mutex_lock(&worker->lock);
	job->next = worker->worked;
	worker->worked = job;
	pthread_mutex_unlock(&worker->lock);
	/* A full counter wakes the loop as well, and nothing else can fail here. */
	while (write(worker->wake, &one, sizeof(one)) < 0 && errno == EINTR)
		;
	return NULL;
}

static int on_wake(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct worker *worker = userdata;
	struct worker_job *job;
	uint64_t count;

	(void)source;
	(void)revents;
	if (read(fd, &count, sizeof(count)) < 0)
		return 0;
	pthread_mutex_lock(&worker->lock);
	job = worker->worked;
	worker->worked = NULL;
	pthread_mutex_unlock(&worker->lock);
	while (job) {
		struct worker_job *next = job->next;

		worker->at_work--;
		job->done(job);
		job = next;
	}
	return 0;
}

int worker_new(sd_event *loop, struct worker **ret_worker)
{
	struct worker *worker = calloc(1, sizeof(*worker));
	int r;

	if (!worker)
		return -ENOMEM;
	pthread_mutex_init(&worker->lock, NULL);
	worker->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r = worker->wake < 0 ? -errno :
			       sd_event_add_io(loop, &worker->source, worker->wake, EPOLLIN, on_wake,
					       worker);
	if (r < 0) {
		worker_free(worker);
		return r;
	}
	*ret_worker = worker;
	return 0;
}

void worker_free(struct worker *worker)
{
	if (!worker)
		return;
	sd_event_source_disable_unref(worker->source);
	/* A thread that still waits will come back to the lock and the eventfd: they stay. */
	if (worker->at_work > 0) {
		worker->left = left;
		left = worker;
		return;
	}
	if (worker->wake >= 0)
		close(worker->wake);
	pthread_mutex_destroy(&worker->lock);
	free(worker);
}

void worker_wait(struct worker *worker, int timeout)
{
	struct pollfd wake = { .fd = worker->wake, .events = POLLIN };

	if (poll(&wake, 1, timeout) > 0)
		on_wake(worker->source, worker->wake, EPOLLIN, worker);
}

int worker_run(struct worker *worker, struct worker_job *job)
{
	sigset_t all, old;
	pthread_attr_t attributes;
	pthread_t thread;
	int r;

	if (worker->at_work >= WORKER_JOBS_MAX)
		return -EAGAIN;
	job->worker = worker;
	/* Signals are for the loop: the thread starts with all of them blocked. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	r = pthread_create(&thread, &attributes, run, job);
	pthread_attr_destroy(&attributes);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	/* EAGAIN is the limit above: what the kernel refuses so is want of memory or of threads. */
	if (r != 0)
		return r == EAGAIN ? -ENOMEM : -r;
	worker->at_work++;
	return 0;
}
