/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading vfio_ap's debug log: whatever comes, it ends, and what is given is text.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "daemon/kernel/dbf.h"
#include "daemon/kernel/kernel.h"
#include "tests/unit/check.h"

/* A file of count lines "N\n" of that many digits; rewound. */
static int make_file(unsigned int count, int digits)
{
	int fd = memfd_create("log", MFD_CLOEXEC);
	FILE *file = fdopen(dup(fd), "w");

	CHECK(fd >= 0 && file);
	for (unsigned int i = 0; i < count; i++)
		fprintf(file, "%0*u\n", digits, i);
	CHECK_INT(fclose(file), 0);
	CHECK_INT(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static void a_small_one_is_whole(void)
{
	CLEANUP_CLOSE int fd = make_file(3, 4);
	CLEANUP_CLOSE int empty = make_file(0, 4);
	CLEANUP_FREE char *text = NULL;
	CLEANUP_FREE char *nothing = NULL;

	CHECK_INT(dbf_read(fd, &text), 0);
	CHECK_STR(text, "0000\n0001\n0002\n");
	CHECK_INT(dbf_read(empty, &nothing), 0);
	CHECK_STR(nothing, "");
}

/* Of all sizes around those at which the buffer moves: the last line is there, the first is whole. */
static void of_a_large_one_the_end_is_kept(void)
{
	for (unsigned int count = KERNEL_LOG_MAX / 100 - 2; count < DBF_READ_MAX / 100;
	     count += 977) {
		CLEANUP_CLOSE int fd = make_file(count, 99);
		CLEANUP_FREE char *text = NULL;
		unsigned int first = 0, last = 0;
		size_t length;

		CHECK_INT(dbf_read(fd, &text), 0);
		length = strlen(text);
		CHECK(length <= KERNEL_LOG_MAX && length % 100 == 0);
		CHECK(length > KERNEL_LOG_MAX - 100 || length == (size_t)count * 100);
		CHECK_INT(sscanf(text, "%u", &first), 1);
		CHECK_INT(sscanf(text + length - 100, "%u", &last), 1);
		CHECK_INT(last, count - 1);
		CHECK_INT(first, count - length / 100);
	}
}

static void an_endless_one_ends(void)
{
	CLEANUP_CLOSE int fd = memfd_create("log", MFD_CLOEXEC);
	CLEANUP_FREE char *text = NULL;

	CHECK_INT(ftruncate(fd, 4L * DBF_READ_MAX), 0);
	CHECK_INT(dbf_read(fd, &text), 0);
	CHECK_INT(strlen(text), KERNEL_LOG_MAX);
	CHECK_INT(text[0], '?');
	CHECK(lseek(fd, 0, SEEK_CUR) <= DBF_READ_MAX + 2L * KERNEL_LOG_MAX);
}

static void what_is_no_text_is_replaced(void)
{
	static const char bytes[] = "a\0b\xff\xc3\xa4\n\xc3";
	CLEANUP_CLOSE int fd = memfd_create("log", MFD_CLOEXEC);
	CLEANUP_FREE char *text = NULL;

	CHECK_INT(write(fd, bytes, sizeof(bytes) - 1), sizeof(bytes) - 1);
	CHECK_INT(lseek(fd, 0, SEEK_SET), 0);
	CHECK_INT(dbf_read(fd, &text), 0);
	CHECK_STR(text, "a?b?\xc3\xa4\n?");
}

static void only_files_are_read(void)
{
	CLEANUP_CLOSE int directory = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CLEANUP_CLOSE int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	char *text = NULL;

	CHECK_INT(dbf_read(directory, &text), -ENOENT);
	CHECK_INT(dbf_read(zero, &text), -ENOENT);
	CHECK(!text);
}

int main(void)
{
	RUN(a_small_one_is_whole);
	RUN(of_a_large_one_the_end_is_kept);
	RUN(an_endless_one_ends);
	RUN(what_is_no_text_is_replaced);
	RUN(only_files_are_read);
	return 0;
}
