/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Notices what other programs do to the files in /etc, and to udev's rules, by inotify.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "daemon/store/internal.h"

#define WATCHED                                                                              \
	(IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB | \
	 IN_ONLYDIR)

/* Whether an event in the folder that is watched for rules may change them. */
static bool concerns_rules(const struct store_rules *rules, const struct inotify_event *event)
{
	const char *name = rules->awaited ? rules->awaited : STORE_RULES_NAME;
	size_t length = strcspn(name, "/");

	if (rules->watch != event->wd)
		return false;
	/* Without a name it is about the folder itself: it goes. */
	return event->len == 0 ||
	       (strlen(event->name) == length && memcmp(event->name, name, length) == 0);
}

static void report(struct store *store, const struct inotify_event *event)
{
	bool rules = false;
	struct uuid uuid;

	for (size_t i = 0; i < ARRAY_SIZE(store->rules); i++)
		rules |= concerns_rules(&store->rules[i], event);
	/* Lost events: whoever listens has to look at everything. */
	if (rules || event->mask & IN_Q_OVERFLOW) {
		store->event(store->userdata, NULL);
		return;
	}
	/* Names with a dot are temporary files, ours and those of editors. */
	if (event->len == 0 || event->name[0] == '.')
		return;
	for (size_t i = 0; i < STORE_FOLDERS; i++) {
		if (store->watch[i] != event->wd)
			continue;
		if (store_parse_name((enum store_folder)i, event->name, &uuid) == 0)
			store->event(store->userdata, &uuid);
		else if (i == STORE_DEFINITIONS || strcmp(event->name, STORE_POLICY_NAME) == 0)
			store->event(store->userdata, NULL);
	}
}

static int on_inotify(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	char buffer[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	ssize_t n = read(fd, buffer, sizeof(buffer));

	(void)source;
	(void)revents;
	for (char *p = buffer; n > 0 && p < buffer + n;) {
		const struct inotify_event *event = (const struct inotify_event *)p;

		report(userdata, event);
		p += sizeof(*event) + event->len;
	}
	return 0;
}

/* Watches the folder, or the nearest one above it that is there, for the one below to appear. */
static void watch_nearest(int fd, struct store_rules *rules)
{
	CLEANUP_FREE char *path = strdup(rules->path);
	char *end;

	rules->awaited = NULL;
	rules->watch = path ? inotify_add_watch(fd, path, WATCHED | IN_MOVE_SELF) : -1;
	while (rules->watch < 0 && path && (end = strrchr(path, '/')) != NULL) {
		*end = '\0';
		rules->awaited = rules->path + (end - path) + 1;
		rules->watch = inotify_add_watch(fd, *path ? path : "/", WATCHED | IN_MOVE_SELF);
	}
}

void store_watch_rules(struct store *store)
{
	int fd = store->watch_source ? sd_event_source_get_io_fd(store->watch_source) : -1;

	if (fd < 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(store->rules); i++) {
		int before;

		/* What appears between a look and the watch is found by looking again. */
		do {
			before = store->rules[i].watch;
			watch_nearest(fd, &store->rules[i]);
		} while (store->rules[i].watch != before);
		/* The watch of a folder above stays: its events are nobody's then, and do nothing. */
	}
}

int store_watch(struct store *store, sd_event *loop, store_event_fn event, void *userdata)
{
	static const enum store_folder watched[] = { STORE_DEFINITIONS, STORE_DEVICES, STORE_HOST };
	CLEANUP_CLOSE int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	int r;

	if (fd < 0)
		return -errno;
	for (size_t i = 0; i < STORE_FOLDERS; i++)
		store->watch[i] = -1;
	for (size_t i = 0; i < ARRAY_SIZE(watched); i++) {
		store->watch[watched[i]] =
			inotify_add_watch(fd, store->folder[watched[i]].path, WATCHED);
		if (store->watch[watched[i]] < 0)
			return -errno;
	}
	store->event = event;
	store->userdata = userdata;
	r = sd_event_add_io(loop, &store->watch_source, fd, EPOLLIN, on_inotify, store);
	if (r < 0)
		return r;
	r = sd_event_source_set_io_fd_own(store->watch_source, true);
	if (r < 0)
		return r;
	fd = -1;
	store_watch_rules(store);
	return 0;
}
