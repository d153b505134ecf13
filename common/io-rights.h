/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copies the rights of a file to its replacement: owner, permissions, ACL, extended attributes. */
#ifndef APQD_COMMON_IO_RIGHTS_H
#define APQD_COMMON_IO_RIGHTS_H

#include <sys/types.h>

#include "common/macro.h"

/*
 * Gives the new file fd the owner, the permissions, the ACL and the extended attributes of the file name
 * in the directory dirfd.  Without such a file, fd gets the mode.  Nobody gets more rights than before:
 * - set-user-ID, set-group-ID, the sticky bit and file capabilities are never taken over;
 * - without the right to change the group, our group gets what all others have;
 * - if the ACL cannot be set, the bits of the owning group are the ACL's own, and not its mask.
 * Returns 0 or a negative errno.
 */
MUST_CHECK int io_take_over_rights(int dirfd, const char *name, int fd, mode_t mode);

#endif
