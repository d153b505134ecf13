/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * System calls as a person and a replay want to see them: by name, with the paths that their
 * file descriptors and strings mean, and with the bytes that they write.
 */
#ifndef APQD_TESTS_FAULTS_CALLS_H
#define APQD_TESTS_FAULTS_CALLS_H

#include <limits.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/macro.h"

#define CALL_NAME_SIZE 32

/* One system call at its beginning, before the kernel has seen it. */
struct call {
	char name[CALL_NAME_SIZE];	/* as in its manual page, or "nrN" for one that has no form here */
	char path[PATH_MAX];		/* what it is about, absolute; "" for nothing; a pipe:[N] or the like */
	char second[PATH_MAX];		/* of those with two names */
	unsigned long flags;		/* how it opens, or whatever its form says */
	unsigned char *data;		/* what it writes, owned; NULL for nothing */
	size_t length;
};

/*
 * Calls that cannot fail in a way that a program may be asked to bear (futex), or that tell nothing
 * but who or when it is: these are let through.  Returns their numbers, and how many there are.
 */
const int *calls_let_through(size_t *ret_count);

/*
 * Describes the call that a thread is about to make, reading its memory; what cannot be read
 * is left empty.  with_data: also what it writes.  The caller ends it by call_done().
 */
void call_describe(const struct seccomp_notif *notice, bool with_data, struct call *ret_call);

void call_done(struct call *call);

/* Where the heap of the process ends, which a refused brk() answers; 0 where it cannot be told. */
unsigned long call_heap_end(int pid);

#endif
