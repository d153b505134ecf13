/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * daemon/kernel/holders.c: a process that could not be looked at is none without a device.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/kernel/holders.h"
#include "tests/unit/check.h"

static void ignore(void *userdata, pid_t pid)
{
	(void)userdata;
	(void)pid;
}

static void set_descriptors(rlim_t number)
{
	struct rlimit limit;

	CHECK_INT(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = number;
	CHECK_INT(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

/* The lowest descriptor that is free. */
static int first_free(void)
{
	int fd = dup(STDERR_FILENO);

	CHECK(fd >= 0);
	close(fd);
	return fd;
}

static void test_unseen(void)
{
	struct holders holders = { 0 };
	struct rlimit was;
	pid_t child = fork(), last;
	int next = first_free();

	CHECK(child >= 0);
	if (child == 0) {
		/* also where a check ends this program */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pause();
		_exit(0);
	}
	CHECK_INT(getrlimit(RLIMIT_NOFILE, &was), 0);
	CHECK_INT(holders_look_at(&holders, child, ignore, NULL), 0);
	holders_done(&holders);
	set_descriptors(next);
	CHECK_INT(holders_look_at(&holders, child, ignore, NULL), -EMFILE);
	CHECK_INT(holders_walk(&holders, 0, ignore, NULL, &last), -EMFILE);
	/* one for /proc, and none for those in there */
	set_descriptors(next + 1);
	CHECK_INT(holders_walk(&holders, 0, ignore, NULL, &last), -EMFILE);
	set_descriptors(was.rlim_cur);
	CHECK_INT(holders_walk(&holders, 0, ignore, NULL, &last), 0);
	CHECK_INT(last, 0);
	holders_done(&holders);
	CHECK_INT(kill(child, SIGKILL), 0);
	CHECK_INT(waitpid(child, NULL, 0), child);
	/* what has gone has nothing */
	CHECK_INT(holders_look_at(&holders, child, ignore, NULL), 0);
	holders_done(&holders);
}

static void put(struct holders *holders, pid_t pid, dev_t node)
{
	struct holders found = { .entries = calloc(1, sizeof(*found.entries)), .count = 1, .size = 1 };

	found.entries[0] = (struct holders_entry){ .pid = pid, .node = node };
	CHECK_INT(holders_replace(holders, pid, pid, &found), 0);
}

static void test_replace(void)
{
	struct holders holders = { 0 }, none = { 0 };

	for (pid_t pid = 9; pid > 0; pid -= 2)
		put(&holders, pid, 7);
	CHECK_INT(holders.count, 5);
	for (pid_t pid = 1; pid < 11; pid++)
		CHECK_INT(holders_has(&holders, pid, 7), pid % 2 == 1);
	CHECK(!holders_has(&holders, 5, 8));
	put(&holders, 5, 8);
	CHECK(holders_has(&holders, 5, 8) && !holders_has(&holders, 5, 7));
	/* a part of a walk that found nothing */
	CHECK_INT(holders_replace(&holders, 4, 7, &none), 0);
	CHECK_INT(holders.count, 3);
	CHECK(holders_has(&holders, 3, 7) && !holders_has(&holders, 5, 8) && holders_has(&holders, 9, 7));
	holders_done(&holders);
}

int main(void)
{
	RUN(test_unseen);
	RUN(test_replace);
	return 0;
}
