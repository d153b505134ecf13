/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * daemon/kernel/sysfs.c: reading attributes, and what became of it, on files of a folder of its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "common/io.h"
#include "daemon/kernel/device.h"
#include "daemon/kernel/vfio-nodes.h"
#include "daemon/kernel/queue.h"
#include "daemon/kernel/remove.h"
#include "daemon/kernel/sysfs.h"
#include "tests/unit/check.h"

static int folder;
static struct sysfs_dir dir;	/* of the folder */

static void put(const char *name, const char *text, size_t length)
{
	int fd = openat(folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	CHECK(fd >= 0);
	CHECK_INT(write(fd, text, length), length);
	close(fd);
}

/* From now on no descriptor can be had; returns the limit that was. */
static struct rlimit take_descriptors(void)
{
	int next = dup(folder);
	struct rlimit was, none;

	CHECK(next >= 0);
	close(next);
	CHECK_INT(getrlimit(RLIMIT_NOFILE, &was), 0);
	none = (struct rlimit){ .rlim_cur = (rlim_t)next, .rlim_max = was.rlim_max };
	CHECK_INT(setrlimit(RLIMIT_NOFILE, &none), 0);
	return was;
}

static int take_failure(void)
{
	int r = dir.failure;

	dir.failure = 0;
	return r;
}

static void test_read(void)
{
	char text[8];
	bool flag;
	int64_t number;

	put("word", "five\n", 5);
	put("flag", "1\n", 2);
	put("nul", "a\0b\n", 4);
	CHECK_INT(sysfs_read(&dir, "word", text, sizeof(text)), 4);
	CHECK_STR(text, "five");
	CHECK_INT(sysfs_read(&dir, "word", text, 4), -E2BIG);
	CHECK_INT(sysfs_read(&dir, "nul", text, sizeof(text)), -EBADMSG);
	CHECK_INT(sysfs_read(&dir, "gone", text, sizeof(text)), -ENOENT);
	CHECK_INT(sysfs_read_flag(&dir, "flag", &flag), 0);
	CHECK(flag);
	CHECK_INT(sysfs_read_number(&dir, "word", 0, 9, &number), -EBADMSG);
	CHECK(sysfs_has(&dir, "flag") && !sysfs_has(&dir, "gone"));
	CHECK_INT(symlinkat("../drivers/vfio_ap", folder, "driver"), 0);
	CHECK(sysfs_link_is(&dir, "driver", "vfio_ap") && !sysfs_link_is(&dir, "driver", "ap"));
}

static void test_next(void)
{
	struct dirent *entry;
	unsigned int count = 0;
	DIR *stream;
	int r, copy = dup(folder);

	put("a", "", 0);
	put("b", "", 0);
	stream = fdopendir(copy);
	CHECK(stream);
	while ((r = io_next_entry(stream, &entry)) > 0)
		count += strlen(entry->d_name) == 1 && entry->d_name[0] != '.';
	CHECK_INT(r, 0);
	CHECK_INT(count, 2);
	/* as where the kernel does not answer */
	rewinddir(stream);
	CHECK(dup2(open("/dev/null", O_RDONLY | O_CLOEXEC), copy) == copy);
	CHECK_INT(io_next_entry(stream, &entry), -ENOTDIR);
	CHECK(!entry);
	closedir(stream);
}

/* What is not there is no failure; what could not be looked at is one, told once. */
static void test_failure(void)
{
	char text[8];
	struct rlimit was;

	dir.failure = 0;
	CHECK_INT(sysfs_read(&dir, "gone", text, sizeof(text)), -ENOENT);
	CHECK(!sysfs_has(&dir, "gone") && !sysfs_link_is(&dir, "gone", "ap"));
	CHECK_INT(take_failure(), 0);
	was = take_descriptors();
	CHECK_INT(sysfs_read(&dir, "word", text, sizeof(text)), -EMFILE);
	CHECK_INT(sysfs_open("/sys"), -EMFILE);
	CHECK_INT(setrlimit(RLIMIT_NOFILE, &was), 0);
	CHECK_INT(take_failure(), -EMFILE);
	CHECK_INT(take_failure(), 0);
	sysfs_note(&dir, ENOMEM);
	sysfs_note(&dir, EMFILE);
	CHECK_INT(take_failure(), -ENOMEM);
	sysfs_note(&dir, EACCES);
	CHECK_INT(take_failure(), 0);
	sysfs_note(&dir, ENFILE);
	dir.failure = 0;
	CHECK_INT(take_failure(), 0);
}

/* A device that cannot be looked at is neither gone nor leaving, and a node that cannot be is not nobody's. */
static void test_unseen(void)
{
	struct uuid uuid, found;
	struct rlimit was;

	CHECK_INT(uuid_parse("11111111-2222-4333-8444-555555555555", &uuid), 0);
	CHECK_INT(device_open(&uuid), -ENOENT);
	CHECK_INT(device_is_leaving(&uuid), 0);
	CHECK_INT(vfio_nodes_find_group("7777", &found), -ENOENT);
	CHECK_INT(remove_device(&uuid, "1"), -ENOENT);
	was = take_descriptors();
	CHECK_INT(device_open(&uuid), -EMFILE);
	CHECK_INT(device_is_leaving(&uuid), -EMFILE);
	CHECK_INT(vfio_nodes_find_group("7777", &found), -EMFILE);
	CHECK_INT(remove_device(&uuid, "1"), -EMFILE);
	CHECK_INT(setrlimit(RLIMIT_NOFILE, &was), 0);
	/* who reads a queue on the way takes nothing of it from who asks at the end */
	dir.failure = 0;
	sysfs_note(&dir, EINTR);
	CHECK_INT(queue_open((struct apqn){ 250, 250 }), -ENOENT);
	CHECK_INT(dir.failure, -EINTR);
	CHECK_INT(take_failure(), -EINTR);
}

static void ignore(int signal)
{
	(void)signal;
}

/* As an open() that waits for the kernel's locks may be: that of a pipe waits for a writer. */
static void test_interrupted(void)
{
	static const struct itimerval often = { { 0, 10000 }, { 0, 10000 } }, never;
	char text[8];
	bool flag;

	CHECK_INT(mkfifoat(folder, "pipe", 0600), 0);
	/* without SA_RESTART */
	CHECK_INT(sigaction(SIGALRM, &(struct sigaction){ .sa_handler = ignore }, NULL), 0);
	CHECK_INT(setitimer(ITIMER_REAL, &often, NULL), 0);
	dir.failure = 0;
	CHECK_INT(sysfs_read(&dir, "pipe", text, sizeof(text)), -EINTR);
	CHECK_INT(take_failure(), -EINTR);
	CHECK_INT(sysfs_read_flag(&dir, "pipe", &flag), -EINTR);
	CHECK_INT(take_failure(), -EINTR);
	CHECK_INT(setitimer(ITIMER_REAL, &never, NULL), 0);
}

int main(void)
{
	char path[] = "/tmp/test-sysfs.XXXXXX", command[64];

	CHECK(mkdtemp(path));
	folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CHECK(folder >= 0);
	dir.fd = folder;
	RUN(test_read);
	RUN(test_next);
	RUN(test_failure);
	RUN(test_unseen);
	RUN(test_interrupted);
	snprintf(command, sizeof(command), "rm -r %s", path);
	CHECK_INT(system(command), 0);
	return 0;
}
