/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/faults/supervisor.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "tests/faults/calls.h"
#include "tests/faults/short.h"

#define ORDER_MAX 512

/* The program rests when it has waited for events for so long, in milliseconds. */
#define REST 3

/* One that never rests is told of all the same, after so many milliseconds. */
#define REST_MAX 3000

enum what {
	WHAT_NOTHING,
	WHAT_WATCH,
	WHAT_FAIL,
	WHAT_EVERY,
	WHAT_SHORT,
	WHAT_KILL,
};

struct watch {
	const struct supervisor *supervisor;
	enum what what;
	unsigned int target;		/* of WHAT_FAIL, WHAT_SHORT and WHAT_KILL */
	int error;
	char names[ORDER_MAX];		/* one, and of WHAT_EVERY many */
	char part[ORDER_MAX];		/* of the path; of WHAT_EVERY and WHAT_SHORT */
	bool with_data;
	unsigned int count, of_name, hits;
	char hit[CALL_NAME_SIZE];
	FILE *log;
	bool waits_for_events;		/* the last call of the main thread */
	bool killed;
};

static void note(struct watch *watch, const struct seccomp_notif *notice, const struct call *call)
{
	if (!watch->log)
		return;
	fprintf(watch->log, "%u\t%u\t%s\t%s\t%s\t%lx\t", watch->count, notice->pid, call->name,
		call->path, call->second, call->flags);
	for (size_t i = 0; i < call->length; i++)
		fprintf(watch->log, "%02x", call->data[i]);
	fputc('\n', watch->log);
	fflush(watch->log);
}

static bool is_hit(struct watch *watch, const struct call *call)
{
	char name[CALL_NAME_SIZE + 2];

	switch (watch->what) {
	case WHAT_FAIL:
		return strcmp(watch->names, call->name) == 0 && ++watch->of_name == watch->target;
	case WHAT_SHORT:
		return strcmp(watch->names, call->name) == 0 &&
		       strstr(call->path, watch->part) && ++watch->of_name == watch->target;
	case WHAT_KILL:
		return watch->count == watch->target;
	case WHAT_EVERY:
		snprintf(name, sizeof(name), ",%s,", call->name);
		return strstr(watch->names, name) && strstr(call->path, watch->part);
	default:
		return false;
	}
}

/* Fills the answer: by default the kernel is to carry the call out. */
static void decide(struct watch *watch, const struct seccomp_notif *notice, const struct call *call,
		   struct seccomp_notif_resp *answer)
{
	answer->flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	if (watch->what == WHAT_NOTHING)
		return;
	watch->count++;
	note(watch, notice, call);
	if (!is_hit(watch, call))
		return;
	if (watch->what == WHAT_SHORT && !short_carry_out(watch->supervisor->pid, notice, answer))
		return;
	watch->hits++;
	snprintf(watch->hit, sizeof(watch->hit), "%s", call->name);
	if (watch->what == WHAT_KILL) {
		watch->killed = true;
		kill(watch->supervisor->pid, SIGKILL);
		return;
	}
	if (watch->what == WHAT_SHORT)
		return;
	answer->flags = 0;
	/* A brk() that is refused answers where the heap ends, and no errno. */
	if (strcmp(call->name, "brk") == 0)
		answer->val = (long long)call_heap_end(watch->supervisor->pid);
	else
		answer->error = -watch->error;
}

/* Whether a signal or the end of the thread has come in between is not for us to care about. */
static void on_notice(struct watch *watch)
{
	int fd = watch->supervisor->notices;
	struct seccomp_notif_resp answer = { 0 };
	struct seccomp_notif notice = { 0 };
	struct call call;

	if (ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, &notice) < 0)
		return;
	answer.id = notice.id;
	call_describe(&notice, watch->with_data, &call);
	if ((int)notice.pid == watch->supervisor->pid)
		watch->waits_for_events = strncmp(call.name, "epoll_", 6) == 0 &&
					  strcmp(call.name, "epoll_ctl") != 0;
	if (strstr(call.path, SUPERVISOR_LEFT_OUT))
		answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	else
		decide(watch, &notice, &call, &answer);
	call_done(&call);
	/* A thread of a killed program gets no answer: it must not make one call more. */
	if (!watch->killed)
		(void)!ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &answer);
}

/* Whether the main thread sleeps. */
static bool sleeps(int pid)
{
	char path[64], state = '?';
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "re");
	if (!file)
		return true;
	if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
		state = '?';
	fclose(file);
	return state == 'S';
}

static long milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Goes on with the program's calls until there are none any more; false when it has ended. */
static bool settle(struct watch *watch)
{
	struct pollfd notices = { .fd = watch->supervisor->notices, .events = POLLIN };
	long end = milliseconds() + REST_MAX;

	while (milliseconds() < end) {
		int n = poll(&notices, 1, REST);

		/* A thread that waits for our answer sleeps too: look again after having seen it asleep. */
		if (n == 0 && watch->waits_for_events && sleeps(watch->supervisor->pid)) {
			n = poll(&notices, 1, 0);
			if (n == 0)
				break;
		}
		if (notices.revents & POLLHUP)
			return false;
		if (n > 0)
			on_notice(watch);
	}
	return true;
}

/* Reads one order; what is none ends like "end", so that a mistake in a test shows. */
static void obey(struct watch *watch, const char *order)
{
	char word[ORDER_MAX] = "";

	watch->what = WHAT_WATCH;
	watch->with_data = strcmp(order, "watch data") == 0;
	if (sscanf(order, "fail %u %d %511s", &watch->target, &watch->error, watch->names) == 3)
		watch->what = WHAT_FAIL;
	else if (sscanf(order, "short %u %511s %511s", &watch->target, watch->names, watch->part) == 3)
		watch->what = WHAT_SHORT;
	else if (sscanf(order, "kill %u", &watch->target) == 1)
		watch->what = WHAT_KILL;
	else if (sscanf(order, "every %d %511s %511s", &watch->error, watch->names, watch->part) == 3)
		watch->what = WHAT_EVERY;
	else if (sscanf(order, "%511s", word) != 1 || strcmp(word, "watch") != 0)
		watch->what = WHAT_NOTHING;
	watch->count = watch->of_name = watch->hits = 0;
	strcpy(watch->hit, "-");
	if (watch->log)
		fclose(watch->log);
	watch->log = watch->what == WHAT_NOTHING ? NULL : fopen(watch->supervisor->log, "we");
}

/* One packet of somebody who gives orders; false when the program or they have ended. */
static bool on_order(struct watch *watch, int fd)
{
	char order[ORDER_MAX + 1], answer[ORDER_MAX];
	ssize_t length = recv(fd, order, ORDER_MAX, 0);
	bool runs = true;

	if (length <= 0)
		return false;
	order[length] = '\0';
	if (strcmp(order, "end") == 0) {
		runs = settle(watch);
		snprintf(answer, sizeof(answer), "%u %u %s", watch->count, watch->hits, watch->hit);
		watch->what = WHAT_NOTHING;
	} else {
		obey(watch, order);
		snprintf(answer, sizeof(answer), "ok");
	}
	(void)!send(fd, answer, strlen(answer), MSG_NOSIGNAL);
	return runs;
}

int supervise(const struct supervisor *supervisor)
{
	static struct watch watch;
	CLEANUP_CLOSE int client = -1;

	watch.supervisor = supervisor;
	if (supervisor->order)
		obey(&watch, supervisor->order);
	for (;;) {
		struct pollfd fds[] = {
			{ .fd = supervisor->notices, .events = POLLIN },
			{ .fd = supervisor->listener, .events = POLLIN },
			{ .fd = client, .events = POLLIN },
		};

		if (poll(fds, ARRAY_SIZE(fds), -1) < 0 && errno != EINTR)
			return -errno;
		if (fds[0].revents & POLLIN)
			on_notice(&watch);
		if (fds[0].revents & POLLHUP)
			return 0;
		if (fds[1].revents & POLLIN) {
			if (client >= 0)
				close(client);
			client = accept4(supervisor->listener, NULL, NULL, SOCK_CLOEXEC);
		} else if (fds[2].revents && !on_order(&watch, client)) {
			close(client);
			client = -1;
		}
	}
}
