/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The AP configuration lock of s390-tools, /run/lock/s390apconfig.lock, by its protocol
 * (libutil's util_lockfile.c): the file holds the owner's pid in decimal and a newline; it is
 * taken by link() of a temporary file, and is stale when its owner is gone, or when it is
 * empty and older than two minutes.  Everybody may make files in /run/lock: what is not root's is no
 * lock, is moved out of the way, and logged (lock-file.h).  Only chzdev and ap-check take it too: it is advice, so
 * whoever holds it still looks again at everything before a change.
 */
#ifndef APQD_DAEMON_STORE_LOCK_H
#define APQD_DAEMON_STORE_LOCK_H

#include <sys/types.h>

#include "common/macro.h"

struct lock;

/* root is the prefix of /run, "" for none.  Returns 0 or a negative errno; takes nothing yet. */
MUST_CHECK int lock_new(const char *root, struct lock **ret_lock);

/* Lets go of the lock if it is held.  Takes NULL too. */
void lock_free(struct lock *lock);

struct lock_holder {
	pid_t pid;
	char command[32];	/* of /proc/PID/comm; "" where it cannot be told */
};

/*
 * Tries once, without waiting.  Returns 0 when it is ours, -EBUSY and who has it, or another
 * negative errno.  Several changes of ours may hold it: each lets go of it once.
 */
MUST_CHECK int lock_try(struct lock *lock, struct lock_holder *ret_holder);

void lock_release(struct lock *lock);

#endif
