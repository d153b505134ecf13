/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Has apqd read its files again, and waits until it has: what 'systemctl reload apqd' does. */
#include <stdio.h>

#include "cli/call.h"
#include "cli/output.h"
#include "cli/verbs.h"

int verb_reload(struct run *run)
{
	CLEANUP_REPLY struct reply reply = { 0 };
	int r = call(run, "Reload", NULL, CLIENT_READ_TIMEOUT, &reply);

	if (r != EXIT_STATUS_DONE)
		return r;
	if (option_given(run->options, OPTION_JSON))
		output_json(reply.parameters, true);
	else
		puts("The definitions and the host policy have been read again.");
	return EXIT_STATUS_DONE;
}
