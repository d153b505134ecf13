/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/varlink/group.h"

#include <errno.h>
#include <grp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <time.h>

#include "common/cleanup.h"
#include "daemon/log.h"
#include "daemon/worker.h"

/* An answer is old after so many seconds: what a server of names says changes without a sign. */
#define OLD 10

/* The start waits so many milliseconds for the answer, in steps. */
#define FIRST_WAIT 2000
#define FIRST_STEP 50

/* Room for a group of all users, in bytes. */
#define MEMBERS_MAX (16u << 20)

struct group_finder {
	struct worker *worker;
	sd_event_source *etc;
	char *name;
	gid_t id;
	time_t answered;	/* by the monotonic clock; 0: never */
	bool asked, again;	/* a thread asks; it is to ask once more */
};

struct question {
	struct worker_job job;
	struct group_finder *finder;
	char *name;
	gid_t id;
	int error;		/* of asking; then id says nothing */
};

static time_t now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* On a thread. */
static void ask(struct worker_job *job)
{
	struct question *question = (struct question *)job;
	struct group entry, *found = NULL;
	CLEANUP_FREE char *members = NULL;
	size_t size = 4096;
	int r = ERANGE;

	for (; r == ERANGE && size <= MEMBERS_MAX; size *= 4) {
		char *more = realloc(members, size);

		if (!more)
			break;
		members = more;
		r = getgrnam_r(question->name, &entry, members, size, &found);
	}
	/* These say that there is none, as 0 does. */
	if (r == ENOENT || r == ESRCH || r == EBADF || r == EPERM)
		r = 0;
	question->error = r;
	question->id = found ? found->gr_gid : (gid_t)-1;
}

static void tell(const struct group_finder *finder)
{
	if (finder->id == (gid_t)-1)
		log_fields(LOG_NOTICE, &(struct log_fields){ .id = MESSAGE_NO_GROUP },
			   "There is no group '%s': only root may change anything.", finder->name);
	else
		log_message(LOG_INFO, NULL, "Root and the members of the group '%s' may change things.",
			    finder->name);
}

static void begin(struct group_finder *finder);

static void on_answer(struct worker_job *job)
{
	struct question *question = (struct question *)job;
	struct group_finder *finder = question->finder;
	bool is_first = finder->answered == 0;

	finder->asked = false;
	finder->answered = now() + 1;
	/* If the question failed, the last known group stays. */
	if (question->error == 0 && (question->id != finder->id || is_first)) {
		finder->id = question->id;
		if (!is_first || finder->id == (gid_t)-1)
			tell(finder);
	}
	free(question->name);
	free(question);
	if (finder->again)
		begin(finder);
}

/* Without memory or threads it is asked by the next occasion. */
static void begin(struct group_finder *finder)
{
	struct question *question;

	finder->again = finder->asked;
	if (finder->asked)
		return;
	question = calloc(1, sizeof(*question));
	if (!question)
		return;
	*question = (struct question){
		.job = { .work = ask, .done = on_answer }, .finder = finder, .name = strdup(finder->name),
	};
	finder->asked = question->name && worker_run(finder->worker, &question->job) == 0;
	if (!finder->asked) {
		free(question->name);
		free(question);
	}
}

static int on_etc(sd_event_source *source, const struct inotify_event *event, void *userdata)
{
	(void)source;
	if (event->mask & IN_Q_OVERFLOW || (event->len > 0 && strcmp(event->name, "group") == 0))
		begin(userdata);
	return 0;
}

int group_new(sd_event *loop, const char *name, struct group_finder **ret_finder)
{
	struct group_finder *finder = calloc(1, sizeof(*finder));
	int r;

	if (!finder)
		return -ENOMEM;
	finder->id = (gid_t)-1;
	finder->name = strdup(name);
	r = finder->name ? worker_new(loop, &finder->worker) : -ENOMEM;
	if (r < 0) {
		group_free(finder);
		return r;
	}
	/* Without it, the answer is only asked for when it is old. */
	(void)!sd_event_add_inotify(loop, &finder->etc, "/etc",
				    IN_CLOSE_WRITE | IN_MOVED_TO | IN_ONLYDIR, on_etc, finder);
	begin(finder);
	for (int waited = 0; finder->asked && waited < FIRST_WAIT; waited += FIRST_STEP)
		worker_wait(finder->worker, FIRST_STEP);
	*ret_finder = finder;
	return 0;
}

void group_free(struct group_finder *finder)
{
	if (!finder)
		return;
	sd_event_source_disable_unref(finder->etc);
	worker_free(finder->worker);
	free(finder->name);
	free(finder);
}

const char *group_name(const struct group_finder *finder)
{
	return finder->name;
}

gid_t group_id(const struct group_finder *finder)
{
	return finder->id;
}

void group_refresh(struct group_finder *finder)
{
	if (!finder->asked && now() + 1 - finder->answered >= OLD)
		begin(finder);
}
