/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vfio_ap's debug log (s390dbf) as the kernel makes its text: anew for everyone who opens it,
 * and of no more lines than fit into a page.
 */
#ifndef APQD_DAEMON_KERNEL_DBF_H
#define APQD_DAEMON_KERNEL_DBF_H

#include "common/macro.h"

/*
 * Reads a regular file to its end, or until DBF_READ_MAX bytes have come, and gives the last of
 * it: at most KERNEL_LOG_MAX bytes, from the beginning of a line on where there is one, as UTF-8
 * (what is none is replaced); the caller frees it.  Returns 0, -ENOENT for another kind of file,
 * or another negative errno.
 */
#define DBF_READ_MAX (4u << 20)
MUST_CHECK int dbf_read(int fd, char **ret_text);

#endif
