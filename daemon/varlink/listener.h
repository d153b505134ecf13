/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The listening socket: one that the service manager hands over, or one of our own.
 */
#ifndef APQD_DAEMON_VARLINK_LISTENER_H
#define APQD_DAEMON_VARLINK_LISTENER_H

#include "common/macro.h"

/* What the socket unit calls it (FileDescriptorName=), as every Varlink service does. */
#define LISTENER_NAME "varlink"

/*
 * Takes the socket that the service manager hands over: the one called LISTENER_NAME, else the only
 * one; any others are closed.  Its path, mode and group are the socket unit's.  *ret_fd is -1
 * where there is none.  Returns 0, or a negative errno and a sentence (the caller frees it) where
 * what was handed over is nothing to listen on.
 */
MUST_CHECK int listener_take(int *ret_fd, char **ret_message);

/*
 * Listens on path, for everyone: each changing call is checked by itself.  What a killed daemon
 * left there is replaced; where another one answers, -EADDRINUSE.
 * Returns 0 or a negative errno and a sentence (the caller frees it).
 */
MUST_CHECK int listener_open(const char *path, int *ret_fd, char **ret_message);

#endif
