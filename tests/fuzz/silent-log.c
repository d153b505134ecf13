/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In the place of daemon/log.c: messages are made, for what they quote is foreign, looked at, and
 * not printed.
 */
#include <stdarg.h>

#include "common/cleanup.h"
#include "common/utf8.h"
#include "daemon/log.h"
#include "tests/fuzz/fuzz.h"

static void look_at(const char *format, va_list values) PRINTF_LIKE(1, 0);

static void look_at(const char *format, va_list values)
{
	CLEANUP_FREE char *text = NULL;

	MUST(vasprintf(&text, format, values) > 0);
	MUST(utf8_fitting(text, strlen(text)) == (int)strlen(text));
}

void log_set_namer(log_namer_fn namer, const void *userdata)
{
	(void)namer;
	(void)userdata;
}

void log_open(void)
{
}

void log_fields(int level, const struct log_fields *fields, const char *format, ...)
{
	va_list values;

	(void)level;
	(void)fields;
	va_start(values, format);
	look_at(format, values);
	va_end(values);
}

void log_message(int level, const struct uuid *device, const char *format, ...)
{
	va_list values;

	(void)level;
	(void)device;
	va_start(values, format);
	look_at(format, values);
	va_end(values);
}
