/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The run of a verb.
 */
#ifndef APQD_CLI_RUN_H
#define APQD_CLI_RUN_H

#include <stdbool.h>

#include "cli/client.h"
#include "cli/options.h"

/* The surroundings of a running verb: its options and its connection to apqd. */
struct run {
	const struct options *options;
	struct client client;		/* connected by the first call */
	bool many;			/* for several devices: with --json every line is a value */
	const char *subject;		/* of several devices the one that errors are about; or NULL */
	const char *patience;		/* printed when a call takes long; NULL: nothing is */
};

#endif
