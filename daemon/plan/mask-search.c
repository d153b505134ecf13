/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/plan/mask-search.h"

/* One queue outweighs all bits, and one bit outweighs the number of domains among them. */
#define QUEUE_WORTH (UINT64_C(1) << 20)
#define ADAPTER_WORTH UINT64_C(1024)
#define DOMAIN_WORTH UINT64_C(1025)

/* The most that one step looks at: all rows and columns, twice. */
#define STEP_EFFORT (2ul * APQN_IDS * (MASK_WORDS + 1))

static bool has_effort(const struct mask_search *search, unsigned long effort_max)
{
	return search->effort + STEP_EFFORT <= effort_max;
}

/* Returns true if a takes the lowest id in which it differs from b. */
static bool is_lower(const struct mask *a, const struct mask *b)
{
	for (unsigned int i = 0; i < MASK_WORDS; i++)
		if (a->word[i] != b->word[i])
			return a->word[i] > b->word[i];
	return false;
}

/* Returns the worth of all that is left without these rows and these columns. */
static uint64_t weigh(struct mask_search *search, const struct mask *taken_rows,
		      const struct mask *taken_columns)
{
	struct mask rows = mask_minus(&search->wanting, taken_rows);
	unsigned int queues = search->steady;
	unsigned int left_rows = mask_count(&search->wanting) - mask_count(taken_rows);
	unsigned int left_columns = mask_count(&search->in_play) - mask_count(taken_columns);

	MASK_FOR_EACH(row, &rows) {
		struct mask spare = mask_minus(&search->spare[row], taken_columns);

		queues += mask_count(&spare);
		search->effort += MASK_WORDS;
	}
	MASK_FOR_EACH(column, taken_columns) {
		queues -= search->steady_by[column];
		search->effort++;
	}
	return queues * QUEUE_WORTH +
	       left_rows * (search->rows_are_adapters ? ADAPTER_WORTH : DOMAIN_WORTH) +
	       left_columns * (search->rows_are_adapters ? DOMAIN_WORTH : ADAPTER_WORTH);
}

/* Makes it the best answer to take these columns, if it is better.  Returns true if it was. */
static bool consider(struct mask_search *search, const struct mask *columns)
{
	struct mask rows = { 0 };
	uint64_t worth;
	bool lower;

	MASK_FOR_EACH(row, &search->wanting)
		if (!mask_is_subset(&search->wants[row], columns))
			mask_set(&rows, row);
	worth = weigh(search, &rows, columns);
	lower = search->rows_are_adapters ? is_lower(&rows, &search->taken_rows) :
					    is_lower(columns, &search->taken_columns);
	if (worth < search->best || (worth == search->best && !lower))
		return false;
	search->best = worth;
	search->taken_rows = rows;
	search->taken_columns = *columns;
	return true;
}

void mask_search_begin(struct mask_search *search)
{
	MASK_FOR_EACH(row, &search->rows) {
		if (mask_is_empty(&search->wants[row])) {
			search->steady += mask_count(&search->spare[row]);
			MASK_FOR_EACH(column, &search->spare[row])
				search->steady_by[column]++;
			continue;
		}
		mask_set(&search->wanting, row);
		search->in_play = mask_or(&search->in_play, &search->wants[row]);
	}
}

/* Returns one row for each different set of wanted columns. */
static struct mask find_different(const struct mask_search *search)
{
	struct mask firsts = { 0 };

	MASK_FOR_EACH(row, &search->wanting) {
		bool is_new = true;

		MASK_FOR_EACH(first, &firsts)
			is_new = is_new && !mask_equal(&search->wants[row], &search->wants[first]);
		if (is_new)
			mask_set(&firsts, row);
	}
	return firsts;
}

unsigned int mask_search_width(const struct mask_search *search)
{
	struct mask firsts = find_different(search);

	return mask_count(&firsts);
}

/* Keeps one row after the other, always the one that needs the fewest further columns taken. */
static void descend(struct mask_search *search, unsigned long effort_max)
{
	struct mask open = search->wanting, columns = { 0 };

	while (!mask_is_empty(&open) && has_effort(search, effort_max)) {
		unsigned int next = APQN_IDS, fewest = 0;

		MASK_FOR_EACH(row, &open) {
			struct mask more = mask_minus(&search->wants[row], &columns);
			unsigned int count = mask_count(&more);

			/* Of equal rows the one is kept that lets lower adapters be taken. */
			if (next == APQN_IDS || count < fewest ||
			    (count == fewest && search->rows_are_adapters)) {
				next = row;
				fewest = count;
			}
		}
		search->effort += MASK_WORDS * mask_count(&open);
		columns = mask_or(&columns, &search->wants[next]);
		mask_clear(&open, next);
		consider(search, &columns);
	}
}

/* Considers the best answer with one column left that it takes: rows that want it are taken. */
static bool try_column(struct mask_search *search, unsigned int column)
{
	struct mask kept = mask_minus(&search->wanting, &search->taken_rows), columns = { 0 };

	MASK_FOR_EACH(row, &kept)
		if (!mask_test(&search->wants[row], column))
			columns = mask_or(&columns, &search->wants[row]);
	return consider(search, &columns);
}

void mask_search_guess(struct mask_search *search, unsigned long effort_max)
{
	struct mask none = { 0 };
	bool is_better = true;

	consider(search, &none);
	consider(search, &search->in_play);
	descend(search, effort_max);
	while (is_better) {
		is_better = false;
		MASK_FOR_EACH(row, &search->wanting) {
			struct mask columns = mask_or(&search->taken_columns, &search->wants[row]);

			if (mask_test(&search->taken_rows, row) && has_effort(search, effort_max))
				is_better |= consider(search, &columns);
		}
		MASK_FOR_EACH(column, &search->in_play)
			if (mask_test(&search->taken_columns, column) && has_effort(search, effort_max))
				is_better |= try_column(search, column);
	}
}

void mask_search_learn(struct mask_search *search, const struct mask_search *crosswise)
{
	consider(search, &crosswise->taken_rows);
}

/* The different rows, and all rows that want the same as each. */
struct classes {
	unsigned int count;
	struct mask wants[MASK_SEARCH_WIDTH_MAX], rows[MASK_SEARCH_WIDTH_MAX];
};

/*
 * Keeps or takes the rows from class number i on.  taken: the rows that the classes before it take;
 * columns: those that the others need.  Returns false if the effort ran out.
 */
static bool try_from(struct mask_search *search, const struct classes *classes, unsigned int i,
		     const struct mask *taken, const struct mask *columns, unsigned long effort_max)
{
	struct mask more;

	if (!has_effort(search, effort_max))
		return false;
	/* A taken row whose columns are gone is better kept, which was tried already. */
	MASK_FOR_EACH(row, taken)
		if (mask_is_subset(&search->wants[row], columns))
			return true;
	/* Not even the rows and columns that are open now would make it better. */
	if (weigh(search, taken, columns) < search->best)
		return true;
	if (i == classes->count) {
		consider(search, columns);
		return true;
	}
	more = mask_or(columns, &classes->wants[i]);
	if (!try_from(search, classes, i + 1, taken, &more, effort_max))
		return false;
	more = mask_or(taken, &classes->rows[i]);
	return try_from(search, classes, i + 1, &more, columns, effort_max);
}

bool mask_search_try_all(struct mask_search *search, unsigned long effort_max)
{
	struct mask firsts = find_different(search), none = { 0 };
	struct classes classes = { 0 };

	MASK_FOR_EACH(first, &firsts) {
		classes.wants[classes.count] = search->wants[first];
		MASK_FOR_EACH(row, &search->wanting)
			if (mask_equal(&search->wants[row], &search->wants[first]))
				mask_set(&classes.rows[classes.count], row);
		classes.count++;
	}
	return try_from(search, &classes, 0, &none, &none, effort_max);
}
