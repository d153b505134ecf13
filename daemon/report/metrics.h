/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers for those who watch many hosts: what there is now, counted, and what was done since apqd
 * started, which a struct of fixed size keeps.  Pure.
 */
#ifndef APQD_DAEMON_REPORT_METRICS_H
#define APQD_DAEMON_REPORT_METRICS_H

#include <json-c/json.h>
#include <stdint.h>

#include "daemon/model/desired.h"
#include "daemon/model/durations.h"
#include "daemon/model/observed.h"
#include "daemon/plan/request.h"

/* Changes that no client asked for are counted behind the operations of clients. */
enum {
	METRICS_AUTOMATIC = OPERATIONS,	/* a device that starts by itself, or the host policy */
	METRICS_RECOVERY,		/* what a killed daemon left */
	METRICS_OPERATIONS
};

enum metrics_outcome {
	METRICS_DONE,
	METRICS_UNCHANGED,	/* there was nothing to do */
	METRICS_REFUSED,
	METRICS_OUTCOMES
};

/* All zero at first. */
struct metrics {
	struct durations plan;	/* from a change to its steps, also of a dry run */
	struct durations apply;	/* the kernel's steps of a change, unless they wait for a guest to end */
	uint64_t changes[METRICS_OPERATIONS][METRICS_OUTCOMES];
};

/* Counts a change that is over; operation is an enum operation or one of those above. */
void metrics_count_change(struct metrics *metrics, unsigned int operation,
			  enum metrics_outcome outcome);

/*
 * The members of the interface's type Metrics that are about the host, its queues, devices and
 * changes.  The caller puts it; NULL without memory.
 */
struct json_object *metrics_describe(const struct observed *observed, const struct desired *desired,
				     const struct metrics *metrics);

#endif
