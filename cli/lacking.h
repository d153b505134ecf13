/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ids of the command line that the machine lacks.
 */
#ifndef APQD_CLI_LACKING_H
#define APQD_CLI_LACKING_H

#include "cli/run.h"

/*
 * Asks apqd which of the adapters and domains the machine has, and warns on standard error of those
 * that it lacks: they are legal, and may come later.  Says nothing when apqd cannot be asked.
 */
void lacking_warn(struct run *run);

#endif
