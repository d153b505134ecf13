/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/watch.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "common/cleanup.h"

/* A value was written: seen at the write, and again when a program closes the file late. */
#define WRITTEN (IN_MODIFY | IN_CLOSE_WRITE | IN_DELETE_SELF)
#define CREATED (IN_CREATE | IN_MOVED_TO)

/* Room for at least 16 events, with the longest of names. */
#define BUFFER_SIZE (16 * (sizeof(struct inotify_event) + NAME_MAX + 1))

static const uint32_t mask_of[WATCH_KINDS] = {
	[WATCH_BUS] = WRITTEN,
	[WATCH_KVM] = WRITTEN,
	[WATCH_QUEUE] = WRITTEN,
	[WATCH_DEVICE] = WRITTEN,
	[WATCH_DEV] = CREATED,
	[WATCH_GROUPS] = CREATED | IN_OPEN | IN_CLOSE,
	[WATCH_NODES] = IN_OPEN | IN_CLOSE,
};

struct entry {
	int wd;
	unsigned int sweep;
	struct watch_key key;
};

struct watch {
	int fd;
	sd_event_source *source;
	watch_fn fn;
	void *userdata;
	struct entry *entries;	/* in order of wd, which the kernel counts up */
	size_t count, size;
	unsigned int sweep;
};

/* The first entry whose wd is at least wd. */
static size_t find(const struct watch *watch, int wd)
{
	size_t low = 0, high = watch->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (watch->entries[middle].wd < wd)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_at(const struct watch *watch, size_t i, int wd)
{
	return i < watch->count && watch->entries[i].wd == wd;
}

static void remove_at(struct watch *watch, size_t i)
{
	watch->count--;
	memmove(watch->entries + i, watch->entries + i + 1,
		(watch->count - i) * sizeof(*watch->entries));
}

static bool same_key(const struct watch_key *a, const struct watch_key *b)
{
	return a->kind == b->kind && a->pid == b->pid && apqn_compare(a->apqn, b->apqn) == 0 &&
	       uuid_equal(&a->uuid, &b->uuid);
}

int watch_add(struct watch *watch, const char *path, const struct watch_key *key)
{
	int wd = inotify_add_watch(watch->fd, path,
				   mask_of[key->kind] | IN_ONLYDIR | IN_DONT_FOLLOW);
	size_t i;

	if (wd < 0)
		return -errno;
	i = find(watch, wd);
	if (is_at(watch, i, wd)) {
		watch->entries[i].sweep = watch->sweep;
		return 0;
	}
	if (watch->count == watch->size) {
		size_t size = watch->size ? 2 * watch->size : 64;
		struct entry *entries = reallocarray(watch->entries, size, sizeof(*entries));

		if (!entries) {
			inotify_rm_watch(watch->fd, wd);
			return -ENOMEM;
		}
		watch->entries = entries;
		watch->size = size;
	}
	memmove(watch->entries + i + 1, watch->entries + i,
		(watch->count - i) * sizeof(*watch->entries));
	watch->entries[i] = (struct entry){ .wd = wd, .sweep = watch->sweep, .key = *key };
	watch->count++;
	return 1;
}

void watch_forget(struct watch *watch, const struct watch_key *key)
{
	for (size_t i = watch->count; i-- > 0;) {
		if (!same_key(&watch->entries[i].key, key))
			continue;
		inotify_rm_watch(watch->fd, watch->entries[i].wd);
		remove_at(watch, i);
	}
}

void watch_sweep_begin(struct watch *watch)
{
	watch->sweep++;
}

void watch_sweep_end(struct watch *watch)
{
	size_t kept = 0;

	for (size_t i = 0; i < watch->count; i++) {
		/* A VMM's own /dev goes by itself, and is not looked for in a scan. */
		if (watch->entries[i].sweep == watch->sweep || watch->entries[i].key.pid > 0)
			watch->entries[kept++] = watch->entries[i];
		else
			inotify_rm_watch(watch->fd, watch->entries[i].wd);
	}
	watch->count = kept;
}

static void take(struct watch *watch, const struct inotify_event *event)
{
	size_t i = find(watch, event->wd);
	struct watch_key key;

	if (event->mask & IN_Q_OVERFLOW) {
		watch->fn(watch->userdata, NULL, "", false);
		return;
	}
	if (!is_at(watch, i, event->wd))
		return;
	key = watch->entries[i].key;	/* the table may change under the callback */
	if (event->mask & IN_IGNORED)
		remove_at(watch, i);
	watch->fn(watch->userdata, &key, event->len > 0 ? event->name : "", event->mask & CREATED);
}

/* Returns true if b says nothing beyond a: as IN_CLOSE_WRITE does right after IN_MODIFY. */
static bool repeats(const struct inotify_event *a, const struct inotify_event *b)
{
	return a->wd == b->wd && a->len == b->len &&
	       (a->len == 0 || strcmp(a->name, b->name) == 0) && !(b->mask & ~(WRITTEN | IN_ISDIR));
}

static int on_input(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	_Alignas(struct inotify_event) char buffer[BUFFER_SIZE];
	const struct inotify_event *event, *last = NULL;
	ssize_t n = read(fd, buffer, sizeof(buffer));

	(void)source;
	(void)events;
	for (ssize_t at = 0; at < n; at += sizeof(*event) + event->len) {
		event = (const void *)(buffer + at);
		if (!last || !repeats(last, event))
			take(userdata, event);
		last = event;
	}
	return 0;
}

int watch_open(sd_event *loop, watch_fn fn, void *userdata, struct watch **ret_watch)
{
	struct watch *watch = calloc(1, sizeof(*watch));
	int r;

	if (!watch)
		return -ENOMEM;
	*watch = (struct watch){
		.fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC),
		.fn = fn,
		.userdata = userdata,
	};
	r = watch->fd < 0 ? -errno : 0;
	if (r >= 0)
		r = sd_event_add_io(loop, &watch->source, watch->fd, EPOLLIN, on_input, watch);
	if (r < 0) {
		watch_close(watch);
		return r;
	}
	*ret_watch = watch;
	return 0;
}

void watch_close(struct watch *watch)
{
	if (!watch)
		return;
	sd_event_source_disable_unref(watch->source);
	if (watch->fd >= 0)
		close(watch->fd);
	free(watch->entries);
	free(watch);
}
