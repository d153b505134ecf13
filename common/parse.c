/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/parse.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/*
 * The kernel's simple_strtoul(text, &end, 0): no blanks, no sign.  A number too large
 * becomes ULONG_MAX and *ret_too_large.  *ret_end is text where there is no digit.
 */
static unsigned long read_number(const char *text, const char **ret_end, bool *ret_too_large)
{
	unsigned long number = 0;
	bool too_large = false;
	const char *at = text;
	unsigned long base = 10;

	if (at[0] == '0') {
		base = 8;
		if ((at[1] == 'x' || at[1] == 'X') && hex_digit(at[2]) >= 0) {
			base = 16;
			at += 2;
		}
	}
	for (; hex_digit(*at) >= 0 && (unsigned long)hex_digit(*at) < base; at++) {
		unsigned long digit = hex_digit(*at);

		too_large |= number > (ULONG_MAX - digit) / base;
		number = too_large ? ULONG_MAX : number * base + digit;
	}
	*ret_end = at;
	*ret_too_large = too_large;
	return number;
}

int parse_number(const char *text, unsigned long *ret_number)
{
	unsigned long number;
	const char *end;
	bool too_large;

	if (*text == '+')
		text++;
	number = read_number(text, &end, &too_large);
	if (too_large)
		return -ERANGE;
	if (end == text)
		return -EINVAL;
	if (*end == '\n')
		end++;
	if (*end)
		return -EINVAL;
	*ret_number = number;
	return 0;
}

int parse_hex_mask(const char *text, size_t length, struct mask *ret_mask)
{
	const char *end = text + length;
	struct mask mask = { 0 };

	/* the kernel's parser takes "x1" and a bare "1" too */
	if (length > 1 && text[0] == '0' && text[1] == 'x')
		text++;
	if (text < end && *text == 'x')
		text++;
	for (unsigned int i = 0; text < end && i < APQN_IDS && hex_digit(*text) >= 0;
	     i += 4, text++)
		for (unsigned int bit = 0; bit < 4; bit++)
			if (hex_digit(*text) & 8 >> bit)
				mask_set(&mask, i + bit);
	if (text < end && *text == '\n')
		text++;
	if (text < end)
		return -EINVAL;
	*ret_mask = mask;
	return 0;
}

/* modify_bitmap() in ap_bus.c. */
static int change_mask(const char *text, struct mask *mask)
{
	while (*text) {
		char sign = *text++;
		unsigned long first, last;
		const char *end;
		bool too_large;

		if (sign != '+' && sign != '-')
			return -EINVAL;
		first = last = read_number(text, &end, &too_large);
		if (end == text || first >= APQN_IDS)
			return -EINVAL;
		text = end;
		if (*text == '-') {
			last = read_number(++text, &end, &too_large);
			if (end == text || first > last || last >= APQN_IDS)
				return -EINVAL;
			text = end;
		}
		for (unsigned long id = first; id <= last; id++) {
			if (sign == '+')
				mask_set(mask, id);
			else
				mask_clear(mask, id);
		}
		while (*text == ',' || *text == '\n')
			text++;
	}
	return 0;
}

int parse_mask(const char *text, const struct mask *old, struct mask *ret_mask)
{
	struct mask mask = *old;
	int r;

	if (*text != '+' && *text != '-')
		return parse_hex_mask(text, strlen(text), ret_mask);
	r = change_mask(text, &mask);
	if (r < 0)
		return r;
	*ret_mask = mask;
	return 0;
}

int parse_bool(const char *text, bool *ret_bool)
{
	switch (text[0]) {
	case 'y':
	case 'Y':
	case 't':
	case 'T':
	case '1':
		*ret_bool = true;
		return 0;
	case 'n':
	case 'N':
	case 'f':
	case 'F':
	case '0':
		*ret_bool = false;
		return 0;
	case 'o':
	case 'O':
		if (text[1] != 'n' && text[1] != 'N' && text[1] != 'f' && text[1] != 'F')
			return -EINVAL;
		*ret_bool = text[1] == 'n' || text[1] == 'N';
		return 0;
	}
	return -EINVAL;
}
