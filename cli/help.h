/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The help of apqctl and of each verb, no wider than 80 columns.
 */
#ifndef APQD_CLI_HELP_H
#define APQD_CLI_HELP_H

#include "cli/verb.h"

/* Print the help of apqctl and of one verb on standard output. */
void help_print(const struct verb_table *verbs);
void help_print_verb(const struct verb *verb);

#endif
