/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ids that the command line names, shown to who typed them: what a decimal number is in the
 * hexadecimal of all output, and which of them the machine does not have.
 */
#ifndef APQD_CLI_GIVEN_H
#define APQD_CLI_GIVEN_H

#include <stdio.h>

#include "cli/verbs.h"

/*
 * "adapter 0a (10), domains 0010-0012 (16-18)": the ids whose text is not how they are printed; "" if
 * there are none.  The caller frees it; NULL without memory.
 */
char *given_describe(const struct options *options);

/* Prints a line of that, unless there are none. */
void given_print(const struct options *options, FILE *out);

/*
 * Asks apqd which of the adapters and domains the machine has, and warns on standard error of those
 * that it lacks: they are legal, and may come later.  Says nothing when apqd cannot be asked.
 */
void given_warn(struct run *run);

#endif
