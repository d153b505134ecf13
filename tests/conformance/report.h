/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All that is observed of a host, as lines of stable text, and what two of them differ in.
 */
#ifndef APQD_TESTS_CONFORMANCE_REPORT_H
#define APQD_TESTS_CONFORMANCE_REPORT_H

#include <stddef.h>

#include "common/macro.h"
#include "daemon/model/observed.h"

struct report {
	char **lines;	/* in order of strcmp() */
	size_t count, size;
};

/* Returns 0 or -ENOMEM; report_done() lets it go. */
MUST_CHECK int report_make(const struct observed *observed, struct report *ret_report);
void report_done(struct report *report);

/* Prints "  - LINE" for what only the first has, then "  + LINE"; returns how many lines. */
size_t report_print_difference(const struct report *before, const struct report *after);

#endif
