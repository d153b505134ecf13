/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/varlink/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/io.h"

static int fail(char **ret_message, const char *what, const char *path, int error)
{
	if (asprintf(ret_message, "Could not %s %s: %s.", what, path, strerror(-error)) < 0)
		*ret_message = NULL;
	return error;
}

/* A list as sd_listen_fds_with_names() makes it. */
static void free_names(char **names)
{
	for (size_t i = 0; names && names[i]; i++)
		free(names[i]);
	free(names);
}

/* Which of count descriptors is ours, or -1. */
static int choose(char **names, int count)
{
	for (int i = 0; i < count; i++)
		if (strcmp(names[i], LISTENER_NAME) == 0)
			return i;
	return count == 1 ? 0 : -1;
}

/* Nothing else than this would ever be readable by accept(). */
static int check(int fd, char **ret_message)
{
	int r = sd_is_socket_unix(fd, SOCK_STREAM, 1, NULL, 0);

	if (r > 0)
		/* A client that goes before it is accepted must not hold the loop up. */
		return fcntl(fd, F_SETFL, O_NONBLOCK) < 0 ?
			       fail(ret_message, "listen on", "the service manager's socket", -errno) :
			       0;
	if (asprintf(ret_message, "The service manager handed over something that is no listening stream "
		     "socket of AF_UNIX: the socket unit needs ListenStream= with a path.") < 0)
		*ret_message = NULL;
	return r < 0 ? r : -ENOTSOCK;
}

int listener_take(int *ret_fd, char **ret_message)
{
	char **names = NULL;
	int count = sd_listen_fds_with_names(true, &names), chosen, r = 0;

	if (count < 0)
		return fail(ret_message, "take", "the service manager's sockets", count);
	chosen = choose(names, count);
	free_names(names);
	for (int i = 0; i < count; i++)
		if (i != chosen)
			close(SD_LISTEN_FDS_START + i);
	if (count > 0 && chosen < 0) {
		if (asprintf(ret_message, "The service manager handed over %d sockets, and none is called "
			     "'%s': the socket unit needs FileDescriptorName=%s.", count,
			     LISTENER_NAME, LISTENER_NAME) < 0)
			*ret_message = NULL;
		return -ENOTSOCK;
	}
	if (chosen >= 0)
		r = check(SD_LISTEN_FDS_START + chosen, ret_message);
	if (r == 0)
		*ret_fd = chosen < 0 ? -1 : SD_LISTEN_FDS_START + chosen;
	return r;
}

static int make_folder(const char *path)
{
	CLEANUP_FREE char *folder = strdup(path);
	char *slash = folder ? strrchr(folder, '/') : NULL;
	int fd;

	if (!folder)
		return -ENOMEM;
	if (!slash || slash == folder)
		return 0;
	*slash = '\0';
	fd = io_open_folder(folder, 0755);
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

/*
 * 0 where nothing is at the address, or the socket of a daemon that was killed, which is removed; else a
 * negative errno.  What else is there, or who only has no room for us, must not be taken away.
 */
static int clear(const struct sockaddr_un *address, char **ret_message)
{
	CLEANUP_CLOSE int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	const char *path = address->sun_path;
	struct stat stat;

	if (fd < 0)
		return fail(ret_message, "make the socket", path, -errno);
	if (lstat(path, &stat) < 0)
		return errno == ENOENT ? 0 : fail(ret_message, "look at", path, -errno);
	if (!S_ISSOCK(stat.st_mode))
		return fail(ret_message, "replace what is no socket at", path, -EEXIST);
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 || errno == EAGAIN)
		return fail(ret_message, "listen on", path, -EADDRINUSE);
	if (errno != ECONNREFUSED && errno != ENOENT)
		return fail(ret_message, "see who listens on", path, -errno);
	return unlink(path) < 0 && errno != ENOENT ? fail(ret_message, "remove", path, -errno) : 0;
}

int listener_open(const char *path, int *ret_fd, char **ret_message)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	CLEANUP_CLOSE int fd = -1;
	int r;

	if (strlen(path) >= sizeof(address.sun_path))
		return fail(ret_message, "listen on", path, -ENAMETOOLONG);
	strcpy(address.sun_path, path);
	r = make_folder(path);
	if (r < 0)
		return fail(ret_message, "make the folder of", path, r);
	r = clear(&address, ret_message);
	if (r < 0)
		return r;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return fail(ret_message, "make the socket", path, -errno);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return fail(ret_message, "listen on", path, -errno);
	if (chmod(path, 0666) < 0 || listen(fd, SOMAXCONN) < 0) {
		r = fail(ret_message, "listen on", path, -errno);
		unlink(path);
		return r;
	}
	*ret_fd = TAKE_FD(fd);
	return 0;
}
