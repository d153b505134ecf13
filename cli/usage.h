/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mistakes in the command line.
 */
#ifndef APQD_CLI_USAGE_H
#define APQD_CLI_USAGE_H

#include <stdbool.h>

#include "cli/verb.h"
#include "common/macro.h"

/* Says whether the command line asks for JSON: then mistakes are JSON on standard output, too. */
void usage_set_json(bool json);

/* Prints one mistake and the command that shows help; verb may be NULL.  Returns EXIT_STATUS_USAGE. */
int options_mistake(const struct verb *verb, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
