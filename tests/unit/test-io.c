/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * common/io.c: reading within limits, and files that are replaced whole or not at all.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "tests/unit/check.h"

static char folder_path[32];
static int folder = -1;

static void start(void)
{
	strcpy(folder_path, "/tmp/test-io.XXXXXX");
	CHECK(mkdtemp(folder_path));
	folder = open(folder_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CHECK(folder >= 0);
}

static void done(void)
{
	char command[64];

	close(folder);
	snprintf(command, sizeof(command), "rm -r %s", folder_path);
	CHECK_INT(system(command), 0);
}

static unsigned int count_files(void)
{
	CLEANUP(closedirp) DIR *dir = opendir(folder_path);
	struct dirent *entry;
	unsigned int n = 0;

	CHECK(dir);
	while ((entry = readdir(dir)) != NULL)
		n += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
	return n;
}

static void expect_text(const char *name, const char *expected)
{
	CLEANUP_FREE char *text = NULL;
	size_t length;

	CHECK_INT(io_read_file(folder, name, 1000, &text, &length), 0);
	CHECK_STR(text, expected);
	CHECK_INT(length, strlen(expected));
}

static mode_t mode_of(const char *name)
{
	struct stat stat;

	CHECK_INT(fstatat(folder, name, &stat, 0), 0);
	return stat.st_mode & 07777;
}

static void test_replace(void)
{
	start();
	CHECK_INT(io_replace_file(folder, "a", "one", 3, 0644, IO_DURABLE), 0);
	expect_text("a", "one");
	CHECK_INT(mode_of("a"), 0644);
	CHECK_INT(io_replace_file(folder, "a", "", 0, 0644, IO_DURABLE), 0);
	expect_text("a", "");
	CHECK_INT(io_replace_file(folder, "b", "two", 3, 0600, IO_DURABLE), 0);
	CHECK_INT(mode_of("b"), 0600);
	CHECK_INT(count_files(), 2);
	done();
}

/* What the administrator set stays; what the umask says does not count. */
static void test_modes(void)
{
	mode_t old = umask(077);

	start();
	CHECK_INT(io_replace_file(folder, "a", "one", 3, 0644, IO_DURABLE), 0);
	CHECK_INT(mode_of("a"), 0644);
	CHECK_INT(fchmodat(folder, "a", 0640, 0), 0);
	CHECK_INT(io_replace_file(folder, "a", "two", 3, 0644, IO_DURABLE), 0);
	CHECK_INT(mode_of("a"), 0640);
	expect_text("a", "two");
	done();
	umask(old);
}

/* What somebody else has written, made or removed since it was seen is another state. */
static void test_state(void)
{
	struct io_state none, old, now;

	start();
	CHECK_INT(io_look(folder, "a", &none), 0);
	CHECK_INT(io_replace_file(folder, "a", "one", 3, 0644, IO_DURABLE), 0);
	CHECK_INT(io_look(folder, "a", &old), 0);
	CHECK(!io_is_same(&none, &old));
	CHECK_INT(io_look(folder, "a", &now), 0);
	CHECK(io_is_same(&old, &now));
	/* of the same length, and perhaps in the same tick of the clock */
	CHECK_INT(io_replace_file(folder, "a", "six", 3, 0644, IO_DURABLE), 0);
	CHECK_INT(io_look(folder, "a", &now), 0);
	CHECK(!io_is_same(&old, &now));
	CHECK_INT(io_remove_file(folder, "a", IO_DURABLE), 0);
	CHECK_INT(io_look(folder, "a", &now), 0);
	CHECK(io_is_same(&none, &now));
	done();
}

/* Contents that lie ready are seen by nobody until they take their place. */
static void test_stage(void)
{
	char of[NAME_MAX + 1];

	start();
	CHECK_INT(io_replace_file(folder, "a", "one", 3, 0644, IO_DURABLE), 0);
	CHECK_INT(io_stage_file(folder, "a", "two", 3, 0644, IO_DURABLE), 0);
	expect_text("a", "one");
	expect_text(".a.apqd", "two");
	CHECK(io_is_temporary(".a.apqd", of));
	CHECK_STR(of, "a");
	CHECK(!io_is_temporary("a", of) && !io_is_temporary(".apqd", of) && !io_is_temporary("..apqd", of));
	CHECK_INT(io_commit_file(folder, "a"), 0);
	CHECK_INT(io_sync_folder(folder), 0);
	expect_text("a", "two");
	CHECK_INT(io_commit_file(folder, "a"), -ENOENT);
	CHECK_INT(io_stage_file(folder, "a", "six", 3, 0644, IO_DURABLE), 0);
	io_drop_file(folder, "a");
	io_drop_file(folder, "a");
	expect_text("a", "two");
	CHECK_INT(count_files(), 1);
	done();
}

/* A temporary file of a killed program, also a longer one, is in nobody's way. */
static void test_leftover(void)
{
	CLEANUP_CLOSE int fd = -1;

	start();
	fd = openat(folder, ".a.apqd", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	CHECK_INT(write(fd, "something longer", 16), 16);
	CHECK_INT(io_replace_file(folder, "a", "new", 3, 0644, IO_DURABLE), 0);
	expect_text("a", "new");
	CHECK_INT(count_files(), 1);
	done();
}

static void test_failures_leave_the_old_file(void)
{
	char name[300];

	start();
	CHECK_INT(io_replace_file(folder, "a", "old", 3, 0644, IO_DURABLE), 0);
	/* a folder in the place of the file, and of the temporary one */
	CHECK_INT(mkdirat(folder, "b", 0755), 0);
	CHECK_INT(io_replace_file(folder, "b", "new", 3, 0644, IO_DURABLE), -EISDIR);
	CHECK_INT(mkdirat(folder, ".a.apqd", 0755), 0);
	CHECK_INT(io_replace_file(folder, "a", "new", 3, 0644, IO_DURABLE), -EISDIR);
	expect_text("a", "old");
	CHECK_INT(unlinkat(folder, ".a.apqd", AT_REMOVEDIR), 0);
	/* a link in the place of the temporary file is not followed, and a FIFO not waited for */
	CHECK_INT(symlinkat("elsewhere", folder, ".a.apqd"), 0);
	CHECK_INT(io_replace_file(folder, "a", "new", 3, 0644, IO_DURABLE), 0);
	CHECK_INT(mkfifoat(folder, ".a.apqd", 0666), 0);
	CHECK_INT(io_replace_file(folder, "a", "old", 3, 0644, IO_DURABLE), 0);
	expect_text("a", "old");
	CHECK_INT(faccessat(folder, "elsewhere", F_OK, 0), -1);
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	CHECK_INT(io_replace_file(folder, name, "new", 3, 0644, IO_DURABLE), -ENAMETOOLONG);
	CHECK_INT(count_files(), 2);
	done();
}

/* The disk is full: here the limit of a file's size is. */
static void test_disk_full(void)
{
	static char big[100000];
	struct rlimit limit, small;

	start();
	memset(big, 'x', sizeof(big));
	CHECK_INT(io_replace_file(folder, "a", "old", 3, 0644, IO_DURABLE), 0);
	CHECK_INT(getrlimit(RLIMIT_FSIZE, &limit), 0);
	small = (struct rlimit){ 10000, limit.rlim_max };
	signal(SIGXFSZ, SIG_IGN);
	CHECK_INT(setrlimit(RLIMIT_FSIZE, &small), 0);
	CHECK_INT(io_replace_file(folder, "a", big, sizeof(big), 0644, IO_DURABLE), -EFBIG);
	CHECK_INT(setrlimit(RLIMIT_FSIZE, &limit), 0);
	expect_text("a", "old");
	CHECK_INT(count_files(), 1);
	done();
}

static void test_read_limits(void)
{
	CLEANUP_FREE char *text = NULL;
	size_t length = 0;

	start();
	CHECK_INT(io_replace_file(folder, "a",
				  "12\0"
				  "456",
				  6, 0644, IO_DURABLE),
		  0);
	CHECK_INT(io_read_file(folder, "a", 5, &text, &length), -EFBIG);
	CHECK(!text);
	CHECK_INT(io_read_file(folder, "a", 6, &text, &length), 0);
	CHECK_INT(length, 6);
	CHECK(memcmp(text,
		     "12\0"
		     "456",
		     7) == 0);
	done();
}

/* A pipe that keeps packets gives one at a time, as a file system may give a part of a file. */
static void test_short_reads(void)
{
	char buffer[8] = "";
	int fds[2];

	CHECK_INT(pipe2(fds, O_CLOEXEC | O_DIRECT), 0);
	CHECK_INT(write(fds[1], "12", 2), 2);
	CHECK_INT(write(fds[1], "345", 3), 3);
	CHECK_INT(write(fds[1], "6789", 4), 4);
	CHECK_INT(io_read(fds[0], buffer, 6), 6);
	CHECK_STR(buffer, "123456");
	CHECK_INT(write(fds[1], "0", 1), 1);
	close(fds[1]);
	CHECK_INT(io_read(fds[0], buffer, sizeof(buffer)), 1);
	CHECK_INT(buffer[0], '0');
	CHECK_INT(io_read(fds[0], buffer, sizeof(buffer)), 0);
	close(fds[0]);
	CHECK_INT(io_read(-1, buffer, sizeof(buffer)), -EBADF);
}

static void test_no_file(void)
{
	char *text = NULL;
	size_t length;

	start();
	CHECK_INT(io_read_file(folder, "absent", 100, &text, &length), -ENOENT);
	CHECK_INT(mkdirat(folder, "d", 0755), 0);
	CHECK_INT(io_read_file(folder, "d", 100, &text, &length), -EINVAL);
	CHECK_INT(io_read_file(folder, "d/../absent", 100, &text, &length), -ENOENT);
	/* nobody writes to it: who opens it plainly waits for ever */
	CHECK_INT(mkfifoat(folder, "f", 0600), 0);
	alarm(10);
	CHECK_INT(io_read_file(folder, "f", 100, &text, &length), -EINVAL);
	CHECK_INT(io_replace_file(folder, "f", "now a file", 10, 0644, IO_DURABLE), 0);
	alarm(0);
	expect_text("f", "now a file");
	CHECK(!text);
	done();
}

static void test_remove(void)
{
	start();
	CHECK_INT(io_replace_file(folder, "a", "x", 1, 0644, IO_DURABLE), 0);
	CHECK_INT(io_remove_file(folder, "a", IO_DURABLE), 0);
	CHECK_INT(io_remove_file(folder, "a", IO_DURABLE), 0);
	CHECK_INT(count_files(), 0);
	CHECK_INT(mkdirat(folder, "d", 0755), 0);
	CHECK(io_remove_file(folder, "d", IO_DURABLE) < 0);
	done();
}

static void test_open_folder(void)
{
	char path[64];
	int fd;

	start();
	snprintf(path, sizeof(path), "%s/x/y/z", folder_path);
	fd = io_open_folder(path, 0700);
	CHECK(fd >= 0);
	CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	close(fd);
	CHECK_INT(mode_of("x/y/z") & 0777, 0700);
	fd = io_open_folder(path, 0755);
	CHECK(fd >= 0);
	close(fd);
	CHECK_INT(mode_of("x/y/z") & 0777, 0700);
	CHECK_INT(io_replace_file(folder, "file", "x", 1, 0644, IO_DURABLE), 0);
	snprintf(path, sizeof(path), "%s/file", folder_path);
	CHECK_INT(io_open_folder(path, 0755), -ENOTDIR);
	snprintf(path, sizeof(path), "%s/file/below", folder_path);
	CHECK_INT(io_open_folder(path, 0755), -ENOTDIR);
	done();
}

int main(void)
{
	RUN(test_replace);
	RUN(test_modes);
	RUN(test_state);
	RUN(test_stage);
	RUN(test_leftover);
	RUN(test_failures_leave_the_old_file);
	RUN(test_disk_full);
	RUN(test_read_limits);
	RUN(test_short_reads);
	RUN(test_no_file);
	RUN(test_remove);
	RUN(test_open_folder);
	return 0;
}
