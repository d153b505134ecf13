/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The values of options: each is read and checked before anything is asked of apqd, and a
 * bad one is quoted in one sentence that says what is accepted.
 */
#ifndef APQD_CLI_OPTION_VALUE_H
#define APQD_CLI_OPTION_VALUE_H

#include <stddef.h>

#include "cli/options.h"
#include "common/macro.h"

/* A mistake quotes at most this much of what was typed. */
#define OPTION_QUOTE_MAX 60

/*
 * Reads the value of an option into *options; one that takes no value, or any text, is left
 * alone.  Returns 0; -EINVAL for a mistake, which is then on standard error; or -ENOMEM.
 */
MUST_CHECK int option_value_take(struct options *options, enum option_id id, const char *value);

/* What a guest or host can be without: the words of the method ExplainInstruction. */
#define OPTION_LACKS 7
extern const char *const option_value_lacks[OPTION_LACKS];

#endif
