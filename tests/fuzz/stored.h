/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What daemon/store/ makes of the files below a root, without the rest of the daemon.
 */
#ifndef APQD_TESTS_FUZZ_STORED_H
#define APQD_TESTS_FUZZ_STORED_H

#include <stdbool.h>

/*
 * Loads all of it twice, and what is under way too: a record is found again as it is written, and one
 * that cannot be read is gone.  Returns whether the file of that path is told as a problem.
 */
bool stored_check(const char *root, const char *path);

#endif
