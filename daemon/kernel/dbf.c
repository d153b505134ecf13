/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/dbf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/utf8.h"
#include "daemon/kernel/kernel.h"

#define LOG_PATH "/sys/kernel/debug/s390dbf/vfio_ap/sprintf"

/* What is old is pushed out by halves. */
#define BUFFER_SIZE (2 * (size_t)KERNEL_LOG_MAX)

/* Reads into buffer; returns how much of the end lies there, or a negative errno. */
static ssize_t read_end(int fd, char *buffer)
{
	size_t length = 0, all = 0;

	while (all < DBF_READ_MAX) {
		ssize_t n = read(fd, buffer + length, BUFFER_SIZE - length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		length += n;
		all += n;
		if (length == BUFFER_SIZE) {
			length = KERNEL_LOG_MAX;
			memmove(buffer, buffer + BUFFER_SIZE - length, length);
		}
	}
	return length;
}

/* Where to begin, so that no more than KERNEL_LOG_MAX bytes are left. */
static const char *newest_lines(const char *text, size_t length)
{
	const char *start, *newline;

	if (length <= KERNEL_LOG_MAX)
		return text;
	start = text + length - KERNEL_LOG_MAX;
	newline = strchr(start - 1, '\n');
	return newline && newline[1] ? newline + 1 : start;
}

int dbf_read(int fd, char **ret_text)
{
	CLEANUP_FREE char *buffer = NULL;
	struct stat stat;
	ssize_t length;
	char *text;

	if (fstat(fd, &stat) < 0)
		return -errno;
	if (!S_ISREG(stat.st_mode))
		return -ENOENT;
	buffer = malloc(BUFFER_SIZE + 1);
	if (!buffer)
		return -ENOMEM;
	length = read_end(fd, buffer);
	if (length < 0)
		return length;
	for (ssize_t i = 0; i < length; i++)
		if (buffer[i] == '\0')
			buffer[i] = '?';
	buffer[length] = '\0';
	text = strdup(newest_lines(buffer, length));
	if (!text)
		return -ENOMEM;
	/* last, for a character may have been cut at the beginning */
	utf8_repair(text);
	*ret_text = text;
	return 0;
}

int kernel_read_log(struct kernel *kernel, char **ret_text)
{
	CLEANUP_CLOSE int fd = open(LOG_PATH, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	(void)kernel;
	return fd < 0 ? -errno : dbf_read(fd, ret_text);
}
