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

void sysfs_note(struct sysfs_dir *dir, int error)
{
	if (dir->failure == 0 && io_is_of_the_moment(error))
		dir->failure = -error;
}

int sysfs_open(const char *path)
{
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	struct statfs statfs;

	if (fd < 0 || fstatfs(fd, &statfs) < 0)
		return -errno;
	if (statfs.f_type != SYSFS_MAGIC)
		return -EPROTOTYPE;
	return TAKE_FD(fd);
}

/* A name that went between open() and read() answers ENODEV: to us the same as not there. */
static int gone(struct sysfs_dir *dir, int error)
{
	sysfs_note(dir, error);
	return error == ENODEV ? -ENOENT : -error;
}

int sysfs_read(struct sysfs_dir *dir, const char *name, char *ret_text, size_t size)
{
	CLEANUP_CLOSE int fd = openat(dir->fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	char text[SYSFS_TEXT_SIZE + 1];
	ssize_t length;

	if (fd < 0)
		return gone(dir, errno);
	/* sysfs gives in one read(2) all that fits, and no attribute is larger than this */
	do
		length = read(fd, text, sizeof(text));
	while (length < 0 && errno == EINTR);
	if (length < 0)
		return gone(dir, errno);
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

int sysfs_read_number(struct sysfs_dir *dir, const char *name, int64_t min, int64_t max,
		      int64_t *ret_number)
{
	char text[24], *end;
	long long number;
	int r = sysfs_read(dir, name, text, sizeof(text));

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

int sysfs_read_flag(struct sysfs_dir *dir, const char *name, bool *ret_flag)
{
	int64_t number;
	int r = sysfs_read_number(dir, name, 0, 1, &number);

	if (r < 0)
		return r;
	*ret_flag = number;
	return 0;
}

int sysfs_read_mask(struct sysfs_dir *dir, const char *name, struct mask *ret_mask)
{
	char text[MASK_TEXT_SIZE];
	int r = sysfs_read(dir, name, text, sizeof(text));

	if (r < 0)
		return r;
	return mask_parse(text, r, ret_mask) < 0 ? -EBADMSG : 0;
}

int sysfs_read_link(struct sysfs_dir *dir, const char *name, char *ret_text, size_t size)
{
	char target[PATH_MAX], *last;
	ssize_t n = readlinkat(dir->fd, name, target, sizeof(target));

	if (n < 0)
		return gone(dir, errno);
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

bool sysfs_has(struct sysfs_dir *dir, const char *name)
{
	if (faccessat(dir->fd, name, F_OK, 0) == 0)
		return true;
	sysfs_note(dir, errno);
	return false;
}

bool sysfs_link_is(struct sysfs_dir *dir, const char *name, const char *expected)
{
	char target[NAME_MAX + 1];

	return sysfs_read_link(dir, name, target, sizeof(target)) == 0 &&
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
