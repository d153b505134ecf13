/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/io.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/io-rights.h"

ssize_t io_read(int fd, char *buffer, size_t size)
{
	size_t length = 0;

	while (length < size) {
		ssize_t n = read(fd, buffer + length, size - length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		length += (size_t)n;
	}
	return (ssize_t)length;
}

static int read_all(int fd, size_t max, char **ret_text, size_t *ret_length)
{
	CLEANUP_FREE char *text = malloc(max + 2);
	ssize_t length;

	if (!text)
		return -ENOMEM;
	length = io_read(fd, text, max + 1);
	if (length < 0)
		return (int)length;
	if ((size_t)length > max)
		return -EFBIG;
	text[length] = '\0';
	*ret_text = TAKE_PTR(text);
	*ret_length = (size_t)length;
	return 0;
}

bool io_is_of_the_moment(int error)
{
	return error == ENOMEM || error == EMFILE || error == ENFILE || error == EINTR;
}

int io_open_entries(int dirfd, DIR **ret_entries)
{
	CLEANUP_CLOSE int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *entries = fd < 0 ? NULL : fdopendir(fd);

	if (!entries)
		return -errno;
	(void)TAKE_FD(fd);
	*ret_entries = entries;
	return 0;
}

int io_next_entry(DIR *entries, struct dirent **ret_entry)
{
	/* At the end it stays as it is. */
	errno = 0;
	*ret_entry = readdir(entries);
	return *ret_entry ? 1 : -errno;
}

int io_read_file(int dirfd, const char *name, size_t max, char **ret_text, size_t *ret_length)
{
	/* O_NONBLOCK: a FIFO in the place of the file must not hold the loop up. */
	CLEANUP_CLOSE int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat stat;

	/* A link that leads nowhere, say to what is not mounted yet, is not the same as no file. */
	if (fd < 0 && errno == ENOENT && fstatat(dirfd, name, &stat, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISLNK(stat.st_mode))
		return -ENOLINK;
	/* So says a socket. */
	if (fd < 0 && errno == ENXIO)
		return -EINVAL;
	if (fd < 0 || fstat(fd, &stat) < 0)
		return -errno;
	if (!S_ISREG(stat.st_mode))
		return -EINVAL;
	if (stat.st_size > 0 && (size_t)stat.st_size > max)
		return -EFBIG;
	return read_all(fd, max, ret_text, ret_length);
}

int io_look(int dirfd, const char *name, struct io_state *ret_state)
{
	struct stat stat;

	if (fstatat(dirfd, name, &stat, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno != ENOENT)
			return -errno;
		*ret_state = (struct io_state){ 0 };
		return 0;
	}
	*ret_state = (struct io_state){ .inode = stat.st_ino, .size = stat.st_size,
					.changed = stat.st_ctim, .mode = stat.st_mode };
	return 0;
}

bool io_is_same(const struct io_state *a, const struct io_state *b)
{
	return a->inode == b->inode && a->size == b->size && a->mode == b->mode &&
	       a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec;
}

static int write_all(int fd, const char *text, size_t length)
{
	while (length > 0) {
		ssize_t n = write(fd, text, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		text += n;
		length -= (size_t)n;
	}
	return 0;
}

/* The name starts with a dot, so that nobody who lists the folder takes it for a file of its. */
static int name_temporary(const char *name, char ret_temporary[NAME_MAX + 1])
{
	return (size_t)snprintf(ret_temporary, NAME_MAX + 1, ".%s.apqd", name) > NAME_MAX ?
		       -ENAMETOOLONG :
		       0;
}

bool io_is_temporary(const char *name, char ret_name[NAME_MAX + 1])
{
	size_t length = strlen(name), rest = strlen(".apqd");

	if (name[0] != '.' || length <= 1 + rest || length > NAME_MAX ||
	    strcmp(name + length - rest, ".apqd") != 0)
		return false;
	snprintf(ret_name, NAME_MAX + 1, "%.*s", (int)(length - 1 - rest), name + 1);
	return true;
}

static int fill_temporary(int dirfd, const char *temporary, const char *name, const char *text,
			  size_t length, mode_t mode, enum io_lasting lasting)
{
	CLEANUP_CLOSE int fd = -1;
	int r;

	/* Whatever lies there, say a FIFO, is not what is written to. */
	if (unlinkat(dirfd, temporary, 0) < 0 && errno != ENOENT)
		return -errno;
	fd = openat(dirfd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	r = write_all(fd, text, length);
	if (r < 0)
		return r;
	r = io_take_over_rights(dirfd, name, fd, mode);
	if (r < 0)
		return r;
	if (lasting == IO_DURABLE && fsync(fd) < 0)
		return -errno;
	/* Some network file systems report a full disk only now. */
	return close(TAKE_FD(fd)) < 0 ? -errno : 0;
}

int io_stage_file(int dirfd, const char *name, const char *text, size_t length, mode_t mode,
		  enum io_lasting lasting)
{
	char temporary[NAME_MAX + 1];
	int r = name_temporary(name, temporary);

	if (r < 0)
		return r;
	r = fill_temporary(dirfd, temporary, name, text, length, mode, lasting);
	if (r < 0)
		unlinkat(dirfd, temporary, 0);
	return r;
}

int io_commit_file(int dirfd, const char *name)
{
	char temporary[NAME_MAX + 1];
	int r = name_temporary(name, temporary);

	if (r < 0)
		return r;
	return renameat(dirfd, temporary, dirfd, name) < 0 ? -errno : 0;
}

void io_drop_file(int dirfd, const char *name)
{
	char temporary[NAME_MAX + 1];

	if (name_temporary(name, temporary) == 0)
		unlinkat(dirfd, temporary, 0);
}

int io_set_file_aside(int dirfd, const char *name)
{
	char temporary[NAME_MAX + 1];
	int r = name_temporary(name, temporary);

	if (r == 0 && renameat(dirfd, name, dirfd, temporary) < 0)
		r = -errno;
	return r;
}

int io_sync_folder(int dirfd)
{
	return fsync(dirfd) < 0 ? -errno : 0;
}

int io_replace_file(int dirfd, const char *name, const char *text, size_t length, mode_t mode,
		    enum io_lasting lasting)
{
	int r = io_stage_file(dirfd, name, text, length, mode, lasting);

	if (r < 0)
		return r;
	r = io_commit_file(dirfd, name);
	if (r < 0) {
		io_drop_file(dirfd, name);
		return r;
	}
	return lasting == IO_DURABLE ? io_sync_folder(dirfd) : 0;
}

int io_remove_file(int dirfd, const char *name, enum io_lasting lasting)
{
	if (unlinkat(dirfd, name, 0) < 0)
		return errno == ENOENT ? 0 : -errno;
	return lasting == IO_DURABLE ? io_sync_folder(dirfd) : 0;
}

int io_open_folder(const char *path, mode_t mode)
{
	CLEANUP_FREE char *copy = strdup(path);
	int fd;

	if (!copy)
		return -ENOMEM;
	for (char *p = copy + 1; (p = strchr(p, '/')) != NULL; p++) {
		*p = '\0';
		if (mkdir(copy, 0755) < 0 && errno != EEXIST)
			return -errno;
		*p = '/';
	}
	if (mkdir(copy, mode) < 0 && errno != EEXIST)
		return -errno;
	fd = open(copy, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}
