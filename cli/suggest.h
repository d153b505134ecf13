/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * "Did you mean": which of the words that are known somebody meant who typed another.
 */
#ifndef APQD_CLI_SUGGEST_H
#define APQD_CLI_SUGGEST_H

#include <stddef.h>

/* Longer words are compared no further than this. */
#define SUGGEST_LENGTH_MAX 40

/*
 * Returns how many single characters have to be inserted, removed, replaced or exchanged with their
 * neighbour to turn one word into the other.
 */
unsigned int suggest_distance(const char *a, const char *b);

/* The best word so far.  Begins as { .typed = ... }. */
struct suggestion {
	const char *typed;
	const char *word;		/* borrowed; NULL: none is like it */
	unsigned int distance;
};

/* Looks at one more word that is known; the first of equals stays. */
void suggest_consider(struct suggestion *suggestion, const char *word);

#endif
