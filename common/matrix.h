/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a device has, or should have: adapters, usage domains and control domains.
 * Its queues are the adapters crossed with the usage domains.
 */
#ifndef APQD_COMMON_MATRIX_H
#define APQD_COMMON_MATRIX_H

#include <stdbool.h>

#include "common/macro.h"
#include "common/mask.h"

/* Three masks, two commas and the terminating NUL: the kernel's ap_config. */
#define MATRIX_TEXT_SIZE (3 * (MASK_TEXT_SIZE - 1) + 2 + 1)

struct matrix {
	struct mask adapters;
	struct mask domains;
	struct mask control_domains;
};

bool matrix_equal(const struct matrix *a, const struct matrix *b);
bool matrix_is_empty(const struct matrix *matrix);

/* Returns true if every part of inner is in outer. */
bool matrix_is_subset(const struct matrix *inner, const struct matrix *outer);

/* Part by part: both together, what is in both, and what is in a but not in b. */
struct matrix matrix_or(const struct matrix *a, const struct matrix *b);
struct matrix matrix_and(const struct matrix *a, const struct matrix *b);
struct matrix matrix_minus(const struct matrix *a, const struct matrix *b);

/* How many queues: adapters times usage domains, 0 to 65536. */
unsigned int matrix_queue_count(const struct matrix *matrix);
bool matrix_has_queue(const struct matrix *matrix, struct apqn apqn);

/* Returns true if some queue is in both; *ret_first is the first, where it is not NULL. */
bool matrix_overlaps(const struct matrix *a, const struct matrix *b, struct apqn *ret_first);

/* Runs through the queues, by adapter and then domain. */
#define MATRIX_FOR_EACH_QUEUE(adapter_, domain_, matrix)  \
	MASK_FOR_EACH(adapter_, &(matrix)->adapters)      \
		MASK_FOR_EACH(domain_, &(matrix)->domains)

/* Writes the form of the mdev's attribute ap_config, "M,M,M", and returns text. */
const char *matrix_format(const struct matrix *matrix, char text[static MATRIX_TEXT_SIZE]);

/*
 * Reads the form of ap_config, with or without a newline at its end.
 * Returns 0, or -EINVAL where it is not exactly three masks.
 */
MUST_CHECK int matrix_parse(const char *text, struct matrix *ret_matrix);

/*
 * Reads the kernel's listing of queues, as in matrix and guest_matrix: one "AA.DDDD" a
 * line, "AA." where there are adapters only, ".DDDD" where there are domains only
 * (vfio_ap_mdev_matrix_show()).  Fills adapters and domains; control domains are empty.
 * Returns 0 or -EINVAL.
 */
MUST_CHECK int matrix_parse_listing(const char *text, struct matrix *ret_matrix);

/*
 * For people: "adapters 04,06 domains 0010-0012 control domains 0010", without the
 * parts that are empty; "no queues" where all are.  The caller frees it; NULL without memory.
 */
char *matrix_describe(const struct matrix *matrix);

#endif
