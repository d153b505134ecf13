/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The search behind mask-plan.h, on a grid of rows and columns of which every wanted crossing needs
 * its row or its column taken: rows are adapters and columns domains, or the other way.
 *
 * What is left untaken are rows and columns with nothing wanted where they cross.  To find the
 * largest such pair is hard in general (it is the maximum edge biclique), so the search first
 * guesses, then tries to do better or to prove that nothing is, and ends when its effort does.
 */
#ifndef APQD_DAEMON_PLAN_MASK_SEARCH_H
#define APQD_DAEMON_PLAN_MASK_SEARCH_H

#include <stdbool.h>
#include <stdint.h>

#include "common/mask.h"

struct mask_search {
	/* The question; the caller zeroes the rest. */
	struct mask rows, columns;	/* those to choose from */
	struct mask wants[APQN_IDS];	/* by row, within columns: where a queue is wanted */
	struct mask spare[APQN_IDS];	/* by row, within columns: which queues had better be left */
	bool rows_are_adapters;

	/* The best answer so far. */
	struct mask taken_rows, taken_columns;
	uint64_t best;			/* what it leaves, as mask_node_worth() counts */
	bool exact;			/* there is none better */

	unsigned long effort;		/* so far: words looked at, or what takes as long */

	/* What follows from the question. */
	struct mask wanting;		/* rows that want something: the others are never taken */
	struct mask in_play;		/* columns that are wanted: the others are never taken */
	unsigned int words;		/* how many words in_play fills */
	unsigned int apart[APQN_IDS];	/* by row: how much of spare is not in play */
	unsigned int steady[APQN_IDS];	/* by column in play: spare in rows that are never taken */
	unsigned int steady_max;	/* the most of them */
	unsigned int step_effort;	/* the most that one step takes */
};

/* Prepares the search, once the question is there. */
void mask_search_begin(struct mask_search *search);

/* How many different rows there are that want something: the search may take two to that power. */
unsigned int mask_search_width(const struct mask_search *search);

/* Finds an answer that is good as a rule; mask-guess.c. */
void mask_search_guess(struct mask_search *search, unsigned long effort_max);

/* Takes over the answer of a search of which rows are these columns, if it is better. */
void mask_search_learn(struct mask_search *search, const struct mask_search *crosswise);

/* Finds the one answer that mask-plan.h describes, or the best within effort_max. */
void mask_search_run(struct mask_search *search, unsigned long effort_max);

#endif
