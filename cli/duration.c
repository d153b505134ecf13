/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/duration.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define MILLISECOND (1000 * DURATION_MICROSECOND)
#define MINUTE (60 * DURATION_SECOND)
#define HOUR (60 * MINUTE)

static const struct {
	const char *name;
	int64_t length;
} units[] = {
	{ "nsec", 1 },			    { "ns", 1 },
	{ "usec", DURATION_MICROSECOND },   { "us", DURATION_MICROSECOND },
	{ "\302\265s", DURATION_MICROSECOND }, { "\316\274s", DURATION_MICROSECOND },
	{ "msec", MILLISECOND },	    { "ms", MILLISECOND },
	{ "seconds", DURATION_SECOND },	    { "second", DURATION_SECOND },
	{ "sec", DURATION_SECOND },	    { "s", DURATION_SECOND },
	{ "minutes", MINUTE },		    { "minute", MINUTE },
	{ "min", MINUTE },		    { "m", MINUTE },
	{ "hours", HOUR },		    { "hour", HOUR },
	{ "hr", HOUR },			    { "h", HOUR },
	{ "days", 24 * HOUR },		    { "day", 24 * HOUR },
	{ "d", 24 * HOUR },
};

/* The unit that begins at text, which ends where a digit, a blank or nothing follows; 0 for none. */
static int64_t find_unit(const char *text, size_t *ret_length)
{
	size_t length = strcspn(text, " 0123456789");

	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (strlen(units[i].name) == length && strncmp(units[i].name, text, length) == 0) {
			*ret_length = length;
			return units[i].length;
		}
	return 0;
}

/* Reads decimal digits and moves past them; -EINVAL for none, or for more than fits. */
static int parse_digits(const char **text, int64_t *ret_number)
{
	const char *p = *text;
	int64_t number = 0;

	if (!isdigit((unsigned char)*p))
		return -EINVAL;
	for (; isdigit((unsigned char)*p); p++)
		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, *p - '0', &number))
			return -EINVAL;
	*text = p;
	*ret_number = number;
	return 0;
}

int duration_parse(const char *text, int64_t unit, int64_t max, int64_t *ret_duration)
{
	bool is_plain = text[strspn(text, "0123456789")] == '\0';
	int64_t sum = 0;

	do {
		int64_t number, length = unit;
		size_t skip = 0;

		if (parse_digits(&text, &number) < 0)
			return -EINVAL;
		if (!is_plain) {
			text += strspn(text, " ");
			length = find_unit(text, &skip);
		}
		if (length == 0 || __builtin_mul_overflow(number, length, &number) ||
		    __builtin_add_overflow(sum, number, &sum) || sum > max)
			return -EINVAL;
		text += skip;
		text += strspn(text, " ");
	} while (*text);
	*ret_duration = sum;
	return 0;
}
