/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/sysfs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/limits.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/io.h"

/* The first failure since sysfs_begin(), of this thread. */
static _Thread_local int failure;

void sysfs_note(int error)
{
	if (failure == 0 && io_is_of_the_moment(error))
		failure = -error;
}

void sysfs_begin(void)
{
	failure = 0;
}

int sysfs_failure(void)
{
	return failure;
}

int sysfs_take_failure(void)
{
	int r = failure;

	failure = 0;
	return r;
}

int sysfs_open(const char *path)
{
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	struct statfs statfs;

	if (fd < 0 || fstatfs(fd, &statfs) < 0) {
		int error = errno;

		sysfs_note(error);
		return -error;
	}
	if (statfs.f_type != SYSFS_MAGIC)
		return -EPROTOTYPE;
	return TAKE_FD(fd);
}

/* A name that went between open() and read() answers ENODEV: to us the same as not there. */
static int gone(int error)
{
	sysfs_note(error);
	return error == ENODEV ? -ENOENT : -error;
}

int sysfs_read(int directory, const char *name, char *ret_text, size_t size)
{
	CLEANUP_CLOSE int fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	char text[SYSFS_TEXT_SIZE + 1];
	ssize_t length;

	if (fd < 0)
		return gone(errno);
	/* sysfs gives in one read(2) all that fits, and no attribute is larger than this */
	do
		length = read(fd, text, sizeof(text));
	while (length < 0 && errno == EINTR);
	if (length < 0)
		return gone(errno);
	if (length > 0 && text[length - 1] == '\n')
		length--;
	if ((size_t)length >= size || (size_t)length >= sizeof(text))
		return -E2BIG;
	if (memchr(text, '\0', length))
		return -EBADMSG;
	memcpy(ret_text, text, length);
	ret_text[length] = '\0';
	return length;
}

int sysfs_read_number(int directory, const char *name, int64_t min, int64_t max,
		      int64_t *ret_number)
{
	char text[24], *end;
	long long number;
	int r = sysfs_read(directory, name, text, sizeof(text));

	if (r < 0)
		return r;
	/* strtoll() alone would take blanks and a plus sign */
	if (text[0] != '-' && (text[0] < '0' || text[0] > '9'))
		return -EBADMSG;
	errno = 0;
	number = strtoll(text, &end, 10);
	if (errno != 0 || *end != '\0' || number < min || number > max)
		return -EBADMSG;
	*ret_number = number;
	return 0;
}

int sysfs_read_flag(int directory, const char *name, bool *ret_flag)
{
	int64_t number;
	int r = sysfs_read_number(directory, name, 0, 1, &number);

	if (r < 0)
		return r;
	*ret_flag = number;
	return 0;
}

int sysfs_read_mask(int directory, const char *name, struct mask *ret_mask)
{
	char text[MASK_TEXT_SIZE];
	int r = sysfs_read(directory, name, text, sizeof(text));

	if (r < 0)
		return r;
	return mask_parse(text, r, ret_mask) < 0 ? -EBADMSG : 0;
}

int sysfs_read_link(int directory, const char *name, char *ret_text, size_t size)
{
	char target[PATH_MAX], *last;
	ssize_t n = readlinkat(directory, name, target, sizeof(target));

	if (n < 0)
		return gone(errno);
	if ((size_t)n >= sizeof(target))
		return -E2BIG;
	target[n] = '\0';
	last = strrchr(target, '/');
	last = last ? last + 1 : target;
	if (strlen(last) >= size)
		return -E2BIG;
	strcpy(ret_text, last);
	return 0;
}

int sysfs_next(DIR *stream, struct dirent **ret_entry)
{
	int r = io_next_entry(stream, ret_entry);

	if (r < 0)
		sysfs_note(-r);
	return r;
}

bool sysfs_has(int directory, const char *name)
{
	if (faccessat(directory, name, F_OK, 0) == 0)
		return true;
	sysfs_note(errno);
	return false;
}

bool sysfs_link_is(int directory, const char *name, const char *expected)
{
	char target[NAME_MAX + 1];

	return sysfs_read_link(directory, name, target, sizeof(target)) == 0 &&
	       strcmp(target, expected) == 0;
}

int sysfs_write(int directory, const char *name, const char *value, bool *ret_opened)
{
	CLEANUP_CLOSE int fd = openat(directory, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	size_t length = strlen(value);
	ssize_t n;

	*ret_opened = fd >= 0;
	if (fd < 0)
		return -errno;
	/* the drivers answer EINTR only while they wait for a lock, before they did anything */
	do
		n = write(fd, value, length);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return (size_t)n == length ? 0 : -EIO;
}
