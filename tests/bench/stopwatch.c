/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stopwatch - starts a program many times, and prints how long each run took, in nanoseconds
 *
 * It is small itself, so that what it measures is the program and the kernel's work to start and
 * end it, not an interpreter's.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RUNS_MAX 100000

extern char **environ;

static int64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* One run with its output thrown away; returns nanoseconds, or a negative errno. */
static int64_t run_once(char **argv, const posix_spawn_file_actions_t *actions)
{
	int64_t begin = now();
	int status;
	pid_t pid;
	int r = posix_spawn(&pid, argv[0], actions, NULL, argv, environ);

	if (r != 0)
		return -r;
	if (waitpid(pid, &status, 0) < 0)
		return -errno;
	return status == 0 ? now() - begin : -ECHILD;
}

int main(int argc, char **argv)
{
	posix_spawn_file_actions_t actions;
	char *end;
	long runs = argc > 2 ? strtol(argv[1], &end, 10) : 0;

	if (runs < 1 || runs > RUNS_MAX || *end) {
		fprintf(stderr, "Usage: stopwatch RUNS PROGRAM [ARGUMENT...]\n"
			"RUNS is 1 to %d, PROGRAM a path.\n", RUNS_MAX);
		return 2;
	}
	if (posix_spawn_file_actions_init(&actions) != 0 ||
	    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY,
					     0) != 0) {
		fprintf(stderr, "stopwatch: there is not enough memory.\n");
		return 1;
	}
	for (long i = 0; i < runs; i++) {
		int64_t taken = run_once(argv + 2, &actions);

		if (taken < 0) {
			fprintf(stderr, "stopwatch: %s: %s.\n", argv[2], taken == -ECHILD ?
				"it ended with a status other than 0" : strerror((int)-taken));
			return 1;
		}
		printf("%" PRId64 "\n", taken);
	}
	posix_spawn_file_actions_destroy(&actions);
	return 0;
}
