/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli/metric-text.c: both texts, byte for byte, whatever a label says.
 */
#include "cli/metric-text.h"
#include "common/cleanup.h"
#include "common/macro.h"
#include "tests/unit/check.h"

static struct metric_text text;
static char *buffer;
static size_t length;

static void start(enum metric_format format)
{
	text = (struct metric_text){ .format = format, .out = open_memstream(&buffer, &length) };
	CHECK(text.out != NULL);
}

/* Ends the text, and compares all of it. */
static void check_text(const char *expected)
{
	metric_end(&text);
	CHECK_INT(fclose(text.out), 0);
	CHECK_STR(buffer, expected);
	free(buffer);
}

static void put_families(void)
{
	const struct metric_label labels[] = { { "a", "x" }, { "b", NULL } };

	metric_family(&text, METRIC_INFO, "m_build", "The version.");
	metric_sample(&text, labels, 1, 1);
	metric_family(&text, METRIC_COUNTER, "m_calls", "Calls.");
	metric_sample(&text, labels, 2, INT64_MAX);
	metric_family(&text, METRIC_GAUGE, "m_start_time_seconds", "When.");
	metric_sample(&text, NULL, 0, 0);
}

static void test_openmetrics(void)
{
	start(METRIC_OPENMETRICS);
	put_families();
	check_text("# TYPE m_build info\n"
		   "# HELP m_build The version.\n"
		   "m_build_info{a=\"x\"} 1\n"
		   "# TYPE m_calls counter\n"
		   "# HELP m_calls Calls.\n"
		   "m_calls_total{a=\"x\",b=\"\"} 9223372036854775807\n"
		   "# TYPE m_start_time_seconds gauge\n"
		   "# UNIT m_start_time_seconds seconds\n"
		   "# HELP m_start_time_seconds When.\n"
		   "m_start_time_seconds 0\n"
		   "# EOF\n");
}

static void test_prometheus(void)
{
	start(METRIC_PROMETHEUS);
	put_families();
	check_text("# TYPE m_build_info gauge\n"
		   "# HELP m_build_info The version.\n"
		   "m_build_info{a=\"x\"} 1\n"
		   "# TYPE m_calls_total counter\n"
		   "# HELP m_calls_total Calls.\n"
		   "m_calls_total{a=\"x\",b=\"\"} 9223372036854775807\n"
		   "# TYPE m_start_time_seconds gauge\n"
		   "# HELP m_start_time_seconds When.\n"
		   "m_start_time_seconds 0\n");
}

/* A name is what the daemon lets through; but another machine's daemon may be any program. */
static void test_escaping(void)
{
	const struct metric_label label = { "name", "a\"b\\c\nd\\n\xc3\xa4{}," };
	const struct metric_label steering = { "name", "\033[2J\u202e" };

	start(METRIC_PROMETHEUS);
	metric_family(&text, METRIC_GAUGE, "m", "Any.");
	metric_sample(&text, &label, 1, -1);
	metric_sample(&text, &steering, 1, 2);
	check_text("# TYPE m gauge\n# HELP m Any.\n"
		   "m{name=\"a\\\"b\\\\c\\nd\\\\n\xc3\xa4{},\"} -1\n"
		   "m{name=\"\\\\x1b[2J\\\\u{202e}\"} 2\n");
}

static void test_histogram(void)
{
	start(METRIC_PROMETHEUS);
	metric_family(&text, METRIC_HISTOGRAM, "m_duration_seconds", "How long.");
	metric_bucket(&text, 100000, 1);
	metric_bucket(&text, 1000000000, 2);
	metric_bucket(&text, 10000000000, 2);
	metric_sum(&text, 3, 12345678901230);
	check_text("# TYPE m_duration_seconds histogram\n"
		   "# HELP m_duration_seconds How long.\n"
		   "m_duration_seconds_bucket{le=\"0.0001\"} 1\n"
		   "m_duration_seconds_bucket{le=\"1.0\"} 2\n"
		   "m_duration_seconds_bucket{le=\"10.0\"} 2\n"
		   "m_duration_seconds_bucket{le=\"+Inf\"} 3\n"
		   "m_duration_seconds_sum 12345.67890123\n"
		   "m_duration_seconds_count 3\n");
}

/* Only a word of its own at the end is a unit. */
static void test_unit(void)
{
	start(METRIC_OPENMETRICS);
	metric_family(&text, METRIC_GAUGE, "milliseconds", "None.");
	metric_family(&text, METRIC_GAUGE, "m_seconds_total", "None.");
	check_text("# TYPE milliseconds gauge\n# HELP milliseconds None.\n"
		   "# TYPE m_seconds_total gauge\n# HELP m_seconds_total None.\n# EOF\n");
}

int main(void)
{
	RUN(test_openmetrics);
	RUN(test_prometheus);
	RUN(test_escaping);
	RUN(test_histogram);
	RUN(test_unit);
	return 0;
}
