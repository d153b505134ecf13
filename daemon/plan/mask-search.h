/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The search behind mask-plan.h, on a grid of rows and columns.  Each wanted crossing needs its row
 * or its column taken.  Rows are adapters and columns are domains, or the other way round.
 *
 * The columns decide alone: a row must be taken only if it wants a column that is left.
 */
#ifndef APQD_DAEMON_PLAN_MASK_SEARCH_H
#define APQD_DAEMON_PLAN_MASK_SEARCH_H

#include <stdbool.h>
#include <stdint.h>

#include "common/mask.h"

struct mask_search {
	/* The question; the caller zeroes the rest. */
	struct mask rows, columns;	/* those to choose from */
	struct mask wants[APQN_IDS];	/* by row, within columns: the wanted crossings */
	struct mask spare[APQN_IDS];	/* by row, within columns: the queues that had better be left */
	bool rows_are_adapters;

	/* The best answer so far. */
	struct mask taken_rows, taken_columns;
	uint64_t best;			/* the worth of all that it leaves */

	unsigned long effort;		/* words of masks that were looked at */

	/* Derived from the question. */
	struct mask wanting;		/* rows that want something: the others are never taken */
	struct mask in_play;		/* columns that are wanted: the others are never taken */
	unsigned int steady;		/* spare queues in rows that are never taken */
	uint16_t steady_by[APQN_IDS];	/* the same by column */
};

/* Prepares the search of a question. */
void mask_search_begin(struct mask_search *search);

/* Returns how many different rows want something. */
unsigned int mask_search_width(const struct mask_search *search);

/*
 * Finds a good answer: keeps one row after the other, then makes small changes as long as they help.
 * Ends before search->effort exceeds effort_max.
 */
void mask_search_guess(struct mask_search *search, unsigned long effort_max);

/* Takes over the answer of the transposed search, if it is better. */
void mask_search_learn(struct mask_search *search, const struct mask_search *crosswise);

/*
 * Tries every set of different rows, and finds the one answer that mask-plan.h describes.  The search
 * must have a width of at most MASK_SEARCH_WIDTH_MAX.  Returns false if effort_max kept it from its
 * end; the best answer so far is kept.
 */
#define MASK_SEARCH_WIDTH_MAX 16
bool mask_search_try_all(struct mask_search *search, unsigned long effort_max);

#endif
