/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/store/locate.h"

#include <json-c/json.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include "common/cleanup.h"

DEFINE_CLEANUP(struct json_tokener *, json_tokener_free);

#define BLANKS " \t\n\r"

struct locate_path locate_member(const struct locate_path *path, const char *key)
{
	struct locate_path longer = *path;

	longer.steps[longer.count++].key = key;
	return longer;
}

struct locate_path locate_entry(const struct locate_path *path, size_t index)
{
	struct locate_path longer = *path;

	longer.steps[longer.count].key = NULL;
	longer.steps[longer.count++].index = index;
	return longer;
}

static const char *skip_blanks(const char *p)
{
	return p + strspn(p, BLANKS);
}

/* From the opening quote of a string to what follows its closing one. */
static const char *skip_string(const char *p)
{
	for (p++; *p && *p != '"'; p++)
		if (*p == '\\' && p[1])
			p++;
	return *p ? p + 1 : p;
}

/* From the first character of a value to what follows it; always forward, but at the text's end. */
static const char *skip_value(const char *p)
{
	size_t depth = 0;

	do {
		p = skip_blanks(p);
		switch (*p) {
		case '\0':
			return p;
		case '"':
			p = skip_string(p);
			break;
		case '{':
		case '[':
			depth++;
			p++;
			break;
		case '}':
		case ']':
			depth -= depth > 0;
			p++;
			break;
		case ',':
		case ':':
			p++;
			break;
		default:
			p += strcspn(p, BLANKS ",:\"{}[]");
		}
	} while (depth > 0);
	return p;
}

/* Returns true if the string of length bytes at p, with its quotes, says key. */
static bool says_key(const char *p, size_t length, const char *key)
{
	CLEANUP(json_tokener_freep) struct json_tokener *tokener = NULL;
	CLEANUP_JSON struct json_object *name = NULL;

	if (!memchr(p, '\\', length))
		return length == strlen(key) + 2 && memcmp(p + 1, key, length - 2) == 0;
	/* Escapes are json-c's, so that both find the same member. */
	tokener = json_tokener_new();
	if (!tokener || length > INT_MAX)
		return false;
	name = json_tokener_parse_ex(tokener, p, (int)length);
	return name && json_object_is_type(name, json_type_string) &&
	       strcmp(json_object_get_string(name), key) == 0;
}

/* The value of a member of the object at p, or NULL. */
static const char *find_member(const char *p, const char *key)
{
	if (*p != '{')
		return NULL;
	for (p = skip_blanks(p + 1); *p == '"'; p = skip_blanks(p + 1)) {
		const char *name = p, *end = skip_string(p);

		p = skip_blanks(end);
		if (*p != ':')
			return NULL;
		p = skip_blanks(p + 1);
		if (says_key(name, (size_t)(end - name), key))
			return p;
		p = skip_blanks(skip_value(p));
		if (*p != ',')
			return NULL;
	}
	return NULL;
}

/* An entry of the list at p, or NULL. */
static const char *find_entry(const char *p, size_t index)
{
	if (*p != '[')
		return NULL;
	p = skip_blanks(p + 1);
	if (*p == ']')
		return NULL;
	for (; index > 0; index--) {
		p = skip_blanks(skip_value(p));
		if (*p != ',')
			return NULL;
		p = skip_blanks(p + 1);
	}
	return p;
}

unsigned int locate_line(const char *text, const struct locate_path *path)
{
	const char *at = skip_blanks(text);
	unsigned int line = 1;

	for (size_t i = 0; i < path->count; i++) {
		const char *next = path->steps[i].key ? find_member(at, path->steps[i].key) :
							find_entry(at, path->steps[i].index);

		if (!next)
			break;
		at = next;
	}
	for (const char *p = text; p < at; p++)
		line += *p == '\n';
	return line;
}
