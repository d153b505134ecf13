/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/sim/dbf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common/cleanup.h"

void dbf_add(struct sim_state *state, const char *format, ...)
{
	struct sim_log_line *line = &state->log[state->log_count++ % SIM_LOG_LINES];
	struct timespec now;
	va_list arguments;

	clock_gettime(CLOCK_REALTIME, &now);
	line->microseconds = now.tv_sec * UINT64_C(1000000) + now.tv_nsec / 1000;
	va_start(arguments, format);
	vsnprintf(line->text, sizeof(line->text), format, arguments);
	va_end(arguments);
}

/* Area, time, level, mark of an exception, processor and caller, as the kernel prints them. */
static void print_line(FILE *file, const struct sim_log_line *line)
{
	fprintf(file, "00 %011llu:%06llu 4 - 0000 000003ff601109ae  %s\n",
		(unsigned long long)line->microseconds / 1000000,
		(unsigned long long)line->microseconds % 1000000, line->text);
}

char *dbf_format(const struct sim_state *state)
{
	uint64_t first = state->log_count > SIM_LOG_LINES ? state->log_count - SIM_LOG_LINES : 0;
	CLEANUP_FREE char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	if (!file)
		return NULL;
	for (uint64_t i = first; i < state->log_count; i++)
		print_line(file, &state->log[i % SIM_LOG_LINES]);
	if (fclose(file) != 0)
		return NULL;
	return TAKE_PTR(text);
}
