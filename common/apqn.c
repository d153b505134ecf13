/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/apqn.h"

#include <errno.h>
#include <stdio.h>

/* Reads one to max hexadecimal digits; returns how many, 0 for none or too many. */
static unsigned int parse_hex(const char *text, unsigned int max, unsigned int *ret_value)
{
	unsigned int value = 0, n;

	for (n = 0;; n++) {
		char c = text[n];
		unsigned int digit;

		if (c >= '0' && c <= '9')
			digit = c - '0';
		else if (c >= 'a' && c <= 'f')
			digit = c - 'a' + 10;
		else if (c >= 'A' && c <= 'F')
			digit = c - 'A' + 10;
		else
			break;
		if (n == max)
			return 0;
		value = value << 4 | digit;
	}
	*ret_value = value;
	return n;
}

const char *apqn_format(struct apqn apqn, char text[static APQN_TEXT_SIZE])
{
	snprintf(text, APQN_TEXT_SIZE, "%02x.%04x", apqn.adapter, apqn.domain);
	return text;
}

int apqn_parse(const char *text, struct apqn *ret_apqn)
{
	unsigned int adapter = 0, domain = 0, n;

	n = parse_hex(text, 2, &adapter);
	if (n == 0 || text[n] != '.')
		return -EINVAL;
	text += n + 1;
	n = parse_hex(text, 4, &domain);
	if (n == 0 || text[n] != '\0')
		return -EINVAL;
	if (domain >= APQN_IDS)
		return -ERANGE;
	*ret_apqn = (struct apqn){ .adapter = adapter, .domain = domain };
	return 0;
}

int apqn_compare(struct apqn a, struct apqn b)
{
	return a.adapter != b.adapter ? a.adapter - b.adapter : a.domain - b.domain;
}
