/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/list.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"

/* A mistake quotes at most this much of what was typed. */
#define QUOTE_MAX 40

/* Reads one id from *text and moves past it. */
static bool parse_id(const char **text, unsigned int *ret_id)
{
	const char *p = *text;
	unsigned int value = 0, base = 10, digits = 0;

	if (p[0] == '0' && (p[1] == 'x' || p[1] == 'X')) {
		base = 16;
		p += 2;
	}
	for (;; p++, digits++) {
		unsigned int digit;

		if (*p >= '0' && *p <= '9')
			digit = *p - '0';
		else if (base == 16 && *p >= 'a' && *p <= 'f')
			digit = *p - 'a' + 10;
		else if (base == 16 && *p >= 'A' && *p <= 'F')
			digit = *p - 'A' + 10;
		else
			break;
		value = value * base + digit;
		if (value >= APQN_IDS)
			return false;
	}
	if (digits == 0)
		return false;
	*text = p;
	*ret_id = value;
	return true;
}

/* Reads "A" or "A-B", which must fill the text up to its end or a comma. */
static bool parse_range(const char *text, struct mask *mask)
{
	unsigned int first, last;

	if (!parse_id(&text, &first))
		return false;
	last = first;
	if (*text == '-') {
		text++;
		if (!parse_id(&text, &last))
			return false;
	}
	if ((*text != '\0' && *text != ',') || last < first)
		return false;
	for (unsigned int id = first; id <= last; id++)
		mask_set(mask, id);
	return true;
}

static int explain(const char *part, enum list_kind kind, char **ret_message)
{
	int length = (int)strcspn(part, ",");
	char *message;

	if (asprintf(&message,
		     "'%.*s' is not %s: give numbers from 0 to 255 (decimal, or hexadecimal with 0x)"
		     " or ranges of them, separated by commas, for example 4,6,0x10-0x12.",
		     length > QUOTE_MAX ? QUOTE_MAX : length, part,
		     kind == LIST_ADAPTERS ? "an adapter" : "a domain") < 0)
		return -ENOMEM;
	*ret_message = message;
	return -EINVAL;
}

int list_parse(const char *text, enum list_kind kind, struct mask *ret_mask, char **ret_message)
{
	struct mask mask = { 0 };

	while (*text) {
		size_t length = strcspn(text, ",");

		if (!parse_range(text, &mask))
			return explain(text, kind, ret_message);
		text += length;
		if (*text == ',' && *++text == '\0')
			return explain("", kind, ret_message);
	}
	*ret_mask = mask;
	return 0;
}

char *list_format(const struct mask *mask, enum list_kind kind)
{
	int width = kind == LIST_ADAPTERS ? 2 : 4;
	/* An id has four digits and a comma or a hyphen at most. */
	char text[APQN_IDS * 5 + 1], *end = text;

	if (mask_is_empty(mask))
		return strdup("-");
	for (unsigned int id = mask_next(mask, 0); id < APQN_IDS;) {
		unsigned int last = id;

		while (mask_test(mask, last + 1))
			last++;
		end += sprintf(end, "%s%0*x", end > text ? "," : "", width, id);
		if (last > id)
			end += sprintf(end, "-%0*x", width, last);
		id = mask_next(mask, last + 1);
	}
	return strdup(text);
}
