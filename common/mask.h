/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A set of ids from 0 to 255, as the AP bus keeps adapters and domains.
 *
 * The kernel writes such a set as "0x" and 64 hexadecimal digits in which id 0 is
 * the leftmost bit (Documentation/arch/s390/vfio-ap.rst, apmask).  Inside, id 0 is the
 * most significant bit of word 0, so the words print in order on any byte order.
 */
#ifndef APQD_COMMON_MASK_H
#define APQD_COMMON_MASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/apqn.h"
#include "common/macro.h"

#define MASK_WORDS (APQN_IDS / 64)

/* "0x", 64 digits and the terminating NUL. */
#define MASK_TEXT_SIZE 67

struct mask {
	uint64_t word[MASK_WORDS];
};

void mask_set(struct mask *mask, unsigned int id);
void mask_clear(struct mask *mask, unsigned int id);

/* Returns true if id is in the set; an id above 255 never is. */
bool mask_test(const struct mask *mask, unsigned int id);

bool mask_is_empty(const struct mask *mask);
bool mask_equal(const struct mask *a, const struct mask *b);
bool mask_is_subset(const struct mask *inner, const struct mask *outer);

/* How many ids are in the set. */
unsigned int mask_count(const struct mask *mask);

/* What is in both, in either, in a but not in b. */
struct mask mask_and(const struct mask *a, const struct mask *b);
struct mask mask_or(const struct mask *a, const struct mask *b);
struct mask mask_minus(const struct mask *a, const struct mask *b);

/* The ids from 0 to 255 that are not in the set. */
struct mask mask_complement(const struct mask *mask);

/* The smallest id in the set that is at least from, or APQN_IDS where there is none. */
unsigned int mask_next(const struct mask *mask, unsigned int from);

/* Runs through the ids of *mask in ascending order. */
#define MASK_FOR_EACH(id, mask) \
	for (unsigned int id = mask_next(mask, 0); id < APQN_IDS; id = mask_next(mask, id + 1))

/* Writes the kernel's form, "0x" and 64 digits, and returns text. */
const char *mask_format(const struct mask *mask, char text[static MASK_TEXT_SIZE]);

/*
 * Writes the kernel's other form, which names only what changes ("-0-2,+5": modify_bitmap() in
 * ap_bus.c), for the way from one set to the other; as much of it as size allows, in ascending order.
 * Returns the set that is reached by it: to, unless size was too small.
 */
struct mask mask_format_change(const struct mask *from, const struct mask *to, char *text, size_t size);

/*
 * The command that sets these bits of apmask and aqmask, and so gives what they stand for back to the
 * host: "chzdev -t ap apmask=+3 aqmask=+5-7".  The caller frees it; NULL without memory.
 */
char *mask_give_back_command(const struct mask *adapters, const struct mask *domains);

/*
 * Reads the kernel's form from the first length bytes of text: "0x" and one to 64
 * hexadecimal digits.  Fewer digits stand for the leftmost ids, as the kernel's own
 * parser takes them (hex2bitmap() in ap_bus.c).  Returns 0 or -EINVAL.
 */
MUST_CHECK int mask_parse(const char *text, size_t length, struct mask *ret_mask);

#endif
