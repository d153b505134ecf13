/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/store/lock-file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "common/utf8.h"
#include "daemon/log.h"

/* Of Linux 5.8; older headers have it not. */
#ifndef STATX_ATTR_MOUNT_ROOT
#define STATX_ATTR_MOUNT_ROOT 0x2000
#endif

/* A lock file without a pid is being written, unless it is older than this, in seconds. */
#define EMPTY_AGE_MAX 120

/* Users are searched for in this many lines of /etc/passwd. */
#define PASSWD_LINES_MAX 4096

/* Returns true if the file is a regular file of root or of our own user, as locks are. */
static bool is_lock(uid_t owner, mode_t mode)
{
	return S_ISREG(mode) && (owner == 0 || owner == geteuid());
}

/* The pid in the lock, if it still is the file that was seen; -EAGAIN if not. */
static int read_pid(const char *path, struct lock_file *file)
{
	/* O_NONBLOCK: what took its place may be a FIFO, or a file with a lease. */
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
	char text[41] = "";
	struct stat stat;
	ssize_t n;
	long pid;

	if (fd < 0 || fstat(fd, &stat) < 0)
		return errno == ELOOP || errno == ENXIO || errno == EWOULDBLOCK ? -EAGAIN : -errno;
	if (stat.st_ino != file->inode || !is_lock(stat.st_uid, stat.st_mode))
		return -EAGAIN;
	/* The first digits of a pid are that of another process, or of none. */
	n = io_read(fd, text, sizeof(text) - 1);
	if (n < 0)
		return (int)n;
	pid = strtol(text, NULL, 10);
	file->pid = pid > 0 && pid <= INT_MAX ? (pid_t)pid : 0;
	file->age = time(NULL) - stat.st_mtime;
	return 0;
}

/* Returns true if the file system is a user's FUSE, which answers EACCES to root, too. */
static bool is_fuse(const char *path)
{
	CLEANUP_CLOSE int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct statfs stat;

	return fd >= 0 && fstatfs(fd, &stat) == 0 && stat.f_type == FUSE_SUPER_MAGIC;
}

static int look_once(const char *path, struct lock_file *ret_file)
{
	struct lock_file file = { 0 };
	struct statx stat;
	int r = 0;

	/* AT_STATX_DONT_SYNC: no file server, which may be a user's own by FUSE, is asked. */
	if (statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC,
		  STATX_BASIC_STATS, &stat) < 0) {
		r = -errno;
		if (r != -EACCES || !is_fuse(path))
			return r;
		file.owner = (uid_t)-1;
		file.is_mount_point = true;
		*ret_file = file;
		return 0;
	}
	file.inode = stat.stx_ino;
	file.owner = stat.stx_uid;
	file.mode = stat.stx_mode;
	file.is_mount_point = (stat.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
	file.is_lock = !file.is_mount_point && is_lock(file.owner, file.mode);
	if (file.is_lock)
		r = read_pid(path, &file);
	if (r == 0)
		*ret_file = file;
	return r;
}

int lock_file_look(const char *path, struct lock_file *ret_file)
{
	int r = look_once(path, ret_file);

	/*
	 * The file changed in between.  One repetition has to do: a user may change the file for
	 * ever.
	 */
	return r == -EAGAIN ? look_once(path, ret_file) : r;
}

bool lock_file_is_stale(const struct lock_file *file)
{
	/* One from the future is from before the clock was set back. */
	if (file->pid <= 0)
		return file->age > EMPTY_AGE_MAX || file->age < -EMPTY_AGE_MAX;
	/* A lock of our own pid was left by a daemon before us that had the same. */
	return file->pid == getpid() || (kill(file->pid, 0) < 0 && errno == ESRCH);
}

/* "PATH.WORDRANDOM" */
static int make_name(const char *path, const char *word, char **ret_name)
{
	unsigned long long number;

	if (getrandom(&number, sizeof(number), 0) != (ssize_t)sizeof(number))
		return -errno;
	if (asprintf(ret_name, "%s.%s%016llx", path, word, number) < 0) {
		*ret_name = NULL;
		return -ENOMEM;
	}
	return 0;
}

int lock_file_make(const char *path, char **ret_path, ino_t *ret_inode)
{
	CLEANUP_CLOSE int fd = -1;
	CLEANUP_FREE char *mine = NULL;
	struct stat stat;
	char word[32];
	int r;

	snprintf(word, sizeof(word), "apqd-%d-", (int)getpid());
	r = make_name(path, word, &mine);
	if (r < 0)
		return r;
	fd = open(mine, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return -errno;
	if (dprintf(fd, "%d\n", (int)getpid()) < 0 || fstat(fd, &stat) < 0) {
		r = -errno;
		unlink(mine);
		return r;
	}
	*ret_inode = stat.st_ino;
	*ret_path = TAKE_PTR(mine);
	return 0;
}

/*
 * The user's name.  Only the file is read: a name service may be slow, and this is the loop.
 * Returns "" where there is none.
 */
static void name_owner(uid_t owner, char *ret_name, size_t size)
{
	CLEANUP(fclosep) FILE *file = fopen("/etc/passwd", "re");
	struct passwd entry, *found;
	char buffer[1024];

	ret_name[0] = '\0';
	for (unsigned int i = 0; file && i < PASSWD_LINES_MAX; i++) {
		int r = fgetpwent_r(file, &entry, buffer, sizeof(buffer), &found);

		if (r != 0 && r != ERANGE)
			return;
		if (r == 0 && entry.pw_uid == owner) {
			snprintf(ret_name, size, "%s", entry.pw_name);
			utf8_repair(ret_name);
			return;
		}
	}
}

static const char *name_kind(const struct lock_file *file)
{
	if (file->is_mount_point)
		return "a mount point";
	switch (file->mode & S_IFMT) {
	case S_IFREG:
		return "a regular file";
	case S_IFDIR:
		return "a directory";
	case S_IFLNK:
		return "a symbolic link";
	case S_IFIFO:
		return "a FIFO";
	case S_IFSOCK:
		return "a socket";
	default:
		return "a device node";
	}
}

/* "a FIFO of the user nobody (uid 65534)" */
static void describe(const struct lock_file *file, char *ret_text, size_t size)
{
	char name[64];

	if (file->owner == (uid_t)-1) {
		snprintf(ret_text, size, "%s of an unknown user", name_kind(file));
		return;
	}
	name_owner(file->owner, name, sizeof(name));
	snprintf(ret_text, size, "%s of the user %s%suid %u%s", name_kind(file), name, name[0] ? " (" : "",
		 (unsigned int)file->owner, name[0] ? ")" : "");
}

void lock_file_log_stuck(const char *path, const struct lock_file *file, int error)
{
	char text[128];

	describe(file, text, sizeof(text));
	log_warning("%s is %s, and not the AP configuration lock, which is a regular file of root. apqd cannot "
		    "move it out of the way: %s. No other program can take the lock meanwhile, so apqd makes its "
		    "changes without the lock. Run: %s %s",
		    path, text, strerror(error), file->is_mount_point ? "umount" : "rm -r", path);
}

/*
 * After the exchange of names, the former file of the lock's path is at mine.  Removes a stale
 * lock, and renames and logs all else.
 */
static void put_away(const char *mine, const char *path, const struct lock_file *file)
{
	CLEANUP_FREE char *moved = NULL;
	char text[128];

	if (file->is_lock) {
		unlink(mine);
		return;
	}
	describe(file, text, sizeof(text));
	if (make_name(path, "moved-", &moved) == 0 && rename(mine, moved) == 0)
		mine = moved;
	log_warning("%s was %s, and not the AP configuration lock, which is a regular file of root. apqd has "
		    "renamed it to %s.",
		    path, text, mine);
}

/* The same on a file system that cannot exchange two names. */
static int exchange_slowly(const char *mine, const char *path)
{
	CLEANUP_FREE char *aside = NULL;
	int r = make_name(path, "moved-", &aside);

	if (r < 0)
		return r;
	if (rename(path, aside) < 0)
		return errno == ENOENT ? -EAGAIN : -errno;
	r = link(mine, path) < 0 ? -errno : 0;
	/* Somebody was faster: what lay there is out of the way for him, too. */
	if (r < 0)
		return r == -EEXIST ? -EAGAIN : r;
	unlink(mine);
	return rename(aside, mine) < 0 ? -errno : 0;
}

static int exchange(const char *mine, const char *path)
{
	if (renameat2(AT_FDCWD, mine, AT_FDCWD, path, RENAME_EXCHANGE) == 0)
		return 0;
	if (errno == EINVAL || errno == ENOSYS)
		return exchange_slowly(mine, path);
	return errno == ENOENT ? -EAGAIN : -errno;
}

int lock_file_take_over(const char *mine, const char *path, const struct lock_file *was)
{
	struct lock_file out = *was;
	int r = exchange(mine, path);

	if (r < 0)
		return r;
	/* Between the look and the exchange somebody may have taken the lock: it is his. */
	if (lock_file_look(mine, &out) == 0 && out.is_lock && (!was->is_lock || out.inode != was->inode) &&
	    !lock_file_is_stale(&out)) {
		r = exchange(mine, path);
		return r < 0 ? r : -EAGAIN;
	}
	put_away(mine, path, &out);
	return 0;
}
