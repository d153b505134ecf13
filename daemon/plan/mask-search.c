/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Branch and bound over the rows.  To take all rows that are open completes a node, so every node
 * is an answer, too; below it, one open row is kept, or else taken.
 */
#include "daemon/plan/mask-search.h"

#include <string.h>

#include "daemon/plan/mask-node.h"

/* The open rows of which each, if kept, leaves so many columns. */
struct level {
	unsigned int rows, gain, apart;
};

struct levels {
	struct level by_left[APQN_IDS];
	unsigned int rows_and_columns;	/* open rows and columns that can be left, in all */
	unsigned int apart_max;		/* the most that an open row has in columns not in play */
};

static unsigned int smaller(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

/* Finds a column that the row wants and removes it; false where there is none. */
static bool match(const struct mask *wants, struct mask *columns, unsigned int words)
{
	for (unsigned int i = 0; i < words; i++) {
		uint64_t both = wants->word[i] & columns->word[i];

		if (both) {
			/* any one does: this is the highest id */
			columns->word[i] ^= both & -both;
			return true;
		}
	}
	return false;
}

/*
 * Rows and columns matched in pairs tell how much is lost at least: of each pair, the row is taken
 * or the column.
 */
static void sort_open(struct mask_search *search, const struct mask_node *node,
		      const struct mask_view *view, struct levels *levels)
{
	struct mask unmatched = node->columns;

	memset(levels->by_left, 0, view->columns * sizeof(levels->by_left[0]));
	levels->rows_and_columns = view->columns;
	levels->apart_max = 0;
	MASK_FOR_EACH(row, &node->open) {
		struct level *level = &levels->by_left[view->left_by[row]];

		level->rows++;
		level->gain += view->gain_by[row];
		level->apart += search->apart[row];
		if (search->apart[row] > levels->apart_max)
			levels->apart_max = search->apart[row];
		if (!match(&search->wants[row], &unmatched, search->words))
			levels->rows_and_columns++;
		search->effort += 4;
	}
}

/*
 * Whether an answer below the node can take lower adapters than the best, if it leaves as much.
 * It then takes as many adapters: those that the node takes, and of others the lowest if all goes
 * well.
 */
static bool can_be_lower(const struct mask_search *search, const struct mask_node *node)
{
	const struct mask *best, *others;
	struct mask lowest;
	unsigned int missing;

	if (search->rows_are_adapters) {
		best = &search->taken_rows;
		lowest = node->taken;
		others = &node->open;
	} else {
		best = &search->taken_columns;
		lowest = mask_minus(&search->in_play, &node->columns);
		others = &node->columns;
	}
	missing = mask_count(best) - smaller(mask_count(best), mask_count(&lowest));
	MASK_FOR_EACH(id, others) {
		if (missing-- == 0)
			break;
		mask_set(&lowest, id);
	}
	return mask_is_lower(&lowest, best);
}

/*
 * How many columns must be left, at least, for an answer below the node that is better than the
 * best; as many as there are if none is.
 *
 * Where so many columns are left, only rows that leave as many are kept, and none has more queues
 * in them than there are columns.
 */
static unsigned int fewest_columns(struct mask_search *search, const struct mask_node *node,
				   const struct mask_view *view)
{
	uint64_t goal = search->best + (can_be_lower(search, node) ? 0 : 1);
	unsigned int fewest = view->columns;
	struct level sum = { 0 };
	struct levels levels;

	sort_open(search, node, view, &levels);
	search->effort += view->columns / 4;
	for (unsigned int left = view->columns; left-- > 0;) {
		unsigned int rows, queues;

		sum.rows += levels.by_left[left].rows;
		sum.gain += levels.by_left[left].gain;
		sum.apart += levels.by_left[left].apart;
		rows = smaller(sum.rows, levels.rows_and_columns - left);
		queues = smaller(view->steady, left * search->steady_max) +
			 smaller(view->gain, left * view->rows) +
			 smaller(sum.gain, left * rows) + view->apart +
			 smaller(sum.apart, rows * levels.apart_max);
		if (mask_node_worth(search, queues, view->rows + rows, left) >= goal)
			fewest = left;
	}
	return fewest;
}

/*
 * Takes the rows that must be, for something better, and finds the row to decide on next: the one
 * that costs most if it is kept, since it decides most.  APQN_IDS where nothing is better.
 *
 * Not a part of explore(), of which there are up to 256 on the stack: this here needs 3 KB.
 */
__attribute__((noinline)) static unsigned int
narrow(struct mask_search *search, struct mask_node *node, const struct mask_view *view)
{
	unsigned int fewest = fewest_columns(search, node, view);
	unsigned int next = APQN_IDS;

	MASK_FOR_EACH(row, &node->open) {
		if (view->left_by[row] < fewest) {
			mask_clear(&node->open, row);
			mask_set(&node->taken, row);
		} else if (next == APQN_IDS || view->left_by[row] < view->left_by[next] ||
			   (view->left_by[row] == view->left_by[next] &&
			    mask_node_prefers(search, row, next))) {
			next = row;
		}
	}
	return next;
}

/* Whether all below the node could be looked at.  As deep as there are rows. */
static bool explore(struct mask_search *search, struct mask_node *node, unsigned long effort_max)
{
	struct mask_view view;

	mask_node_look(search, node, &view);
	mask_node_consider(search, node, &view);
	while (search->effort + search->step_effort <= effort_max) {
		unsigned int row = narrow(search, node, &view);
		struct mask_node below = *node;

		if (row == APQN_IDS)
			return true;
		mask_node_keep(search, &below, row);
		if (!explore(search, &below, effort_max))
			return false;
		mask_node_take(search, node, row);
	}
	return false;
}

void mask_search_run(struct mask_search *search, unsigned long effort_max)
{
	struct mask_node root = { .open = search->wanting, .columns = search->in_play };

	search->exact = explore(search, &root, effort_max);
}

static void count_spare(struct mask_search *search)
{
	MASK_FOR_EACH(row, &search->rows) {
		struct mask spare = mask_and(&search->spare[row], &search->in_play);

		search->apart[row] = mask_count(&search->spare[row]) - mask_count(&spare);
		if (mask_test(&search->wanting, row))
			continue;
		MASK_FOR_EACH(column, &spare)
			if (++search->steady[column] > search->steady_max)
				search->steady_max = search->steady[column];
	}
}

void mask_search_begin(struct mask_search *search)
{
	MASK_FOR_EACH(row, &search->rows) {
		if (mask_is_empty(&search->wants[row]))
			continue;
		mask_set(&search->wanting, row);
		search->in_play = mask_or(&search->in_play, &search->wants[row]);
	}
	for (unsigned int i = 0; i < MASK_WORDS; i++)
		if (search->in_play.word[i])
			search->words = i + 1;
	/* every row taken, sorted, and looked at as open and as kept; and every column, twice */
	search->step_effort = mask_count(&search->wanting) * (3 * search->words + 8) + APQN_IDS;
	count_spare(search);
}

unsigned int mask_search_width(const struct mask_search *search)
{
	struct mask firsts = { 0 };

	MASK_FOR_EACH(row, &search->wanting) {
		bool is_new = true;

		MASK_FOR_EACH(first, &firsts)
			is_new = is_new && !mask_equal(&search->wants[row], &search->wants[first]);
		if (is_new)
			mask_set(&firsts, row);
	}
	return mask_count(&firsts);
}
