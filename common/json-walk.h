/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What json-c lets pass though it is no JSON, or would change unseen, whatever its version: words of
 * JavaScript (NaN, Infinity), numbers of other forms and sizes, control characters, what only
 * resembles UTF-8, half of a surrogate pair, NUL characters, and more values than there is memory for.
 */
#ifndef APQD_COMMON_JSON_WALK_H
#define APQD_COMMON_JSON_WALK_H

#include <stddef.h>
#include <stdint.h>

#include "common/macro.h"

struct json_walk {
	const char *text;
	size_t length;
	size_t at;		/* how far it went; where the mistake is */
	size_t members;		/* of all objects, twice where one is there twice */
	uint64_t tree;		/* bytes that the values up to here take, at most */
	const char *reason;	/* what is wrong: a phrase, static */
};

/*
 * Walks over the text once.  Returns 0 and the number of members, or -EBADMSG, the place and the
 * reason.  Whether the tokens stand in the right order json-c must say.
 */
MUST_CHECK int json_walk(const char *text, size_t length, struct json_walk *ret_walk);

#endif
