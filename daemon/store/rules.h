/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * chzdev's file of udev rules, 41-ap.rules, which sets the masks at boot.  apqd only reads it: to
 * tell when it disagrees with the host policy, and to take its masks over where that is asked for.
 */
#ifndef APQD_DAEMON_STORE_RULES_H
#define APQD_DAEMON_STORE_RULES_H

#include <stddef.h>

#include "common/macro.h"
#include "daemon/model/desired.h"

struct store;

/*
 * Takes the masks from length bytes of text as chzdev does (s390-tools, libap and libutil's reader
 * of udev rules): of every line only the first entry counts, if its key is an ATTR{} that names
 * apmask or aqmask; the last such line wins.  A line of these that sets no mask is told as a
 * problem with path, up to a number that a person can read.
 */
void rules_read(const char *text, size_t length, const char *path, struct boot_masks *ret_masks,
		struct problems *problems);

/*
 * Reads the file of /etc/udev/rules.d, or where there is none that of /run/udev/rules.d, into
 * desired->rules, with its path and the first thing that is wrong in it.  One that cannot be read is a
 * problem, not a failure; returns 0 or -ENOMEM.
 */
MUST_CHECK int rules_load(struct store *store, struct desired *desired);

#endif
