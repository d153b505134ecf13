/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where in a JSON text a value is: json-c tells what a file says but not where it says it, and
 * whoever has to mend a file wants the line.
 */
#ifndef APQD_DAEMON_STORE_LOCATE_H
#define APQD_DAEMON_STORE_LOCATE_H

#include <stddef.h>

#include "common/json.h"

/* The way from the outermost value to one within; a new one, { 0 }, is the outermost itself. */
struct locate_path {
	struct {
		const char *key;	/* of a member; borrowed; NULL: an entry of a list */
		size_t index;		/* of the entry */
	} steps[JSON_DEPTH_MAX];
	size_t count;
};

/* The path with one more step; at most JSON_DEPTH_MAX.  key is borrowed. */
struct locate_path locate_member(const struct locate_path *path, const char *key);
struct locate_path locate_entry(const struct locate_path *path, size_t index);

/*
 * The line, from 1, on which the value at path begins.  text is one JSON value that json_parse()
 * has taken, NUL-terminated; of another text the answer means nothing, but it is never looked
 * at beyond its end.  Where the path leads nowhere: the line of the last value that it leads to.
 */
unsigned int locate_line(const char *text, const struct locate_path *path);

#endif
