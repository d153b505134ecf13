/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * apqd on another machine: ssh runs 'apqctl bridge' there, and its standard input and output are the
 * connection.  Nothing of the user's command line goes to the shell of that machine.
 */
#ifndef APQD_CLI_REMOTE_H
#define APQD_CLI_REMOTE_H

#include "cli/client.h"
#include "common/macro.h"

/*
 * Why host cannot be given to ssh, as a sentence that begins behind the quoted host (static), or NULL
 * where it can: [USER@]HOST, or ssh://[USER@]HOST[:PORT].
 */
const char *remote_refuse_host(const char *host);

/*
 * Connects to apqd on host by ssh (or the program that APQCTL_SSH names), and waits until it answers:
 * as long as ssh takes, since that may ask for a password.  The client's cancel_fd ends the wait.
 * Returns 0; -ENOEXEC where ssh could not be started; of what ssh or the other side told on standard
 * error, -EHOSTUNREACH where ssh did not get there, -ENOPKG where there is no apqctl,
 * -EPROTONOSUPPORT where that knows no bridge, -ECONNREFUSED where it does not reach apqd,
 * -ECONNABORTED where nothing tells why; or another negative errno as of client_call().
 */
MUST_CHECK int remote_connect(struct client *client, const char *host);

#endif
