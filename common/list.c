/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/list.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/queue-set.h"

/* A mistake quotes at most this much of what was typed. */
#define QUOTE_MAX 40

/* Room for what is at most RANGE_MAX characters, with two more for each of them. */
#define RANGE_MAX 24
#define RANGE_SIZE (3 * RANGE_MAX + 1)

/* From here on a number is not the same in decimal and in hexadecimal. */
#define BASES_DIFFER 10

static bool is_prefixed(const char *text)
{
	return text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
}

/* Reads digits of a base up to their end; values above 255 count as 256.  -EINVAL for no digit. */
static int parse_digits(const char *text, unsigned int base, const char **ret_end,
			unsigned int *ret_value)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	unsigned int value = 0;
	const char *p, *digit;

	for (p = text; *p && (digit = strchr(digits, *p)) != NULL; p++) {
		if ((digit - digits) % 16 >= (int)base)
			break;
		value = value * base + (unsigned int)((digit - digits) % 16);
		if (value > APQN_IDS)
			value = APQN_IDS;
	}
	if (p == text)
		return -EINVAL;
	*ret_end = p;
	*ret_value = value;
	return 0;
}

/* Reads one id from *text and moves past it.  A leading zero could mean two things, and is none. */
static bool parse_id(const char **text, unsigned int *ret_id, bool *ret_decimal)
{
	bool is_hex = is_prefixed(*text);
	const char *p = is_hex ? *text + 2 : *text;

	if (!is_hex && p[0] == '0' && isdigit((unsigned char)p[1]))
		return false;
	if (parse_digits(p, is_hex ? 16 : 10, text, ret_id) < 0 || *ret_id >= APQN_IDS)
		return false;
	*ret_decimal = !is_hex && *ret_id >= BASES_DIFFER;
	return true;
}

/* Reads "A" or "A-B", which must fill the text up to its end or a comma. */
static bool parse_range(const char *text, struct mask *mask, struct mask *decimal)
{
	bool first_is_decimal, last_is_decimal;
	unsigned int first, last;

	if (!parse_id(&text, &first, &first_is_decimal))
		return false;
	last = first;
	last_is_decimal = first_is_decimal;
	if (*text == '-') {
		text++;
		if (!parse_id(&text, &last, &last_is_decimal))
			return false;
	}
	if ((*text != '\0' && *text != ',') || last < first)
		return false;
	for (unsigned int id = first; id <= last; id++) {
		mask_set(mask, id);
		if (first_is_decimal || last_is_decimal)
			mask_set(decimal, id);
	}
	return true;
}

/*
 * Writes "A" or "A-B" so that it can be read in one way only: without leading zeros, and, with hex,
 * with 0x before what has none.  Returns whether that is a range that is accepted.
 */
static bool respell(const char *part, size_t length, bool hex, char text[static RANGE_SIZE])
{
	struct mask unused = { 0 };
	const char *end = part + length;
	char *to = text;

	if (length > RANGE_MAX)
		return false;
	while (part < end) {
		size_t number = strcspn(part, "-,");

		if (!is_prefixed(part)) {
			size_t zeros = strspn(part, "0");

			zeros = zeros >= number && zeros > 0 ? number - 1 : zeros;
			part += zeros;
			number -= zeros;
			if (hex)
				to = stpcpy(to, "0x");
		}
		to = mempcpy(to, part, number);
		part += number;
		if (part < end)
			*to++ = *part++;
	}
	*to = '\0';
	return parse_range(text, &unused, &unused);
}

/*
 * Returns advice on how to write the part: "... write 47 or 0x47 ...".  Returns NULL if the part is
 * no number, or without memory.  The caller frees it.
 */
static char *advise(const char *part, size_t length)
{
	char decimal[RANGE_SIZE], hex[RANGE_SIZE];
	bool is_decimal = respell(part, length, false, decimal);
	bool is_hex = respell(part, length, true, hex);
	char *advice = NULL;
	int n = 0;

	if (is_decimal && is_hex)
		n = asprintf(&advice, "can be read in two ways: write %s or %s (plain numbers are "
			     "decimal, ids are printed in hexadecimal)", decimal, hex);
	else if (is_decimal || is_hex)
		n = asprintf(&advice, "can be misread: write %s (plain numbers are decimal, ids "
			     "are printed in hexadecimal)", is_decimal ? decimal : hex);
	return n < 0 ? NULL : advice;
}

static int explain(const char *part, enum list_kind kind, char **ret_message)
{
	const char *what = kind == LIST_ADAPTERS ? "an adapter" : "a domain";
	size_t length = strcspn(part, ",");
	int quoted = (int)(length > QUOTE_MAX ? QUOTE_MAX : length);
	CLEANUP_FREE char *copy = strndup(part, length);
	CLEANUP_FREE char *advice = advise(part, length);
	struct queue_set queues = { 0 };
	char *message;
	int n;

	if (!copy)
		return -ENOMEM;
	if (queue_set_parse(copy, &queues) == 0)
		n = asprintf(&message, "'%.*s' is a queue, and not %s: give queues by --queues.",
			     quoted, part, what);
	else if (advice)
		n = asprintf(&message, "'%.*s' %s.", quoted, part, advice);
	else
		n = asprintf(&message,
			     "'%.*s' is not %s: give numbers from 0 to 255 (decimal, or hexadecimal "
			     "with 0x) or ranges of them, separated by commas, for example "
			     "4,6,0x10-0x12.", quoted, part, what);
	if (n < 0)
		return -ENOMEM;
	*ret_message = message;
	return -EINVAL;
}

int list_parse(const char *text, enum list_kind kind, struct mask *ret_mask,
	       struct mask *ret_decimal, char **ret_message)
{
	struct mask mask = { 0 }, decimal = { 0 };

	while (*text) {
		size_t length = strcspn(text, ",");

		if (!parse_range(text, &mask, &decimal))
			return explain(text, kind, ret_message);
		text += length;
		if (*text == ',' && *++text == '\0')
			return explain("", kind, ret_message);
	}
	*ret_mask = mask;
	if (ret_decimal)
		*ret_decimal = decimal;
	return 0;
}

bool list_read_both(const char *text, unsigned int *ret_decimal, unsigned int *ret_hex)
{
	unsigned int decimal = APQN_IDS, hex;
	const char *end;

	if (is_prefixed(text) || !isxdigit((unsigned char)*text) ||
	    parse_digits(text, 16, &end, &hex) < 0 || *end)
		return false;
	if (parse_digits(text, 10, &end, &decimal) < 0 || *end)
		decimal = APQN_IDS;
	*ret_decimal = decimal;
	*ret_hex = hex;
	return decimal < APQN_IDS || hex < APQN_IDS;
}

/* Writes each id or range behind a comma, each number behind the prefix. */
static char *format(const struct mask *mask, enum list_kind kind, const char *prefix)
{
	int width = kind == LIST_ADAPTERS ? 2 : 4;
	/* An id has a prefix of two, four digits and a comma or a hyphen at most. */
	char text[APQN_IDS * 7 + 1], *end = text;

	*text = '\0';
	for (unsigned int id = mask_next(mask, 0); id < APQN_IDS;) {
		unsigned int last = id;

		while (mask_test(mask, last + 1))
			last++;
		end += sprintf(end, "%s%s%0*x", end > text ? "," : "", prefix, width, id);
		if (last > id)
			end += sprintf(end, "-%s%0*x", prefix, width, last);
		id = mask_next(mask, last + 1);
	}
	return strdup(text);
}

char *list_format(const struct mask *mask, enum list_kind kind)
{
	return mask_is_empty(mask) ? strdup("-") : format(mask, kind, "");
}

char *list_format_option(const struct mask *mask, enum list_kind kind)
{
	return format(mask, kind, "0x");
}
