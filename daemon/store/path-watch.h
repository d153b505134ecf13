/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Notices that a path leads to something else: a directory that is replaced, a link that is retargeted.
 * For each component of a path, also of links on the way, the directory that has it is watched by inotify,
 * and its name there kept.
 */
#ifndef APQD_DAEMON_STORE_PATH_WATCH_H
#define APQD_DAEMON_STORE_PATH_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/macro.h"

/* A name in a directory that is watched. */
struct path_place {
	int wd;
	char *name;	/* owned */
};

/* All zero for none. */
struct path_watch {
	struct path_place *places;	/* owned */
	size_t count, size;
};

void path_watch_done(struct path_watch *watch);

/*
 * Watches the path by the inotify instance fd with these events of inotify(7), from the directory root on
 * ("" for all of it).  A component that is missing is awaited.  Returns 0, also then, or a negative
 * errno, and then the path is not all watched.
 */
MUST_CHECK int path_watch_add(struct path_watch *watch, int fd, uint32_t events, const char *root,
			      const char *path);

/*
 * Returns true if an event of descriptor wd about name may change where a watched path leads.  A
 * name of NULL means the directory itself.
 */
bool path_watch_concerns(const struct path_watch *watch, int wd, const char *name);

/* Returns true if a watched path leads through the directory of descriptor wd. */
bool path_watch_has(const struct path_watch *watch, int wd);

#endif
