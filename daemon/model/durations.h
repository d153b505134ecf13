/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long something took, every time since apqd started: a histogram of fixed size, so that to
 * count costs no memory.  Pure: whoever counts has looked at the clock.
 */
#ifndef APQD_DAEMON_MODEL_DURATIONS_H
#define APQD_DAEMON_MODEL_DURATIONS_H

#include <json-c/json.h>
#include <stdint.h>

/* From 0.1 milliseconds, which a plan for one device takes, to 100 seconds, each ten times the last. */
#define DURATIONS_BUCKETS 7

struct durations {
	uint64_t buckets[DURATIONS_BUCKETS];	/* how many fit in each, and not in the one before */
	uint64_t count;				/* of all, also of longer ones */
	uint64_t sum;				/* nanoseconds */
};

/* Counts one more, in nanoseconds. */
void durations_add(struct durations *durations, uint64_t duration);

/* The interface's type Durations; the caller puts it; NULL without memory. */
struct json_object *durations_describe(const struct durations *durations);

#endif
