/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How calls and connections ended since apqd started: counts of fixed size, whatever clients do,
 * and kept without memory of their own.
 */
#ifndef APQD_DAEMON_VARLINK_TALLY_H
#define APQD_DAEMON_VARLINK_TALLY_H

#include <json-c/json.h>
#include <stdint.h>

#include "common/error.h"

/* Room for the methods that there are; methods.c checks that. */
#define TALLY_METHODS 32

/* In place of the number of a method: a call of one that there is not. */
#define TALLY_OTHER TALLY_METHODS

/* In place of an error: the client went before it was answered, as one that monitors always does. */
#define TALLY_ABANDONED ERROR_CODES

struct tally {
	uint64_t calls[TALLY_METHODS + 1][ERROR_CODES + 1];	/* by method and error; ERROR_NONE: done */
	uint64_t accepted, refused;				/* connections */
	int64_t start;						/* of apqd: seconds since 1970 */
};

/* Counts a call that is over; method is its number, see methods_name(), outcome an enum error_code. */
void tally_count_call(struct tally *tally, unsigned int method, unsigned int outcome);

/*
 * A list of the interface's type CallMetrics: of every method those done, and of all else what has
 * happened.  The caller puts it; NULL without memory.
 */
struct json_object *tally_describe_calls(const struct tally *tally);

#endif
