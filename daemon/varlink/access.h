/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who is at the other end of a connection, and whether they may change anything.
 */
#ifndef APQD_DAEMON_VARLINK_ACCESS_H
#define APQD_DAEMON_VARLINK_ACCESS_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/macro.h"

struct peer {
	pid_t pid;
	uid_t uid;
	bool may_change;
};

/*
 * Reads the peer's credentials and groups, as they were when it connected.  Only uid 0 and
 * members of group, unless it is (gid_t)-1, may change.  Returns 0 or a negative errno: then the peer is nobody to talk to.
 */
MUST_CHECK int access_identify(int fd, gid_t group, struct peer *ret_peer);

#endif
