/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/metric-text.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "cli/output.h"
#include "common/cleanup.h"
#include "common/macro.h"

#define SECOND 1000000000

/* The units that names end with: OpenMetrics wants to be told them once more. */
static const char *const units[] = { "seconds" };

/* What samples of the type have behind the name of the family. */
static const char *const suffixes[] = {
	[METRIC_GAUGE] = "",
	[METRIC_COUNTER] = "_total",
	[METRIC_INFO] = "_info",
	[METRIC_HISTOGRAM] = "",
};

static bool ends_with(const char *name, const char *unit)
{
	size_t length = strlen(name), end = strlen(unit);

	return length > end && name[length - end - 1] == '_' &&
	       strcmp(name + length - end, unit) == 0;
}

void metric_family(struct metric_text *text, enum metric_type type, const char *name,
		   const char *help)
{
	static const char *const types[] = {
		[METRIC_GAUGE] = "gauge",
		[METRIC_COUNTER] = "counter",
		[METRIC_INFO] = "info",
		[METRIC_HISTOGRAM] = "histogram",
	};
	bool is_open = text->format == METRIC_OPENMETRICS;
	/* The older text knows families by the names of their samples, and no type "info". */
	const char *suffix = is_open ? "" : suffixes[type];

	text->type = type;
	text->name = name;
	fprintf(text->out, "# TYPE %s%s %s\n", name, suffix,
		type == METRIC_INFO && !is_open ? "gauge" : types[type]);
	for (size_t i = 0; is_open && i < ARRAY_SIZE(units); i++)
		if (ends_with(name, units[i]))
			fprintf(text->out, "# UNIT %s %s\n", name, units[i]);
	fprintf(text->out, "# HELP %s%s %s\n", name, suffix, help);
}

/* The formats have escapes for three characters only: what would steer a terminal is spelt, as in tables. */
static void put_value(FILE *out, const char *value)
{
	CLEANUP_FREE char *safe = value ? output_safe(value, true) : NULL;

	for (const char *p = safe; p && *p; p++) {
		if (*p == '\n')
			fputs("\\n", out);
		else if (*p == '\\' || *p == '"')
			fprintf(out, "\\%c", *p);
		else
			fputc(*p, out);
	}
}

void metric_sample(struct metric_text *text, const struct metric_label *labels, size_t count,
		   int64_t value)
{
	fprintf(text->out, "%s%s", text->name, suffixes[text->type]);
	for (size_t i = 0; i < count; i++) {
		fprintf(text->out, "%c%s=\"", i == 0 ? '{' : ',', labels[i].name);
		put_value(text->out, labels[i].value);
		fputc('"', text->out);
	}
	fprintf(text->out, "%s %" PRId64 "\n", count ? "}" : "", value);
}

/* Seconds as OpenMetrics wants limits: at least one digit behind the point, and no zeros at the end. */
static void put_seconds(FILE *out, int64_t nanoseconds)
{
	char digits[24];
	int length = 9;

	snprintf(digits, sizeof(digits), "%09" PRId64, nanoseconds % SECOND);
	while (length > 1 && digits[length - 1] == '0')
		length--;
	fprintf(out, "%" PRId64 ".%.*s", nanoseconds / SECOND, length, digits);
}

void metric_bucket(struct metric_text *text, int64_t limit, int64_t count)
{
	fprintf(text->out, "%s_bucket{le=\"", text->name);
	put_seconds(text->out, limit);
	fprintf(text->out, "\"} %" PRId64 "\n", count);
}

void metric_sum(struct metric_text *text, int64_t count, int64_t sum)
{
	fprintf(text->out, "%s_bucket{le=\"+Inf\"} %" PRId64 "\n", text->name, count);
	fprintf(text->out, "%s_sum ", text->name);
	put_seconds(text->out, sum);
	fprintf(text->out, "\n%s_count %" PRId64 "\n", text->name, count);
}

void metric_end(struct metric_text *text)
{
	if (text->format == METRIC_OPENMETRICS)
		fputs("# EOF\n", text->out);
}
