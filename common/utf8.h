/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * UTF-8 (RFC 3629), exactly: no overlong forms, no surrogates, nothing above U+10FFFF.
 * What is sent to a client must be it, also where it quotes bytes that came from outside.
 */
#ifndef APQD_COMMON_UTF8_H
#define APQD_COMMON_UTF8_H

#include <stddef.h>

/* The length of the character at text, of which left bytes are there; 0 where it is none. */
static inline size_t utf8_length(const char *text, size_t left)
{
	const unsigned char *p = (const unsigned char *)text;
	/* The second byte's range depends on the first; all others are 80 to bf. */
	unsigned char low = 0x80, high = 0xbf;
	size_t length;

	if (left == 0)
		return 0;
	if (p[0] < 0x80)
		return 1;
	length = p[0] >= 0xc2 && p[0] <= 0xdf ? 2 :
		 (p[0] & 0xf0) == 0xe0	      ? 3 :
		 p[0] >= 0xf0 && p[0] <= 0xf4 ? 4 :
						0;
	if (length == 0 || length > left)
		return 0;
	if (p[0] == 0xe0)
		low = 0xa0;
	else if (p[0] == 0xed)
		high = 0x9f;
	else if (p[0] == 0xf0)
		low = 0x90;
	else if (p[0] == 0xf4)
		high = 0x8f;
	if (p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < length; i++)
		if (p[i] < 0x80 || p[i] > 0xbf)
			return 0;
	return length;
}

/* How many bytes of a NUL-terminated text can be quoted: at most max, and whole characters only. */
static inline int utf8_fitting(const char *text, size_t max)
{
	size_t end = 0, length;

	while (text[end] && (length = utf8_length(text + end, max - end)) > 0)
		end += length;
	return (int)end;
}

/* Puts '?' in the place of every byte of a NUL-terminated text that belongs to no character. */
static inline void utf8_repair(char *text)
{
	char *end = text;

	while (*end)
		end++;
	while (text < end) {
		size_t length = utf8_length(text, (size_t)(end - text));

		if (length == 0)
			*text = '?';
		text += length ? length : 1;
	}
}

#endif
