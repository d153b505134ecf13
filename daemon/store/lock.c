/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/store/lock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "common/utf8.h"
#include "daemon/store/lock-file.h"

/*
 * Number of attempts in one call: other programs may release, take or replace the lock meanwhile.
 */
#define ROUNDS 16

struct lock {
	char *path;
	char *left;		/* a temporary file that could not be removed, or NULL */
	ino_t inode;		/* of the file that is ours while we hold it */
	unsigned int holders;	/* how many changes of ours hold it */
};

static void remove_leftovers(int folder);
static void drop(struct lock *lock, char *mine);

int lock_new(const char *root, struct lock **ret_lock)
{
	CLEANUP_FREE char *folder = NULL;
	struct lock *lock = calloc(1, sizeof(*lock));
	struct lock_holder holder;
	struct lock_file file;
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
	/*
	 * Removes the lock of a killed daemon now, because it would count again as soon as another
	 * process has its pid.  Other files in the place of the lock block other programs, too.
	 */
	if (lock_file_look(lock->path, &file) == 0 && (!file.is_lock || lock_file_is_stale(&file)) &&
	    lock_try(lock, &holder) == 0)
		lock_release(lock);
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
	drop(lock, NULL);
	free(lock->left);
	free(lock->path);
	free(lock);
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

/*
 * Returns true if the name is that of a temporary file whose daemon was killed while it took the
 * lock.
 */
static bool is_leftover(const char *name)
{
	int pid = 0, end = 0;

	if (sscanf(name, "s390apconfig.lock.apqd-%d-%*16[0-9a-f]%n", &pid, &end) < 1 || end == 0)
		return false;
	return name[end] == '\0' && (pid == getpid() || (kill(pid, 0) < 0 && errno == ESRCH));
}

/*
 * Removes only files of root or of our own user.  Other files stay: the names are random, so they
 * block nobody.
 */
static void remove_leftovers(int folder)
{
	CLEANUP(closedirp) DIR *stream = NULL;
	struct dirent *entry;
	int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	stream = fd < 0 ? NULL : fdopendir(fd);
	if (!stream && fd >= 0)
		close(fd);
	while (stream && (entry = readdir(stream))) {
		struct stat stat;

		if (is_leftover(entry->d_name) &&
		    fstatat(folder, entry->d_name, &stat, AT_SYMLINK_NOFOLLOW) == 0 &&
		    (stat.st_uid == 0 || stat.st_uid == geteuid()))
			unlinkat(folder, entry->d_name, 0);
	}
}

/* One link() of a file with our pid; 0, -EAGAIN to try again, -EBUSY and who has it, or another errno. */
static int take(struct lock *lock, const char *mine, struct lock_holder *holder)
{
	struct lock_file file;
	int r;

	if (link(mine, lock->path) == 0)
		return 0;
	if (errno != EEXIST)
		return -errno;
	r = lock_file_look(lock->path, &file);
	if (r < 0)
		return r == -ENOENT ? -EAGAIN : r;
	if (file.is_lock) {
		name_command(file.pid, holder);
		if (!lock_file_is_stale(&file))
			return -EBUSY;
	}
	r = lock_file_take_over(mine, lock->path, &file);
	/* No peer can take the lock either, and it is advice: another user must not stop every change by it. */
	if (!file.is_lock && (r == -EBUSY || r == -EPERM || r == -EACCES)) {
		lock_file_log_stuck(lock->path, &file, -r);
		return 0;
	}
	return r == -EPERM || r == -EACCES ? -EBUSY : r;
}

/* Removes what lies there still, and the temporary file mine, which it takes over; NULL: none. */
static void drop(struct lock *lock, char *mine)
{
	if (lock->left && (unlink(lock->left) == 0 || errno == ENOENT || mine))
		free(TAKE_PTR(lock->left));
	if (mine && unlink(mine) < 0 && errno != ENOENT)
		lock->left = mine;
	else
		free(mine);
}

int lock_try(struct lock *lock, struct lock_holder *ret_holder)
{
	CLEANUP_FREE char *mine = NULL;
	int r;

	*ret_holder = (struct lock_holder){ 0 };
	if (lock->holders > 0) {
		lock->holders++;
		return 0;
	}
	r = lock_file_make(lock->path, &mine, &lock->inode);
	if (r < 0)
		return r;
	r = -EAGAIN;
	for (int round = 0; r == -EAGAIN && round < ROUNDS; round++)
		r = take(lock, mine, ret_holder);
	drop(lock, TAKE_PTR(mine));
	if (r < 0)
		return r == -EAGAIN ? -EBUSY : r;
	lock->holders = 1;
	return 0;
}

void lock_release(struct lock *lock)
{
	struct lock_file file;
	int r;

	if (lock->holders == 0 || --lock->holders > 0)
		return;
	r = lock_file_look(lock->path, &file);
	/*
	 * Somebody may have thought it stale and taken it: then it is theirs.  One that cannot be read,
	 * say without a descriptor left, is ours, since nobody takes it from the living.
	 */
	if (r == 0 ? file.is_lock && file.inode == lock->inode && file.pid == getpid() : r != -ENOENT)
		unlink(lock->path);
}
