/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /run/apqd/lock: one daemon manages the state, for as long as it lives.
 */
#ifndef APQD_DAEMON_STORE_STATE_LOCK_H
#define APQD_DAEMON_STORE_STATE_LOCK_H

#include "common/macro.h"

/*
 * Locks the state below root ("" for none).  The lock lasts until the file descriptor is closed or the
 * process ends; a child of it does not have the lock.  Returns 0, or a negative errno and a sentence, which
 * the caller frees: -EBUSY where another daemon has it, which the sentence names.
 */
MUST_CHECK int state_lock_take(const char *root, int *ret_fd, char **ret_message);

#endif
