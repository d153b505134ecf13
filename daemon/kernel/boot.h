/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The masks that the kernel's command line gives to the AP bus: ap.apmask= and ap.aqmask=.
 */
#ifndef APQD_DAEMON_KERNEL_BOOT_H
#define APQD_DAEMON_KERNEL_BOOT_H

#include "common/macro.h"
#include "daemon/model/desired.h"

/*
 * Finds them in a command line as the kernel does (next_arg() in lib/cmdline.c): words may be
 * quoted, "--" ends it, of two the later counts.  As in ap_perms_init() of ap_bus.c, a relative
 * mask changes one that is empty, and one that cannot be read leaves it empty.
 */
void boot_parse(const char *command_line, struct boot_masks *ret_masks);

/* Reads those of /proc/cmdline.  Returns 0 or a negative errno. */
MUST_CHECK int boot_read(struct boot_masks *ret_masks);

#endif
