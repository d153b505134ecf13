/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Waits for a socket to come back: woken when something of that name appears, and seldom
 * besides, because a socket is there a moment before it listens.
 */
#ifndef APQD_CLI_WATCH_H
#define APQD_CLI_WATCH_H

#include "common/cleanup.h"
#include "common/macro.h"

struct watch {
	int fd;			/* inotify; -1 for none: then only the slow retry is left */
	const char *path;	/* borrowed; NULL: of another machine, so that nothing gives a hint */
	int delay;		/* milliseconds until the next try without a hint */
};

/* path: the socket, or NULL for that of another machine. */
void watch_init(struct watch *watch, const char *path);
void watch_done(struct watch *watch);

#define CLEANUP_WATCH CLEANUP(watch_done)

/*
 * Waits until it is worth trying to connect.  Returns 0 then, -ECANCELED when cancel_fd
 * is readable, or another negative errno.
 */
MUST_CHECK int watch_wait(struct watch *watch, int cancel_fd);

#endif
