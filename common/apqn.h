/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The number of an AP queue: an adapter (APID) crossed with a domain (APQI).
 * It prints as the kernel names its queue devices, "AA.DDDD", both in hexadecimal.
 */
#ifndef APQD_COMMON_APQN_H
#define APQD_COMMON_APQN_H

#include <stdint.h>

#include "common/macro.h"

/* Adapters and domains each number from 0 to 255 (AP_DEVICES, AP_DOMAINS in the kernel's ap_bus.h). */
#define APQN_IDS 256

/* "AA.DDDD" and its terminating NUL. */
#define APQN_TEXT_SIZE 8

struct apqn {
	uint8_t adapter;
	uint8_t domain;
};

/* Writes "AA.DDDD" into text and returns text. */
const char *apqn_format(struct apqn apqn, char text[static APQN_TEXT_SIZE]);

/*
 * Reads "AA.DDDD": one or two, a dot, and one to four hexadecimal digits, as the
 * kernel writes them and people shorten them; always hexadecimal.
 * Returns 0, -EINVAL for anything else, or -ERANGE where the domain is above 00ff.
 */
MUST_CHECK int apqn_parse(const char *text, struct apqn *ret_apqn);

/* Orders by adapter, then domain: negative, 0 or positive. */
int apqn_compare(struct apqn a, struct apqn b);

#endif
