/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The method Reload: has the files read again, and answers when they have been.
 */
#ifndef APQD_DAEMON_API_RELOAD_H
#define APQD_DAEMON_API_RELOAD_H

#include "common/macro.h"
#include "daemon/varlink/server.h"

/* Prepares the server for it; 0 or a negative errno. */
MUST_CHECK int reload_start(struct server *server);

#endif
