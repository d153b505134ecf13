/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The check that a verb takes the given options and arguments, and that they go together.
 */
#ifndef APQD_CLI_OPTION_CHECK_H
#define APQD_CLI_OPTION_CHECK_H

#include "cli/options.h"

/*
 * Checks the options and the arguments against options->verb, and completes them: --queues of define
 * become adapters and domains.  Returns 0, -EINVAL after a message on standard error, or -ENOMEM.
 */
MUST_CHECK int options_check(struct options *options);

#endif
