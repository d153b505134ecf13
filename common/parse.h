/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How the kernel reads what is written to its attributes or given on its command line.  These
 * follow its own parsers character by character, so that odd input is taken, or refused, as there.
 */
#ifndef APQD_COMMON_PARSE_H
#define APQD_COMMON_PARSE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/macro.h"
#include "common/mask.h"

/*
 * One number of any base by its prefix, an optional newline behind it: kstrtoul(text, 0).
 * Returns 0, -EINVAL or -ERANGE.
 */
MUST_CHECK int parse_number(const char *text, unsigned long *ret_number);

/* Yes or no by the first letter, or the first two of on and off: kstrtobool().  0 or -EINVAL. */
MUST_CHECK int parse_bool(const char *text, bool *ret_bool);

/* An absolute mask of length bytes of text: ap_hex2bitmap().  Returns 0 or -EINVAL. */
MUST_CHECK int parse_hex_mask(const char *text, size_t length, struct mask *ret_mask);

/*
 * An absolute mask, or a relative one such as "+0-15,-4" that changes old: what apmask and
 * aqmask take, ap_parse_bitmap_str().  Returns 0 or -EINVAL.
 */
MUST_CHECK int parse_mask(const char *text, const struct mask *old, struct mask *ret_mask);

#endif
