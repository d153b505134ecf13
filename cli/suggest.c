/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/suggest.h"

#include <string.h>

#include "common/macro.h"

/* More mistakes than this in a word make it another one. */
#define DISTANCE_MAX 3

static unsigned int least(unsigned int a, unsigned int b, unsigned int c)
{
	unsigned int less = a < b ? a : b;

	return less < c ? less : c;
}

unsigned int suggest_distance(const char *a, const char *b)
{
	size_t rows = strnlen(a, SUGGEST_LENGTH_MAX), columns = strnlen(b, SUGGEST_LENGTH_MAX);
	unsigned int line[3][SUGGEST_LENGTH_MAX + 1];
	unsigned int *before = line[0], *last = line[1], *now = line[2];

	for (size_t k = 0; k <= columns; k++)
		last[k] = (unsigned int)k;
	for (size_t i = 1; i <= rows; i++) {
		unsigned int *free_line = before;

		now[0] = (unsigned int)i;
		for (size_t k = 1; k <= columns; k++) {
			now[k] = least(last[k] + 1, now[k - 1] + 1, last[k - 1] + (a[i - 1] != b[k - 1]));
			if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1] &&
			    before[k - 2] + 1 < now[k])
				now[k] = before[k - 2] + 1;
		}
		before = last;
		last = now;
		now = free_line;
	}
	return last[columns];
}

/* So many mistakes a word of this length may have; fewer than it has characters. */
static unsigned int tolerated(size_t length)
{
	unsigned int third = (unsigned int)(length + 1) / 3;

	return third > DISTANCE_MAX ? DISTANCE_MAX : third;
}

void suggest_consider(struct suggestion *suggestion, const char *word)
{
	size_t length = strlen(suggestion->typed);
	unsigned int distance = suggest_distance(suggestion->typed, word);

	/* The typed text is the beginning of the word: the user has not finished it. */
	if (length >= 2 && strncmp(suggestion->typed, word, length) == 0)
		distance = 1;
	if (distance > tolerated(length) ||
	    (suggestion->word && distance >= suggestion->distance))
		return;
	suggestion->word = word;
	suggestion->distance = distance;
}
