/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/store/lock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "common/utf8.h"

/* A lock file without a pid is being written, unless it is older than this, in seconds. */
#define EMPTY_AGE_MAX 120

struct lock {
	char *path;
	unsigned int holders;	/* how many changes of ours hold it */
};

static int read_owner(const char *path, pid_t *ret_pid, time_t *ret_age, ino_t *ret_inode);
static bool is_stale(pid_t pid, time_t age);
static void remove_leftovers(int folder);
static void remove_stale(const char *path, ino_t inode);

int lock_new(const char *root, struct lock **ret_lock)
{
	CLEANUP_FREE char *folder = NULL;
	struct lock *lock = calloc(1, sizeof(*lock));
	pid_t pid;
	time_t age;
	ino_t inode;
	int fd;

	if (!lock || asprintf(&lock->path, "%s/run/lock/s390apconfig.lock", root) < 0) {
		free(lock);
		return -ENOMEM;
	}
	folder = strndup(lock->path, (size_t)(strrchr(lock->path, '/') - lock->path));
	fd = folder ? io_open_folder(folder, 0755) : -ENOMEM;
	if (fd < 0) {
		lock_free(lock);
		return fd;
	}
	remove_leftovers(fd);
	close(fd);
	/* That of a killed daemon would count again as soon as another process has its pid. */
	if (read_owner(lock->path, &pid, &age, &inode) == 0 && is_stale(pid, age))
		remove_stale(lock->path, inode);
	*ret_lock = lock;
	return 0;
}

void lock_free(struct lock *lock)
{
	if (!lock)
		return;
	if (lock->holders > 1)
		lock->holders = 1;
	lock_release(lock);
	free(lock->path);
	free(lock);
}

/* What is in the lock file, pid 0 for none; *ret_inode tells it from one that takes its place. */
static int read_owner(const char *path, pid_t *ret_pid, time_t *ret_age, ino_t *ret_inode)
{
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
	char text[41] = "";
	struct stat stat;
	ssize_t n;
	long pid;

	if (fd < 0 || fstat(fd, &stat) < 0)
		return -errno;
	/* The first digits of a pid are that of another process, or of none. */
	n = io_read(fd, text, sizeof(text) - 1);
	if (n < 0)
		return (int)n;
	pid = strtol(text, NULL, 10);
	*ret_pid = pid > 0 && pid <= INT_MAX ? (pid_t)pid : 0;
	*ret_age = time(NULL) - stat.st_mtime;
	*ret_inode = stat.st_ino;
	return 0;
}

static void name_command(pid_t pid, struct lock_holder *holder)
{
	CLEANUP(fclosep) FILE *file = NULL;
	char path[40];

	holder->pid = pid;
	holder->command[0] = '\0';
	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	file = fopen(path, "re");
	if (file && fgets(holder->command, sizeof(holder->command), file))
		holder->command[strcspn(holder->command, "\n")] = '\0';
	/* A process names itself as it likes. */
	utf8_repair(holder->command);
}

static bool is_stale(pid_t pid, time_t age)
{
	/* One from the future is from before the clock was set back. */
	if (pid <= 0)
		return age > EMPTY_AGE_MAX || age < -EMPTY_AGE_MAX;
	/* A lock of our own pid was left by a daemon before us that had the same. */
	return pid == getpid() || (kill(pid, 0) < 0 && errno == ESRCH);
}

/* The files of daemons that were killed while they took the lock. */
static void remove_leftovers(int folder)
{
	CLEANUP(closedirp) DIR *stream = NULL;
	struct dirent *entry;
	int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	stream = fd < 0 ? NULL : fdopendir(fd);
	if (!stream && fd >= 0)
		close(fd);
	while (stream && (entry = readdir(stream))) {
		int pid = 0, end = 0;

		/* ".apqd-PID" is of take(), ".stale-PID" of remove_stale() */
		if (sscanf(entry->d_name, "s390apconfig.lock.%*[a-z]-%d%n", &pid, &end) == 1 &&
		    entry->d_name[end] == '\0' && is_stale(pid, 0))
			unlinkat(folder, entry->d_name, 0);
	}
}

/*
 * Takes a stale file away.  Between reading and unlinking somebody else may have done the same
 * and taken the lock, so the file is renamed first, and put back if it is another one.
 */
static void remove_stale(const char *path, ino_t inode)
{
	CLEANUP_FREE char *aside = NULL;
	struct stat stat;

	if (asprintf(&aside, "%s.stale-%d", path, (int)getpid()) < 0) {
		aside = NULL;
		return;
	}
	if (rename(path, aside) < 0)
		return;
	if (lstat(aside, &stat) == 0 && stat.st_ino != inode && link(aside, path) < 0 &&
	    errno != EEXIST)
		return;
	unlink(aside);
}

static int write_temporary(const char *path)
{
	CLEANUP_CLOSE int fd =
		open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);

	if (fd < 0)
		return -errno;
	return dprintf(fd, "%d\n", (int)getpid()) < 0 ? -errno : 0;
}

/* One link() of a file with our pid; 0, -EEXIST where somebody has the lock, or another errno. */
static int take(struct lock *lock)
{
	CLEANUP_FREE char *temporary = NULL;
	int r;

	if (asprintf(&temporary, "%s.apqd-%d", lock->path, (int)getpid()) < 0) {
		temporary = NULL;
		return -ENOMEM;
	}
	unlink(temporary);
	r = write_temporary(temporary);
	if (r == 0 && link(temporary, lock->path) < 0)
		r = -errno;
	unlink(temporary);
	return r;
}

int lock_try(struct lock *lock, struct lock_holder *ret_holder)
{
	*ret_holder = (struct lock_holder){ 0 };
	if (lock->holders > 0) {
		lock->holders++;
		return 0;
	}
	/* A second round, where the first found a stale lock or one that was just let go. */
	for (int round = 0; round < 2; round++) {
		pid_t pid = 0;
		time_t age = 0;
		ino_t inode = 0;
		int r = take(lock);

		if (r == 0) {
			lock->holders = 1;
			return 0;
		}
		if (r != -EEXIST)
			return r;
		r = read_owner(lock->path, &pid, &age, &inode);
		if (r == -ENOENT)
			continue;
		if (r < 0)
			return r;
		name_command(pid, ret_holder);
		if (!is_stale(pid, age))
			return -EBUSY;
		remove_stale(lock->path, inode);
	}
	return -EBUSY;
}

void lock_release(struct lock *lock)
{
	pid_t pid = getpid();
	time_t age;
	ino_t inode;

	if (lock->holders == 0 || --lock->holders > 0)
		return;
	/*
	 * Somebody may have thought it stale and taken it: then it is theirs.  One that cannot be read,
	 * say without a descriptor left, is ours, since nobody takes it from the living.
	 */
	if (read_owner(lock->path, &pid, &age, &inode) != -ENOENT && pid == getpid())
		unlink(lock->path);
}
