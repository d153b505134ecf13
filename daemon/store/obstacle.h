/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds obstacles to replacing or removing a file before the attempt: an attribute of the file or
 * its directory, a mount on the file, a symbolic link.  The attempt to write the new file beside
 * the old one (staged.h) finds missing permissions, missing space and a read-only file system.
 */
#ifndef APQD_DAEMON_STORE_OBSTACLE_H
#define APQD_DAEMON_STORE_OBSTACLE_H

#include "common/macro.h"

/*
 * Looks for such an obstacle of the file name in the directory dirfd, which messages call folder.  Returns 0,
 * also where there is no such file, or a negative errno: of an obstacle (-EPERM, -EBUSY, -ELOOP) with a
 * sentence about it, with the command that removes it, which the caller frees.
 */
MUST_CHECK int obstacle_find(int dirfd, const char *folder, const char *name, char **ret_sentence);

#endif
