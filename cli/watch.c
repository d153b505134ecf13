/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/watch.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

/* After a hint the first try is soon; each that fails doubles the wait. */
#define DELAY_MIN 50
#define DELAY_MAX 5000

void watch_init(struct watch *watch, const char *path)
{
	*watch = (struct watch){
		.fd = path ? inotify_init1(IN_CLOEXEC | IN_NONBLOCK) : -1,
		.path = path,
		.delay = DELAY_MIN,
	};
}

void watch_done(struct watch *watch)
{
	if (watch->fd >= 0)
		close(watch->fd);
	watch->fd = -1;
}

/*
 * Watches the deepest folder of the path that exists, and tells what is awaited in it: the
 * socket, or the next folder on the way (systemd removes /run/apqd when apqd ends).
 */
static void add_watch(struct watch *watch, char awaited[static NAME_MAX + 1])
{
	char folder[PATH_MAX];

	awaited[0] = '\0';
	snprintf(folder, sizeof(folder), "%s%s", watch->path[0] == '/' ? "" : "./", watch->path);
	for (;;) {
		char *slash = strrchr(folder, '/');

		if (!slash)
			return;
		snprintf(awaited, NAME_MAX + 1, "%s", slash + 1);
		slash[slash == folder] = '\0';
		if (inotify_add_watch(watch->fd, folder,
				      IN_CREATE | IN_MOVED_TO | IN_ATTRIB | IN_ONLYDIR) >= 0 ||
		    strcmp(folder, "/") == 0)
			return;
	}
}

/* Takes all events that wait; returns whether one was about the awaited name. */
static bool take_events(const struct watch *watch, const char *awaited)
{
	char buffer[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	bool hit = false;
	ssize_t n;

	while ((n = read(watch->fd, buffer, sizeof(buffer))) > 0)
		for (char *p = buffer; p < buffer + n;) {
			const struct inotify_event *event = (const struct inotify_event *)p;

			hit = hit || (event->mask & (IN_IGNORED | IN_Q_OVERFLOW)) ||
			      (event->len > 0 && strcmp(event->name, awaited) == 0);
			p += sizeof(*event) + event->len;
		}
	return hit;
}

static int elapsed_ms(const struct timespec *since)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int)((now.tv_sec - since->tv_sec) * 1000 +
		     (now.tv_nsec - since->tv_nsec) / 1000000);
}

int watch_wait(struct watch *watch, int cancel_fd)
{
	struct pollfd ready[] = {
		{ .fd = cancel_fd, .events = POLLIN },
		{ .fd = watch->fd, .events = POLLIN },
	};
	char awaited[NAME_MAX + 1];
	struct timespec start;

	if (watch->fd >= 0)
		add_watch(watch, awaited);
	clock_gettime(CLOCK_MONOTONIC, &start);
	for (;;) {
		int left = watch->delay - elapsed_ms(&start);
		int n = left <= 0 ? 0 : poll(ready, ARRAY_SIZE(ready), left);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0) {
			watch->delay = watch->delay * 2 < DELAY_MAX ? watch->delay * 2 : DELAY_MAX;
			return 0;
		}
		if (n > 0 && ready[0].revents)
			return -ECANCELED;
		if (n > 0 && ready[1].revents && take_events(watch, awaited)) {
			watch->delay = DELAY_MIN;
			return 0;
		}
	}
}
