/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ids that the command line names, shown to who typed them, with decimal numbers in
 * the hexadecimal of all output.
 */
#ifndef APQD_CLI_GIVEN_H
#define APQD_CLI_GIVEN_H

#include <stdio.h>

#include "cli/options.h"

/*
 * "adapter 0a (10), domains 0010-0012 (16-18)": the ids whose text is not how they are printed; "" if
 * there are none.  The caller frees it; NULL without memory.
 */
char *given_describe(const struct options *options);

/* Prints a line of that, unless there are none. */
void given_print(const struct options *options, FILE *out);

/*
 * The same for any ids: those of *decimal also get their decimal reading.  The caller frees it; NULL
 * without memory.
 */
char *given_ids(const struct matrix *ids, const struct matrix *decimal);

#endif
