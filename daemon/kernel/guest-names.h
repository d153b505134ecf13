/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of the guests that processes run.  A thread of its own reads each process once: the command
 * line lies in the memory of the process, which can delay the reader for as long as it likes.
 */
#ifndef APQD_DAEMON_KERNEL_GUEST_NAMES_H
#define APQD_DAEMON_KERNEL_GUEST_NAMES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/macro.h"
#include "daemon/kernel/holders.h"
#include "daemon/worker.h"

/* Most threads that ask at a time; processes beyond them wait for one. */
#define GUEST_NAMES_THREADS_MAX 8u

struct guest_names;

/* Is called on the loop when a process has turned out to have a name. */
typedef void (*guest_names_fn)(void *userdata, pid_t pid);

MUST_CHECK int guest_names_new(struct worker *worker, guest_names_fn named, void *userdata,
			       struct guest_names **ret_names);

/* Takes NULL too.  A thread that hangs is left to itself. */
void guest_names_free(struct guest_names *names);

/* Asks the processes that were not asked yet, and forgets those that are none of users. */
void guest_names_update(struct guest_names *names, const struct holders *holders);

/* "" while it is not known, or there is none. */
const char *guest_names_find(const struct guest_names *names, pid_t pid, uint64_t start);

/* Returns true if a thread reads the name of a process. */
bool guest_names_is_asking(const struct guest_names *names);

#endif
