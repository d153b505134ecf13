/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Objects that are made only to be sent: from the same tables as those of json.h, but as text at
 * once.  Without a tree of twenty allocations that nobody looks at, that takes a third of the time.
 */
#ifndef APQD_COMMON_JSON_TEXT_H
#define APQD_COMMON_JSON_TEXT_H

#include "common/json.h"

/*
 * As json_write(), and json_text() of it, or of what it is put into, is the same; but its members
 * cannot be asked for.  Takes the kinds STRING, TEXT, BOOL, TRISTATE, BYTE and INT only.  The caller
 * puts it; NULL without memory, or for a table with another kind.
 */
struct json_object *json_write_text(const struct json_field *fields, size_t count, const void *source);

/*
 * Takes a value over, and returns the like of json_write_text(): for lists of many, since a tree is some
 * ten times as large as its text.  NULL without memory, or for NULL.
 */
struct json_object *json_as_text(struct json_object *value);

/* The like of a text that json_text() has made, of which it keeps a copy.  NULL without memory. */
struct json_object *json_of_text(const char *text);

#endif
