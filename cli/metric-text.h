/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Metrics as monitoring reads them: the text of OpenMetrics 1.0, or the older one of Prometheus
 * (0.0.4), which is all that node_exporter's textfile collector takes.
 */
#ifndef APQD_CLI_METRIC_TEXT_H
#define APQD_CLI_METRIC_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum metric_format {
	METRIC_OPENMETRICS,
	METRIC_PROMETHEUS,
};

enum metric_type {
	METRIC_GAUGE,
	METRIC_COUNTER,
	METRIC_INFO,		/* always 1: its labels are what it tells */
	METRIC_HISTOGRAM,	/* of durations, in seconds */
};

struct metric_text {
	FILE *out;
	enum metric_format format;
	enum metric_type type;	/* of the family whose samples follow, */
	const char *name;	/* ... and its name, borrowed */
};

/*
 * Begins a family: its samples follow.  name is without the suffix that its type asks for (_total,
 * _info); help is a sentence without backslashes, quotes and line ends.
 */
void metric_family(struct metric_text *text, enum metric_type type, const char *name,
		   const char *help);

/* One label of a sample; a value of NULL is written as an empty one, which means none. */
struct metric_label {
	const char *name;
	const char *value;	/* any text: what has to be escaped is, and made safe */
};

/* A sample with count labels, of any family but a histogram. */
void metric_sample(struct metric_text *text, const struct metric_label *labels, size_t count,
		   int64_t value);

/*
 * The parts of a histogram: its buckets in their order, each with the limit in nanoseconds and how
 * many are up to that; then all of it.
 */
void metric_bucket(struct metric_text *text, int64_t limit, int64_t count);
void metric_sum(struct metric_text *text, int64_t count, int64_t sum);

/* What has to stand at the end. */
void metric_end(struct metric_text *text);

#endif
