/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * daemon/kernel/lookout.c: other users' processes can make a look slow or let it hang, and keep nobody
 * waiting but the thread.  A directory takes the place of /proc; a FIFO as its command line lets the
 * reader of a process wait.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/kernel/guest-names.h"
#include "daemon/kernel/lookout.h"
#include "tests/unit/check.h"

/* No process has such a number. */
#define FIRST 5000001

/* The device number of /dev/null stands for a node of vfio. */
#define NODE makedev(1, 3)

struct fixture {
	char root[64];
	sd_event *loop;
	struct worker *worker;
	struct lookout *lookout;
	unsigned int told;
};

static const char *path_of(const struct fixture *fixture, const char *format, ...)
{
	static char path[PATH_MAX];
	va_list arguments;
	int n = snprintf(path, sizeof(path), "%s/", fixture->root);

	va_start(arguments, format);
	vsnprintf(path + n, sizeof(path) - (size_t)n, format, arguments);
	va_end(arguments);
	return path;
}

static void write_file(const char *path, const char *text, size_t length)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	CHECK(fd >= 0);
	CHECK_INT(write(fd, text, length), length);
	close(fd);
}

static void on_used(void *userdata, dev_t node)
{
	struct fixture *fixture = userdata;

	CHECK_INT(node, NODE);
	fixture->told++;
}

static bool on_found_dev(void *userdata, pid_t pid, const int fds[LOOKOUT_DIRECTORIES])
{
	(void)userdata;
	(void)pid;
	(void)fds;
	return false;
}

static void start(struct fixture *fixture)
{
	struct lookout_events events = { .used = on_used, .found_dev = on_found_dev,
					 .userdata = fixture };

	*fixture = (struct fixture){ .root = "/tmp/test-lookout-XXXXXX" };
	CHECK(mkdtemp(fixture->root));
	holders_proc = fixture->root;
	CHECK_INT(symlink("/dev", path_of(fixture, "vfio")), 0);
	CHECK(sd_event_new(&fixture->loop) >= 0);
	CHECK_INT(worker_new(fixture->loop, &fixture->worker), 0);
	CHECK_INT(lookout_open(fixture->loop, fixture->worker, &events, &fixture->lookout), 0);
}

static int remove_one(const char *path, const struct stat *stat, int type, struct FTW *ftw)
{
	(void)stat;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void end(struct fixture *fixture)
{
	lookout_close(fixture->lookout);
	worker_free(fixture->worker);
	sd_event_unref(fixture->loop);
	CHECK_INT(nftw(fixture->root, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

/* A process that has the node open, with a command line of its own unless that hangs. */
static void add_process(const struct fixture *fixture, pid_t pid, bool hangs)
{
	char node[128], text[128];
	int n;

	CHECK_INT(mkdir(path_of(fixture, "%d", pid), 0700), 0);
	CHECK_INT(mkdir(path_of(fixture, "%d/fd", pid), 0700), 0);
	snprintf(node, sizeof(node), "%s/vfio/null", fixture->root);
	CHECK_INT(symlink(node, path_of(fixture, "%d/fd/20", pid)), 0);
	write_file(path_of(fixture, "%d/comm", pid), "qemu\n", 5);
	n = snprintf(text, sizeof(text), "%d (a ) b) S%s %d 0", pid,
		     " 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", pid + 7);
	write_file(path_of(fixture, "%d/stat", pid), text, (size_t)n);
	n = snprintf(text, sizeof(text), "qemu%c-name%cguest=web%d,x=y", 0, 0, pid - FIRST) + 1;
	if (hangs)
		CHECK_INT(mkfifo(path_of(fixture, "%d/cmdline", pid), 0600), 0);
	else
		write_file(path_of(fixture, "%d/cmdline", pid), text, (size_t)n);
}

static struct observed_device look_up(const struct fixture *fixture)
{
	struct vfio_nodes nodes = { .group = NODE };
	struct observed_device device = { 0 };

	lookout_fill_users(fixture->lookout, &nodes, &device);
	return device;
}

static bool has_names(const struct fixture *fixture, unsigned int named)
{
	struct observed_device device = look_up(fixture);

	for (size_t i = 0; i < device.users_count; i++)
		named -= device.users[i].machine[0] ? 1 : 0;
	return named == 0;
}

/* Runs the loop until as many users as that are known, and of so many the names. */
static void run_until(const struct fixture *fixture, size_t holders, unsigned int named)
{
	while (look_up(fixture).users_count != holders || !has_names(fixture, named))
		CHECK(sd_event_run(fixture->loop, UINT64_MAX) >= 0);
}

/* Lets the reader of a process's command line go on. */
static void answer(const struct fixture *fixture, pid_t pid)
{
	static const char text[] = "qemu\0-name\0late";
	int fd = open(path_of(fixture, "%d/cmdline", pid), O_WRONLY | O_CLOEXEC);

	CHECK(fd >= 0);
	CHECK_INT(write(fd, text, sizeof(text)), sizeof(text));
	close(fd);
}

/* A process that has ended is no user, even before the next look. */
static void test_ended_user(void)
{
	struct fixture fixture;

	start(&fixture);
	add_process(&fixture, FIRST, false);
	add_process(&fixture, FIRST + 1, false);
	lookout_at_all(fixture.lookout);
	run_until(&fixture, 2, 2);
	CHECK_INT(nftw(path_of(&fixture, "%d", FIRST), remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
	CHECK_INT(look_up(&fixture).users_count, 1);
	CHECK_INT(look_up(&fixture).users[0].pid, FIRST + 1);
	end(&fixture);
}

static void test_finds_users(void)
{
	struct observed_device device;
	struct fixture fixture;

	start(&fixture);
	add_process(&fixture, FIRST, false);
	add_process(&fixture, FIRST + 1, false);
	lookout_at_all(fixture.lookout);
	run_until(&fixture, 2, 2);
	device = look_up(&fixture);
	CHECK_INT(device.users[0].pid, FIRST);
	CHECK_STR(device.users[0].command, "qemu");
	CHECK_STR(device.users[1].machine, "web1");
	CHECK_INT(lookout_users(fixture.lookout)->entries[0].start, FIRST + 7);
	/* one goes */
	CHECK_INT(unlink(path_of(&fixture, "%d/fd/20", FIRST)), 0);
	fixture.told = 0;
	lookout_at_users(fixture.lookout, &(struct vfio_nodes){ .device = NODE });
	run_until(&fixture, 1, 1);
	CHECK(fixture.told > 0);
	end(&fixture);
}

/* A process that lets its name wait keeps none of the others from being known. */
static void test_one_hangs(void)
{
	struct fixture fixture;

	start(&fixture);
	add_process(&fixture, FIRST, true);
	add_process(&fixture, FIRST + 1, false);
	lookout_at_all(fixture.lookout);
	run_until(&fixture, 2, 1);
	CHECK_STR(look_up(&fixture).users[0].machine, "");
	CHECK(lookout_is_at_work(fixture.lookout));
	/* looks go on, and it is asked once only */
	add_process(&fixture, FIRST + 2, false);
	lookout_at_all(fixture.lookout);
	run_until(&fixture, 3, 2);
	fixture.told = 0;
	answer(&fixture, FIRST);
	run_until(&fixture, 3, 3);
	CHECK_STR(look_up(&fixture).users[0].machine, "late");
	CHECK_INT(fixture.told, 1);
	CHECK(!lookout_is_at_work(fixture.lookout));
	end(&fixture);
}

/* Processes beyond the number of threads wait for one, and count as users all the same. */
static void test_many_hang(void)
{
	const pid_t last = FIRST + GUEST_NAMES_THREADS_MAX;
	struct fixture fixture;

	start(&fixture);
	for (pid_t pid = FIRST; pid < last; pid++)
		add_process(&fixture, pid, true);
	add_process(&fixture, last, false);
	lookout_at_all(fixture.lookout);
	run_until(&fixture, GUEST_NAMES_THREADS_MAX + 1, 0);
	answer(&fixture, FIRST);
	run_until(&fixture, GUEST_NAMES_THREADS_MAX + 1, 2);
	for (pid_t pid = FIRST + 1; pid < last; pid++)
		answer(&fixture, pid);
	run_until(&fixture, GUEST_NAMES_THREADS_MAX + 1, GUEST_NAMES_THREADS_MAX + 1);
	end(&fixture);
}

/* The end does not wait for a thread that hangs. */
static void test_end_while_one_hangs(void)
{
	pid_t child = fork();
	int status;

	CHECK(child >= 0);
	if (child == 0) {
		struct fixture fixture;

		start(&fixture);
		add_process(&fixture, FIRST, true);
		lookout_at_all(fixture.lookout);
		run_until(&fixture, 1, 0);
		CHECK(lookout_is_at_work(fixture.lookout));
		end(&fixture);
		_exit(0);
	}
	CHECK_INT(waitpid(child, &status, 0), child);
	CHECK_INT(status, 0);
}

/* However often it is asked for, one look is under way and one waits. */
static void test_looks_do_not_pile_up(void)
{
	struct fixture fixture;

	start(&fixture);
	add_process(&fixture, FIRST, false);
	for (unsigned int i = 0; i < 1000; i++)
		lookout_at_process(fixture.lookout, FIRST + (pid_t)(i % 40));
	CHECK_INT(lookout_count(fixture.lookout), 1);
	run_until(&fixture, 1, 1);
	while (lookout_count(fixture.lookout) < 2)
		CHECK(sd_event_run(fixture.loop, UINT64_MAX) >= 0);
	while (lookout_is_at_work(fixture.lookout))
		CHECK(sd_event_run(fixture.loop, UINT64_MAX) >= 0);
	CHECK_INT(lookout_count(fixture.lookout), 2);
	end(&fixture);
}

static void ignore(void *userdata, pid_t pid)
{
	(void)userdata;
	(void)pid;
}

/* A process with any number of descriptors has so many looked at. */
static void test_descriptors_are_bounded(void)
{
	struct holders holders = { 0 };
	struct fixture fixture;
	int directory;

	start(&fixture);
	CHECK_INT(mkdir(path_of(&fixture, "%d", FIRST), 0700), 0);
	CHECK_INT(mkdir(path_of(&fixture, "%d/fd", FIRST), 0700), 0);
	directory = open(path_of(&fixture, "%d/fd", FIRST), O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (unsigned int i = 0; i < HOLDERS_DESCRIPTORS_MAX + 100; i++) {
		char name[16];

		snprintf(name, sizeof(name), "%u", i);
		CHECK_INT(symlinkat("/", directory, name), 0);
	}
	close(directory);
	CHECK_INT(holders_look_at(&holders, FIRST, ignore, NULL), 0);
	CHECK(holders.looked <= HOLDERS_DESCRIPTORS_MAX + 1);
	holders_done(&holders);
	end(&fixture);
}

int main(void)
{
	RUN(test_finds_users);
	RUN(test_ended_user);
	RUN(test_one_hangs);
	RUN(test_many_hang);
	RUN(test_end_while_one_hangs);
	RUN(test_looks_do_not_pile_up);
	RUN(test_descriptors_are_bounded);
	return 0;
}
