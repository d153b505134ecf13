/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counts of how calls and connections ended since apqd started. Their size is fixed, because clients
 * choose what is counted.
 */
#ifndef APQD_DAEMON_VARLINK_TALLY_H
#define APQD_DAEMON_VARLINK_TALLY_H

#include <json-c/json.h>
#include <stdint.h>

#include "common/error.h"

/* The largest number of methods. The owner of their table checks it. */
#define TALLY_METHODS 32

/* The number of all unknown methods together. */
#define TALLY_OTHER TALLY_METHODS

/* The outcome of a call whose client left before the answer, as each subscriber does. */
#define TALLY_ABANDONED ERROR_CODES

struct tally {
	uint64_t calls[TALLY_METHODS + 1][ERROR_CODES + 1];	/* by method and error; ERROR_NONE: done */
	uint64_t accepted, refused;				/* connections */
	int64_t start;						/* of apqd: seconds since 1970 */
};

/*
 * Counts a call that has ended: method is its number or TALLY_OTHER, outcome an enum error_code or
 * TALLY_ABANDONED.
 */
void tally_count_call(struct tally *tally, unsigned int method, unsigned int outcome);

/*
 * Returns a list of the interface's type CallMetrics: "done" of every method, and each other outcome
 * that has been counted. name_method() returns the name of a method by its number, and NULL behind
 * the last one. The caller puts the list; NULL without memory.
 */
struct json_object *tally_describe_calls(const struct tally *tally,
					 const char *(*name_method)(unsigned int method));

#endif
