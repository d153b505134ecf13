/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/json-walk.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "common/macro.h"
#include "common/utf8.h"

/* What json-c and malloc() take on 64 bits, even if there is nothing in it: rounded up. */
#define TREE_OBJECT 832
#define TREE_LIST 416
#define TREE_MEMBER 160		/* its name and its place among the others, without its value */
#define TREE_VALUE 80		/* with its place in a list */

/* Counts the value that begins with c, or follows it. */
static bool walk_value(struct json_walk *walk, char c)
{
	walk->tree += c == '{' ? TREE_OBJECT :
		      c == '[' ? TREE_LIST :
		      c == ':' ? TREE_MEMBER :
				 TREE_VALUE;
	walk->members += c == ':';
	if (walk->tree <= JSON_TREE_MAX)
		return true;
	walk->reason = "too many values";
	return false;
}

/* The number that an escape \uXXXX at p stands for; -1 where left bytes begin with none. */
static long read_escape(const char *p, size_t left)
{
	long number = 0;

	if (left < 6 || p[0] != '\\' || p[1] != 'u')
		return -1;
	for (size_t i = 2; i < 6; i++) {
		const char *digits = "0123456789abcdef0123456789ABCDEF";
		const char *digit = p[i] ? strchr(digits, p[i]) : NULL;

		if (!digit)
			return -1;
		number = number * 16 + (digit - digits) % 16;
	}
	return number;
}

/*
 * From a backslash to the last character of its escape.  json-c puts another character in the place
 * of half a pair of surrogates; what is no escape at all it refuses by itself.
 */
static bool walk_escape(struct json_walk *walk)
{
	const char *p = walk->text + walk->at;
	size_t left = walk->length - walk->at, length = 2;
	long number = read_escape(p, left), second;

	if (number >= 0)
		length = 6;
	if (number == 0)
		walk->reason = "a NUL character in a string";
	if (number >= 0xd800 && number <= 0xdfff) {
		second = number < 0xdc00 ? read_escape(p + 6, left - 6) : -1;
		length = 12;
		if (second < 0xdc00 || second > 0xdfff)
			walk->reason = "half a pair of surrogates in a string";
	}
	if (walk->reason)
		return false;
	walk->at += length - 1;
	return true;
}

/* Moves from the opening quote of a string to its closing one; false for what may not be in it. */
static bool walk_string(struct json_walk *walk)
{
	for (walk->at++; walk->at < walk->length; walk->at++) {
		const char *p = walk->text + walk->at;
		size_t length;

		if (*p == '"')
			return true;
		/* What nearly every character is. */
		if (*p >= ' ' && *p <= '~' && *p != '\\')
			continue;
		if (*p == '\\') {
			if (!walk_escape(walk))
				return false;
			continue;
		}
		length = utf8_length(p, walk->length - walk->at);
		if ((unsigned char)*p < ' ')
			walk->reason = "a control character in a string";
		else if (length == 0)
			walk->reason = "not UTF-8";
		if (walk->reason)
			return false;
		walk->at += length - 1;
	}
	/* It does not end: json-c will say so. */
	return true;
}

static size_t count_digits(const char *p, const char *end)
{
	size_t n = 0;

	while (p + n < end && p[n] >= '0' && p[n] <= '9')
		n++;
	return n;
}

/* json-c would make a larger number the largest that it knows, and nobody would see. */
static bool fits_int64(const char *p, const char *end)
{
	char copy[24];

	if ((size_t)(end - p) >= sizeof(copy))
		return false;
	memcpy(copy, p, (size_t)(end - p));
	copy[end - p] = '\0';
	errno = 0;
	(void)strtoll(copy, NULL, 10);
	return errno == 0;
}

/* Moves to the last character of a number; false where JSON does not write it so. */
static bool walk_number(struct json_walk *walk)
{
	const char *start = walk->text + walk->at, *end = walk->text + walk->length, *p = start;
	size_t digits;
	bool whole = true;

	p += *p == '-';
	digits = count_digits(p, end);
	if (digits > 1 && *p == '0')
		walk->reason = "a number with a leading zero, and numbers in JSON are decimal";
	if (digits == 0 || walk->reason)
		return false;
	p += digits;
	if (p < end && *p == '.') {
		whole = false;
		digits = count_digits(++p, end);
		if (digits == 0)
			return false;
		p += digits;
	}
	if (p < end && (*p == 'e' || *p == 'E')) {
		whole = false;
		p++;
		p += p < end && (*p == '+' || *p == '-');
		digits = count_digits(p, end);
		if (digits == 0)
			return false;
		p += digits;
	}
	if (whole && !fits_int64(start, p)) {
		walk->reason = "a number that does not fit 64 bits";
		return false;
	}
	if (p < end && (*p == '\0' || !strchr(" \t\r\n,]}", *p)))
		return false;
	walk->at = (size_t)(p - walk->text) - 1;
	return true;
}

static bool walk_word(struct json_walk *walk)
{
	static const char *const words[] = { "true", "false", "null" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		size_t length = strlen(words[i]);

		if (walk->length - walk->at >= length &&
		    memcmp(walk->text + walk->at, words[i], length) == 0) {
			walk->at += length - 1;
			return true;
		}
	}
	return false;
}

/* From the first character of a token, or a blank, to the last; false for what JSON has not. */
static bool walk_token(struct json_walk *walk)
{
	char c = walk->text[walk->at];

	if (c == ',' || c == '{' || c == '[' || c == ':')
		return walk_value(walk, c);
	if (c == '"')
		return walk_string(walk);
	if (c == '-' || (c >= '0' && c <= '9'))
		return walk_number(walk);
	if (c >= 'a' && c <= 'z')
		return walk_word(walk);
	return c != '\0' && strchr(" \t\r\n}]", c);
}

int json_walk(const char *text, size_t length, struct json_walk *ret_walk)
{
	struct json_walk walk = { .text = text, .length = length };

	while (walk.at < length && walk_token(&walk))
		walk.at++;
	if (walk.at < length && !walk.reason)
		walk.reason = "not JSON";
	*ret_walk = walk;
	return walk.reason ? -EBADMSG : 0;
}
