/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The group whose members may change things.  Its number is asked for on a thread, because a server of
 * names (LDAP) may let that wait: once at the start, again when /etc/group changes, and again when a client
 * comes who is no member and the answer is old.
 */
#ifndef APQD_DAEMON_VARLINK_GROUP_H
#define APQD_DAEMON_VARLINK_GROUP_H

#include <sys/types.h>
#include <systemd/sd-event.h>

#include "common/macro.h"

struct group_finder;

/* Waits for the first answer, but not for long.  Returns 0 or a negative errno. */
MUST_CHECK int group_new(sd_event *loop, const char *name, struct group_finder **ret_finder);

/* Takes NULL too.  A thread that hangs is left to itself. */
void group_free(struct group_finder *finder);

const char *group_name(const struct group_finder *finder);

/* Its number as it was answered last, or (gid_t)-1 where there is no such group, or no answer yet. */
gid_t group_id(const struct group_finder *finder);

/* Somebody who is no member has come: asks again if the answer is old. */
void group_refresh(struct group_finder *finder);

#endif
