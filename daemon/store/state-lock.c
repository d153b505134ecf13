/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/store/state-lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/io.h"

#define LOCK_NAME "lock"

static int fail(char **ret_message, const char *path, int r)
{
	if (asprintf(ret_message, "Could not lock the state by %s/" LOCK_NAME ": %s.", path, strerror(-r)) < 0)
		*ret_message = NULL;
	return r;
}

/* The pid that the file names, for a holder in another pid namespace; 0: it names none. */
static int read_pid(int fd)
{
	char text[16] = "";

	return pread(fd, text, sizeof(text) - 1, 0) > 0 ? atoi(text) : 0;
}

static int fail_busy(char **ret_message, const char *path, int pid)
{
	if (asprintf(ret_message,
		     "Another apqd, process %d, manages the state in %s already, and two would undo each other's "
		     "changes. End that process first.",
		     pid, path) < 0)
		*ret_message = NULL;
	return -EBUSY;
}

/* 0, -EBUSY and the pid of who has it, or another negative errno. */
static int lock(int fd, int *ret_pid)
{
	/*
	 * It is the process's, unlike that of flock(), which the child that waits for the removal of a device
	 * would hold beyond our end.  So this process may open the file only once.
	 */
	const struct flock wish = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	struct flock found = wish;

	for (int i = 0; i < 2; i++) {
		if (fcntl(fd, F_SETLK, &wish) == 0)
			return 0;
		if (errno != EAGAIN && errno != EACCES)
			return -errno;
		if (fcntl(fd, F_GETLK, &found) < 0)
			return -errno;
		/* The owner of the lock has ended meanwhile. */
		if (found.l_type == F_UNLCK)
			continue;
		*ret_pid = found.l_pid > 0 ? found.l_pid : read_pid(fd);
		return -EBUSY;
	}
	return -EAGAIN;
}

static void write_pid(int fd)
{
	char text[16];
	int length = snprintf(text, sizeof(text), "%d\n", (int)getpid());

	/* The pid in the file is for people only: the kernel knows the owner of the lock. */
	if (ftruncate(fd, 0) == 0)
		(void)!pwrite(fd, text, (size_t)length, 0);
}

int state_lock_take(const char *root, int *ret_fd, char **ret_message)
{
	CLEANUP_CLOSE int folder = -1, fd = -1;
	CLEANUP_FREE char *path = NULL;
	int r, pid = 0;

	if (asprintf(&path, "%s/run/apqd", root) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	folder = io_open_folder(path, 0755);
	if (folder < 0)
		return fail(ret_message, path, folder);
	fd = openat(folder, LOCK_NAME, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0644);
	if (fd < 0)
		return fail(ret_message, path, -errno);
	r = lock(fd, &pid);
	if (r == -EBUSY)
		return fail_busy(ret_message, path, pid);
	if (r < 0)
		return fail(ret_message, path, r);
	write_pid(fd);
	*ret_fd = TAKE_FD(fd);
	return 0;
}
