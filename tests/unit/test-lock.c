/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * daemon/store/lock.c: the lock of s390-tools, by the rules of its other users.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "daemon/store/lock.h"
#include "tests/unit/check.h"

static char root[32], path[80];
static struct lock *lock;

static void start(void)
{
	strcpy(root, "/tmp/test-lock.XXXXXX");
	CHECK(mkdtemp(root));
	CHECK_INT(lock_new(root, &lock), 0);
	snprintf(path, sizeof(path), "%s/run/lock/s390apconfig.lock", root);
	CHECK_INT(access(path, F_OK), -1);
}

/* Nothing of ours may be left beside the lock file. */
static void done(void)
{
	char command[120];

	lock_free(lock);
	snprintf(command, sizeof(command),
		 "test -z \"$(ls %s/run/lock | grep -v 'lock$')\" && rm -r %s", root, root);
	CHECK_INT(system(command), 0);
}

/* Somebody else's file, so many seconds old. */
static void put_file(const char *text, time_t age)
{
	struct timespec times[2] = { { .tv_sec = time(NULL) - age },
				     { .tv_sec = time(NULL) - age } };
	CLEANUP_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	CHECK(fd >= 0);
	CHECK_INT(write(fd, text, strlen(text)), strlen(text));
	CHECK_INT(futimens(fd, times), 0);
}

static void expect_file(const char *expected)
{
	CLEANUP_FREE char *text = NULL;
	size_t length;

	CHECK_INT(io_read_file(AT_FDCWD, path, 1000, &text, &length), 0);
	CHECK_STR(text, expected);
}

static const char *own_text(void)
{
	static char text[20];

	snprintf(text, sizeof(text), "%d\n", (int)getpid());
	return text;
}

/* A process that waits until it is killed, named by comm. */
static pid_t start_process(const char *comm)
{
	int ready[2];
	char byte;
	pid_t pid;

	CHECK_INT(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_NAME, comm);
		if (write(ready[1], "x", 1) == 1)
			pause();
		_exit(0);
	}
	CHECK_INT(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return pid;
}

static void end_process(pid_t pid)
{
	CHECK_INT(kill(pid, SIGKILL), 0);
	CHECK_INT(waitpid(pid, NULL, 0), pid);
}

static void test_take_and_release(void)
{
	struct lock_holder holder;
	struct stat stat_buffer;

	start();
	CHECK_INT(lock_try(lock, &holder), 0);
	expect_file(own_text());
	CHECK_INT(stat(path, &stat_buffer), 0);
	CHECK_INT(stat_buffer.st_nlink, 1);
	CHECK_INT(stat_buffer.st_mode & 07777, 0644);
	lock_release(lock);
	CHECK_INT(access(path, F_OK), -1);
	lock_release(lock);
	CHECK_INT(lock_try(lock, &holder), 0);
	done(); /* lets go of it */
	lock_free(NULL);
}

static void test_held_by_another(void)
{
	struct lock_holder holder;
	char text[20];
	pid_t pid;

	start();
	pid = start_process("chzdev");
	snprintf(text, sizeof(text), "%d\n", (int)pid);
	put_file(text, 10000); /* age does not matter while it lives */
	CHECK_INT(lock_try(lock, &holder), -EBUSY);
	CHECK_INT(holder.pid, pid);
	CHECK_STR(holder.command, "chzdev");
	expect_file(text);
	/* we do not hold it, so we release nothing */
	lock_release(lock);
	expect_file(text);
	end_process(pid);
	CHECK_INT(lock_try(lock, &holder), 0);
	expect_file(own_text());
	done();
}

/* The name goes to clients: a process may call itself what it likes. */
static void test_name_is_text(void)
{
	struct lock_holder holder;
	char text[20];
	pid_t pid;

	start();
	pid = start_process("a\377b\303");
	snprintf(text, sizeof(text), "%d\n", (int)pid);
	put_file(text, 0);
	CHECK_INT(lock_try(lock, &holder), -EBUSY);
	CHECK_STR(holder.command, "a?b?");
	end_process(pid);
	done();
}

static void test_stale(void)
{
	static const struct {
		const char *text;
		time_t age;
		bool stale;
	} cases[] = {
		{ "", 0, false }, /* somebody is about to write his pid */
		{ "", 100, false },	{ "", 130, true },	     { "0\n", 100, false },
		{ "0\n", 130, true },	{ "garbage\n", 100, false }, { "garbage\n", 130, true },
		{ "-5\n", 100, false }, { "1\n", 10000, false }, /* init lives */
		{ "", -100, false },	{ "", -130, true },	/* the clock was set back */
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct lock_holder holder;

		start();
		put_file(cases[i].text, cases[i].age);
		if (lock_try(lock, &holder) != (cases[i].stale ? 0 : -EBUSY))
			CHECK_FAIL("'%s' of age %ld is not %s", cases[i].text, (long)cases[i].age,
				   cases[i].stale ? "stale" : "held");
		expect_file(cases[i].stale ? own_text() : cases[i].text);
		done();
	}
}

static void test_dead_owner(void)
{
	struct lock_holder holder;
	char text[20];
	pid_t pid;

	start();
	pid = start_process("gone");
	end_process(pid);
	snprintf(text, sizeof(text), "%d\n", (int)pid);
	put_file(text, 0);
	CHECK_INT(lock_try(lock, &holder), 0);
	expect_file(own_text());
	done();
}

/* A daemon before us, of the same pid (in a container the usual case), left it. */
static void test_own_pid_left_over(void)
{
	struct lock_holder holder;

	start();
	put_file(own_text(), 0);
	CHECK_INT(lock_try(lock, &holder), 0);
	expect_file(own_text());
	lock_release(lock);
	CHECK_INT(access(path, F_OK), -1);
	done();
}

/* Somebody thought our lock stale and took it: it is not ours to let go. */
static void test_release_only_own(void)
{
	struct lock_holder holder;

	start();
	CHECK_INT(lock_try(lock, &holder), 0);
	CHECK_INT(unlink(path), 0);
	put_file("1\n", 0);
	lock_release(lock);
	expect_file("1\n");
	done();
}

/* Gives the lock to another user. Returns false if there is no other user. */
static bool is_of_nobody(void)
{
	if (lchown(path, 65534, 65534) == 0)
		return true;
	puts("skip: no other user can be had here");
	return false;
}

static void make_file(void)
{
	put_file("1\n", 0); /* init lives */
}

static void make_large_file(void)
{
	make_file();
	CHECK_INT(truncate(path, 1l << 40), 0);
}

static void make_folder(void)
{
	CHECK_INT(mkdir(path, 0755), 0);
}

static void make_link(void)
{
	CHECK_INT(symlink("/proc/1/environ", path), 0);
}

static void make_link_to_itself(void)
{
	CHECK_INT(symlink(path, path), 0);
}

static void make_fifo(void)
{
	CHECK_INT(mkfifo(path, 0600), 0);
}

static void make_socket(void)
{
	CHECK_INT(mknod(path, S_IFSOCK | 0600, 0), 0);
}

static const struct {
	const char *name;
	void (*make)(void);
	bool of_root;	/* also what root makes is no lock */
} strangers[] = {
	{ "file", make_file, false },	   { "large file", make_large_file, false },
	{ "folder", make_folder, true },   { "link", make_link, true },
	{ "loop", make_link_to_itself, true }, { "FIFO", make_fifo, true },
	{ "socket", make_socket, true },
};

/* Removes the files that were moved out of the way, and returns how many they were. */
static int count_moved(void)
{
	char command[160];
	int status;

	snprintf(command, sizeof(command),
		 "cd %s/run/lock && n=$(ls | grep -c lock.moved-); rm -rf *lock.moved-*; exit $n",
		 root);
	status = system(command);
	CHECK(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* /run/lock is everybody's on many distributions. */
static void test_strangers_in_its_place(void)
{
	for (size_t i = 0; i < 2 * ARRAY_SIZE(strangers); i++) {
		const bool of_root = i % 2;
		struct lock_holder holder;
		char folder[80];

		if (of_root && !strangers[i / 2].of_root)
			continue;
		start();
		snprintf(folder, sizeof(folder), "%s/run/lock", root);
		CHECK_INT(chmod(folder, 01777), 0);
		strangers[i / 2].make();
		if (of_root || is_of_nobody()) {
			alarm(20);
			CHECK_INT(lock_try(lock, &holder), 0);
			alarm(0);
			expect_file(own_text());
			lock_release(lock);
			CHECK_INT(access(path, F_OK), -1);
			if (count_moved() != 1)
				CHECK_FAIL("the %s is not kept", strangers[i / 2].name);
			/* Also what lies there at the start. */
			lock_free(lock);
			strangers[i / 2].make();
			if (!of_root)
				CHECK(is_of_nobody());
			CHECK_INT(lock_new(root, &lock), 0);
			CHECK_INT(faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW), -1);
			CHECK_INT(count_moved(), 1);
		} else {
			remove(path);
		}
		done();
	}
}

/* Names that another user can foresee are not ours to need. */
static void test_strangers_beside_it(void)
{
	static const char *const names[] = { "apqd", "stale", "moved" };
	struct lock_holder holder;
	char other[120];
	pid_t dead = start_process("dead");

	end_process(dead);
	start();
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(other, sizeof(other), "%s.%s-%d", path, names[i], (int)getpid());
		CHECK_INT(mkdir(other, 0755), 0);
	}
	snprintf(other, sizeof(other), "%d\n", (int)dead);
	put_file(other, 0);
	CHECK_INT(lock_try(lock, &holder), 0);
	expect_file(own_text());
	lock_release(lock);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(other, sizeof(other), "%s.%s-%d", path, names[i], (int)getpid());
		CHECK_INT(rmdir(other), 0);
	}
	done();
}

/* A user may mount a file system of FUSE on a file of theirs: nobody can move it, and nobody can lock. */
static void test_mount_point_in_its_place(void)
{
	struct lock_holder holder;
	pid_t pid = fork();
	int status;

	CHECK(pid >= 0);
	if (pid == 0) {
		if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", "none", MS_PRIVATE | MS_REC, "") < 0)
			_exit(77);
		start();
		make_folder();
		if (mount("none", path, "tmpfs", 0, NULL) < 0)
			_exit(77);
		CHECK_INT(lock_try(lock, &holder), 0);
		lock_release(lock);
		CHECK_INT(umount(path), 0);
		CHECK_INT(lock_try(lock, &holder), 0);
		expect_file(own_text());
		lock_release(lock);
		CHECK_INT(count_moved(), 1);
		done();
		_exit(0);
	}
	CHECK_INT(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		puts("skip: nothing can be mounted here");
	else
		CHECK_INT(status, 0);
}

/* A daemon that was killed with the lock, or while it took it. */
static void test_left_by_the_killed(void)
{
	const pid_t dead = start_process("dead");
	char temporary[120], text[20];

	end_process(dead);
	start();
	lock_free(lock);
	snprintf(text, sizeof(text), "%d\n", (int)dead);
	snprintf(temporary, sizeof(temporary), "%s.apqd-%d-0123456789abcdef", path, (int)dead);
	put_file(text, 0);
	CHECK_INT(link(path, temporary), 0);
	CHECK_INT(lock_new(root, &lock), 0);
	CHECK_INT(access(path, F_OK), -1);
	done();
}

/* The owner is told by the file: where that cannot be read, nobody else may have taken it. */
static void test_release_without_a_descriptor(void)
{
	struct rlimit old, none = { .rlim_cur = 0 };
	struct lock_holder holder;

	start();
	CHECK_INT(lock_try(lock, &holder), 0);
	CHECK_INT(getrlimit(RLIMIT_NOFILE, &old), 0);
	none.rlim_max = old.rlim_max;
	CHECK_INT(setrlimit(RLIMIT_NOFILE, &none), 0);
	lock_release(lock);
	CHECK_INT(setrlimit(RLIMIT_NOFILE, &old), 0);
	CHECK_INT(access(path, F_OK), -1);
	done();
}

int main(void)
{
	RUN(test_take_and_release);
	RUN(test_held_by_another);
	RUN(test_name_is_text);
	RUN(test_stale);
	RUN(test_dead_owner);
	RUN(test_own_pid_left_over);
	RUN(test_release_only_own);
	RUN(test_strangers_in_its_place);
	RUN(test_strangers_beside_it);
	RUN(test_mount_point_in_its_place);
	RUN(test_left_by_the_killed);
	RUN(test_release_without_a_descriptor);
	return 0;
}
