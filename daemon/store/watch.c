/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Notices what other programs do to the files in /etc, and to udev's rules, by inotify: to the files
 * themselves, to their directories, and to the links that lead there.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "daemon/store/internal.h"

#define WATCHED                                                                              \
	(IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB | \
	 IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)

/* Of more links among the files apqd does not see where they lead. */
#define LINKS_MAX 256u

static bool is_link(const struct store *store, enum store_folder folder, const char *name)
{
	struct stat stat;

	return fstatat(store->folder[folder].fd, name, &stat, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISLNK(stat.st_mode);
}

/* Something in one of our directories. */
static void report_file(struct store *store, enum store_folder folder, const char *name)
{
	struct uuid uuid;
	bool is_ours = store_parse_name(folder, name, &uuid) == 0;

	/* The target of a link needs a watch, too, and a reading of all files sets it. */
	if (is_ours && !is_link(store, folder, name))
		store->event(store->userdata, &uuid);
	else if (is_ours || folder == STORE_DEFINITIONS || strcmp(name, STORE_POLICY_NAME) == 0)
		store->event(store->userdata, NULL);
}

static void report(struct store *store, const struct inotify_event *event)
{
	const char *name = event->len ? event->name : NULL;

	/* Lost events: whoever listens has to look at everything. */
	if (event->mask & IN_Q_OVERFLOW || path_watch_concerns(&store->paths, event->wd, name)) {
		store->event(store->userdata, NULL);
		return;
	}
	/* Names with a dot are temporary files, ours and those of editors. */
	if (!name || name[0] == '.')
		return;
	for (size_t i = 0; i < STORE_FOLDERS; i++)
		if (store->watch[i] == event->wd)
			report_file(store, (enum store_folder)i, name);
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

/* The state of a look at all paths. */
struct look {
	struct store *store;
	int fd;
	struct path_watch paths;
	int watch[STORE_FOLDERS];
	unsigned int links;
	int r;			/* the first failure */
};

static void look_at(struct look *look, const char *path)
{
	int r = path_watch_add(&look->paths, look->fd, WATCHED, look->store->root, path);

	if (look->r == 0)
		look->r = r;
}

/* The files of a directory that are links to elsewhere. */
static void look_at_links(struct look *look, enum store_folder folder)
{
	CLEANUP(closedirp) DIR *entries = NULL;
	struct dirent *entry;
	int r = io_open_entries(look->store->folder[folder].fd, &entries);

	while (r >= 0 && (r = io_next_entry(entries, &entry)) > 0) {
		char path[PATH_MAX];

		if ((entry->d_type != DT_LNK && entry->d_type != DT_UNKNOWN) || entry->d_name[0] == '.' ||
		    !is_link(look->store, folder, entry->d_name))
			continue;
		if (++look->links > LINKS_MAX) {
			r = -E2BIG;
			break;
		}
		snprintf(path, sizeof(path), "%s/%s", look->store->folder[folder].path, entry->d_name);
		look_at(look, path);
	}
	if (r < 0 && look->r == 0)
		look->r = r;
}

static void look_at_folder(struct look *look, enum store_folder folder)
{
	const char *path = look->store->folder[folder].path;

	look_at(look, path);
	look->watch[folder] = inotify_add_watch(look->fd, path, WATCHED);
	if (look->watch[folder] < 0 && look->r == 0 && errno != ENOENT && errno != ENOTDIR)
		look->r = -errno;
	look_at_links(look, folder);
}

static bool has_watch(const struct look *look, int wd)
{
	for (size_t i = 0; i < STORE_FOLDERS; i++)
		if (look->watch[i] == wd)
			return true;
	return path_watch_has(&look->paths, wd);
}

/* Directories that no path goes through any more would be watched for ever. */
static void forget_others(struct look *look)
{
	const struct store *store = look->store;

	for (size_t i = 0; i < store->paths.count; i++)
		if (!has_watch(look, store->paths.places[i].wd))
			inotify_rm_watch(look->fd, store->paths.places[i].wd);
	for (size_t i = 0; i < STORE_FOLDERS; i++)
		if (store->watch[i] >= 0 && !has_watch(look, store->watch[i]))
			inotify_rm_watch(look->fd, store->watch[i]);
}

static int watch_all(struct store *store, int fd)
{
	struct look look = { .store = store, .fd = fd };

	for (size_t i = 0; i < STORE_FOLDERS; i++)
		look.watch[i] = -1;
	for (size_t i = 0; i < STORE_ETC_FOLDERS; i++)
		look_at_folder(&look, store_etc_folders[i]);
	for (size_t i = 0; i < ARRAY_SIZE(store->rules); i++)
		look_at(&look, store->rules[i]);
	forget_others(&look);
	path_watch_done(&store->paths);
	store->paths = look.paths;
	memcpy(store->watch, look.watch, sizeof(store->watch));
	return look.r;
}

void store_reopen(struct store *store)
{
	int fd = store->watch_source ? sd_event_source_get_io_fd(store->watch_source) : -1;

	/* Before the directories are looked at: what changes in between is then seen twice. */
	store->unwatched = fd < 0 ? 0 : watch_all(store, fd);
	/* Also of a limit that somebody may raise no event tells. */
	if (store->unwatched < 0 && store->unwatched != -E2BIG)
		store_note_failure(store, -EAGAIN);
	store_open_replaced(store);
}

int store_watch(struct store *store, sd_event *loop, store_event_fn event, void *userdata)
{
	CLEANUP_CLOSE int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	int r;

	if (fd < 0)
		return -errno;
	for (size_t i = 0; i < STORE_FOLDERS; i++)
		store->watch[i] = -1;
	r = watch_all(store, fd);
	if (r < 0)
		return r;
	store->event = event;
	store->userdata = userdata;
	r = sd_event_add_io(loop, &store->watch_source, fd, EPOLLIN, on_inotify, store);
	if (r < 0)
		return r;
	r = sd_event_source_set_io_fd_own(store->watch_source, true);
	if (r < 0)
		return r;
	fd = -1;
	store_open_replaced(store);
	return 0;
}
