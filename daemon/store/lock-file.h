/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file of the AP configuration lock, and other files of its name.  /run/lock may belong to every
 * user of the host: a lock is a regular file that root made (or our own user, for a simulator); all
 * else in its place is in the way.
 */
#ifndef APQD_DAEMON_STORE_LOCK_FILE_H
#define APQD_DAEMON_STORE_LOCK_FILE_H

#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

#include "common/macro.h"

struct lock_file {
	bool is_lock;
	ino_t inode;
	uid_t owner;
	mode_t mode;
	bool is_mount_point;
	pid_t pid;		/* of a lock; 0: it says none */
	time_t age;		/* of a lock, in seconds */
};

/*
 * Looks at the file at the path.  Follows no link, and opens nothing but a lock.  Returns 0, -ENOENT or
 * another negative errno.
 */
MUST_CHECK int lock_file_look(const char *path, struct lock_file *ret_file);

/* Returns true if the owner of the lock has ended, or the lock has had no owner for two minutes. */
bool lock_file_is_stale(const struct lock_file *file);

/*
 * Makes a lock of ours at a path beside the lock's: "PATH.apqd-PID-RANDOM".  Returns 0 or a negative
 * errno; the caller frees *ret_path, and removes the file.
 */
MUST_CHECK int lock_file_make(const char *path, char **ret_path, ino_t *ret_inode);

/*
 * Puts the lock at the path mine in the place of what is at path, which is no lock or a stale one; mine
 * is gone afterwards.  A stale lock is removed.  All else is renamed to "PATH.moved-RANDOM", and logged with
 * its owner.  Returns 0, -EAGAIN where another program has taken the lock meanwhile (mine stays then),
 * or another negative errno, and then nothing has changed.
 */
MUST_CHECK int lock_file_take_over(const char *mine, const char *path, const struct lock_file *was);

/* Logs that what is at path cannot be moved out of the way, with its owner and an errno. */
void lock_file_log_stuck(const char *path, const struct lock_file *file, int error);

#endif
