/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * daemon/kernel/users.c: a process that could not be looked at is none without a device.
 */
#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/kernel/users.h"
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
	struct users users = { 0 };
	struct rlimit was;
	pid_t child = fork();
	int next = first_free();

	CHECK(child >= 0);
	if (child == 0) {
		/* also where a check ends this program */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pause();
		_exit(0);
	}
	CHECK_INT(getrlimit(RLIMIT_NOFILE, &was), 0);
	CHECK_INT(users_look_at(child, &users), 0);
	users_done(&users);
	set_descriptors(next);
	CHECK_INT(users_look_at(child, &users), -EMFILE);
	CHECK_INT(users_walk(&users, ignore, NULL), -EMFILE);
	/* one for /proc, and none for those in there */
	set_descriptors(next + 1);
	CHECK_INT(users_walk(&users, ignore, NULL), -EMFILE);
	set_descriptors(was.rlim_cur);
	CHECK_INT(users_walk(&users, ignore, NULL), 0);
	users_done(&users);
	CHECK_INT(kill(child, SIGKILL), 0);
	CHECK_INT(waitpid(child, NULL, 0), child);
	/* what has gone has nothing */
	CHECK_INT(users_look_at(child, &users), 0);
	users_done(&users);
}

int main(void)
{
	RUN(test_unseen);
	return 0;
}
