/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The directories: opened at the start, and again when their paths lead to others.  A missing
 * directory counts as empty for all who read, and is a problem.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "daemon/store/internal.h"

static const char *const folder_path[STORE_FOLDERS] = {
	[STORE_DEFINITIONS] = "/etc/mdevctl.d/matrix", [STORE_DEVICES] = "/etc/apqd/devices.d",
	[STORE_HOST] = "/etc/apqd",		       [STORE_NOTES] = "/run/apqd/devices",
	[STORE_PENDING] = "/run/apqd/pending",
};

/* A directory that has been removed: nothing is in it, and nothing can come into it. */
static int open_none(const struct store *store)
{
	int run = store->folder[STORE_NOTES].fd, fd;

	if (mkdirat(run, ".none", 0700) < 0 && errno != EEXIST)
		return -errno;
	fd = openat(run, ".none", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return -errno;
	if (unlinkat(run, ".none", AT_REMOVEDIR) < 0) {
		int r = -errno;

		close(fd);
		return r;
	}
	return fd;
}

/* Has everybody who uses the directory's descriptor use the new one, which is closed. */
static int exchange(struct store *store, enum store_folder folder, int fd)
{
	int r = dup3(fd, store->folder[folder].fd, O_CLOEXEC) < 0 ? -errno : 0;

	close(fd);
	if (r == 0)
		atomic_fetch_add(&store->generation, 1);
	return r;
}

/*
 * Returns true if apqd may not create the directory.  The store then treats it as empty instead of
 * failing.
 */
static bool is_forbidden(int r)
{
	return r == -EROFS || r == -EACCES || r == -EPERM;
}

static int open_first(struct store *store, enum store_folder which)
{
	int fd = io_open_folder(store->folder[which].path, 0755);

	if (is_forbidden(fd) && which != STORE_NOTES && which != STORE_PENDING) {
		store->folder[which].missing = fd;
		fd = open_none(store);
	}
	if (fd < 0)
		return fd;
	store->folder[which].fd = fd;
	return 0;
}

int store_open_folders(struct store *store, char **ret_path)
{
	static const enum store_folder order[STORE_FOLDERS] = { STORE_NOTES, STORE_PENDING, STORE_DEFINITIONS,
								STORE_DEVICES, STORE_HOST };

	for (size_t i = 0; i < STORE_FOLDERS; i++)
		if (asprintf(&store->folder[i].path, "%s%s", store->root, folder_path[i]) < 0) {
			store->folder[i].path = NULL;
			return -ENOMEM;
		}
	for (size_t i = 0; i < STORE_FOLDERS; i++) {
		int r = open_first(store, order[i]);

		if (r < 0) {
			*ret_path = TAKE_PTR(store->folder[order[i]].path);
			return r;
		}
	}
	return 0;
}

/*
 * Returns 1 if the path leads to the directory that is open, 0 if to another one, or a negative
 * errno. -ENOENT means that the path leads nowhere, -ENOTDIR that something else is in its place.
 */
static int is_same(const struct store *store, enum store_folder folder)
{
	struct stat ours, there;

	if (fstat(store->folder[folder].fd, &ours) < 0)
		return -errno;
	/*
	 * An open directory that was removed keeps its inode number, so the link count counts as
	 * well.
	 */
	if (stat(store->folder[folder].path, &there) < 0)
		return -errno;
	if (!S_ISDIR(there.st_mode))
		return -ENOTDIR;
	return there.st_dev == ours.st_dev && there.st_ino == ours.st_ino && ours.st_nlink > 0;
}

static void open_again(struct store *store, enum store_folder folder)
{
	int r = is_same(store, folder), fd;
	struct stat ours;

	if (r > 0) {
		store->folder[folder].missing = 0;
		return;
	}
	/* The directory was removed, and no directory took its place. */
	if ((r == -ENOENT || r == -ENOTDIR) && fstat(store->folder[folder].fd, &ours) == 0 &&
	    ours.st_nlink == 0) {
		if (!is_forbidden(store->folder[folder].missing))
			store->folder[folder].missing = r;
		return;
	}
	fd = r == 0 ? open(store->folder[folder].path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : r;
	if (r == 0 && fd < 0)
		fd = -errno;
	store->folder[folder].missing = fd < 0 ? fd : 0;
	/* A failure of the moment leaves the open directory in place. */
	if (fd < 0 && store_is_of_the_moment(fd)) {
		store_note_failure(store, fd);
		return;
	}
	if (fd < 0)
		fd = open_none(store);
	if (fd < 0 || exchange(store, folder, fd) < 0)
		store_note_failure(store, -EIO);
}

void store_open_replaced(struct store *store)
{
	for (size_t i = 0; i < STORE_ETC_FOLDERS; i++)
		open_again(store, store_etc_folders[i]);
}

/*
 * Makes "Run: ..." for a directory that is missing. mkdir alone makes none where a link leads to it.
 * Returns a negative number without memory.
 */
static int print_remedy(char **ret_text, const char *path)
{
	CLEANUP_FREE char *part = strdup(path);
	bool has_link = false;
	struct stat stat;

	for (char *slash = part; part && slash && !has_link; slash = strchr(slash + 1, '/')) {
		char was = *slash;

		*slash = '\0';
		has_link = *part && lstat(part, &stat) == 0 && S_ISLNK(stat.st_mode);
		*slash = was;
	}
	has_link |= lstat(path, &stat) == 0 && S_ISLNK(stat.st_mode);
	return asprintf(ret_text,
			has_link ? "Run: 'mkdir -p \"$(realpath -m %s)\"'." : "Run: 'mkdir -p %s'.", path);
}

void store_tell_folders(const struct store *store, struct desired *desired)
{
	for (size_t i = 0; i < STORE_ETC_FOLDERS; i++) {
		enum store_folder which = store_etc_folders[i];
		const char *path = store->folder[which].path;
		CLEANUP_FREE char *remedy = NULL;

		if (store->folder[which].missing == -ENOENT && print_remedy(&remedy, path) < 0)
			remedy = NULL;
		if (store->folder[which].missing == -ENOENT)
			problems_add(&desired->problems, PROBLEM_STRANGE_FILE, NULL, NULL,
				     "The directory %s is missing, and so are its files. %s", path,
				     remedy ? remedy : "");
		else if (store->folder[which].missing == -ENOTDIR)
			problems_add(&desired->problems, PROBLEM_STRANGE_FILE, NULL, NULL,
				     "The directory %s is missing, and so are its files: a file of another kind is in "
				     "its place, or in that of a directory above it. Move that file away, then run: "
				     "'mkdir -p %s'.",
				     path, path);
		else if (store->folder[which].missing < 0)
			problems_add(&desired->problems, PROBLEM_STRANGE_FILE, NULL, NULL,
				     "The directory %s is missing or cannot be opened, and nothing can be kept in it: "
				     "%s.",
				     path, strerror(-store->folder[which].missing));
	}
	if (store->unwatched < 0)
		problems_add(&desired->problems, PROBLEM_STRANGE_FILE, NULL, NULL,
			     "Not all of the files in %s and %s can be watched: %s%s. After you have changed one, "
			     "run: 'apqctl reload'.",
			     store->folder[STORE_DEFINITIONS].path, store->folder[STORE_HOST].path,
			     strerror(-store->unwatched),
			     store->unwatched == -ENOSPC ?
				     ", because fs.inotify.max_user_watches of sysctl is used up" :
				     "");
}

/* A change makes a directory that is missing. */
static int make(struct store *store, enum store_folder folder)
{
	int fd = io_open_folder(store->folder[folder].path, 0755);
	int r = fd < 0 ? fd : exchange(store, folder, fd);

	if (r == 0)
		store->folder[folder].missing = 0;
	return r;
}

int store_check_folders(struct store *store)
{
	for (size_t i = 0; i < STORE_ETC_FOLDERS; i++) {
		int r = is_same(store, store_etc_folders[i]);

		if (r == -ENOENT)
			r = make(store, store_etc_folders[i]);
		else if (r == 0)
			r = -ESTALE;
		if (r < 0) {
			atomic_store(&store->replaced, r == -ESTALE);
			return r;
		}
	}
	return 0;
}

bool store_has_replaced(struct store *store)
{
	return atomic_exchange(&store->replaced, false);
}
