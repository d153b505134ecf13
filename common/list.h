/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lists of ids as people write them: "4,6,0x10-0x12".
 * Plain numbers are decimal, "0x" makes them hexadecimal; nothing is guessed.  Ids are printed in
 * hexadecimal, so a plain number with a leading zero is refused.
 */
#ifndef APQD_COMMON_LIST_H
#define APQD_COMMON_LIST_H

#include <stdbool.h>

#include "common/macro.h"
#include "common/mask.h"

/* What an id is, for the text that explains a mistake and for the width in print. */
enum list_kind {
	LIST_ADAPTERS,	/* two hexadecimal digits */
	LIST_DOMAINS,	/* four */
};

/*
 * Reads a list: ids and ranges "A-B" (A not above B) from 0 to 255, comma separated.
 * The empty string is the empty set.  kind names the ids in the message.  *ret_decimal, unless that
 * is NULL, gets the ids whose text is not how they are printed: plain numbers above 9, and ranges of such.
 * Returns 0, -ENOMEM, or -EINVAL; then *ret_message is one sentence that quotes the
 * bad part and says what is accepted (the caller frees it).
 */
MUST_CHECK int list_parse(const char *text, enum list_kind kind, struct mask *ret_mask,
			  struct mask *ret_decimal, char **ret_message);

/*
 * Reads digits without 0x in both ways, for messages.  One that is no id in that way is APQN_IDS.
 * Returns whether either is an id.
 */
bool list_read_both(const char *text, unsigned int *ret_decimal, unsigned int *ret_hex);

/*
 * Writes the set as the kernel would, in hexadecimal of fixed width with ranges, for
 * example "04-06,0a"; "-" for the empty set.  The caller frees it; NULL without memory.
 */
char *list_format(const struct mask *mask, enum list_kind kind);

/* The same as list_parse() takes it: "0x04-0x06,0x0a"; "" for the empty set. */
char *list_format_option(const struct mask *mask, enum list_kind kind);

#endif
