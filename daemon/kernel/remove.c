/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whoever writes to "remove" is held by the kernel until the VMM closes the device, from the
 * first signal on beyond the reach of any other (vfio_unregister_group_dev() in vfio_main.c).  A
 * thread of ours in there would keep a killed daemon from ending, and with it the socket and the
 * restart.  So a child does it, with nothing of ours open; it outlives us if it must.
 */
#include "daemon/kernel/remove.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "daemon/kernel/device.h"
#include "daemon/kernel/sysfs.h"

/* How often to look whether a device is gone that somebody else is removing, in microseconds. */
#define LOOK_AGAIN 200000u

/* Only what is safe in the child of a process with threads; the exit status is the errno. */
static _Noreturn void write_and_exit(int fd, const char *value, size_t length)
{
	ssize_t n;

	prctl(PR_SET_NAME, "apqd-remove");
	if (dup2(fd, STDIN_FILENO) < 0)
		_exit(errno);
	close_range(STDERR_FILENO + 1, ~0u, 0);
	n = write(STDIN_FILENO, value, length);
	_exit(n < 0 ? errno : (size_t)n == length ? 0 : EIO);
}

static int write_in_child(int fd, const char *value)
{
	pid_t child = fork();
	int status;

	if (child < 0)
		/* There are too many processes, while EAGAIN is what the driver says of a second removal. */
		return errno == EAGAIN ? -ENOMEM : -errno;
	if (child == 0)
		write_and_exit(fd, value, strlen(value));
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	if (!WIFEXITED(status))
		return -EINTR;
	return -WEXITSTATUS(status);
}

/* The attributes go at the beginning of a removal, the directory at its end. */
static int wait_until_gone(const struct uuid *uuid)
{
	char path[DEVICE_PATH_SIZE];

	device_path(uuid, path);
	/* What keeps us from looking for a moment says nothing: its removal has begun. */
	while (access(path, F_OK) == 0 || io_is_of_the_moment(errno))
		usleep(LOOK_AGAIN);
	return errno == ENOENT ? 0 : -errno;
}

int remove_device(const struct uuid *uuid, const char *value)
{
	CLEANUP_CLOSE int directory = device_open(uuid);
	CLEANUP_CLOSE int fd = -1;
	int r;

	if (directory == -ENOENT) {
		r = device_is_leaving(uuid);
		if (r != 0)
			return r < 0 ? r : wait_until_gone(uuid);
	}
	if (directory < 0)
		return directory;
	fd = openat(directory, "remove", O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return errno == ENOENT ? wait_until_gone(uuid) : -errno;
	r = write_in_child(fd, value);
	/* A killed child ends when the removal does: that has begun, and goes on whoever waits for it. */
	if (r == -EINTR && faccessat(directory, "remove", F_OK, 0) < 0 && errno == ENOENT)
		return wait_until_gone(uuid);
	/* One that came second is answered at once, while the first still waits for the VMM. */
	return r < 0 || strtoul(value, NULL, 0) == 0 ? r : wait_until_gone(uuid);
}
