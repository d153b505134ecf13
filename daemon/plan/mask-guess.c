/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A good answer before the search: the better it is, the more the search need not look at, and
 * where the search cannot come to an end, this is what decides.
 */
#include "daemon/plan/mask-node.h"

static bool has_effort(const struct mask_search *search, unsigned long effort_max)
{
	return search->effort + search->step_effort <= effort_max;
}

/* Considers to leave these columns of those in play, and all rows that want none of them. */
static bool try_columns(struct mask_search *search, const struct mask *columns)
{
	struct mask_node node = { .open = search->wanting, .columns = *columns };
	struct mask_view view;

	mask_node_look(search, &node, &view);
	return mask_node_consider(search, &node, &view);
}

/* The best, but with this row kept after all. */
static bool try_row(struct mask_search *search, unsigned int row)
{
	struct mask left = mask_minus(&search->in_play, &search->taken_columns);
	struct mask columns = mask_minus(&left, &search->wants[row]);

	return try_columns(search, &columns);
}

/* The best, but with this column left after all, and the rows taken that want it. */
static bool try_column(struct mask_search *search, unsigned int column)
{
	struct mask kept = mask_minus(&search->wanting, &search->taken_rows);
	struct mask columns = search->in_play;

	MASK_FOR_EACH(row, &kept) {
		search->effort += search->words;
		if (!mask_test(&search->wants[row], column))
			columns = mask_minus(&columns, &search->wants[row]);
	}
	return try_columns(search, &columns);
}

/* Keeps one row after the other, always the one that leaves most columns. */
static void descend(struct mask_search *search, unsigned long effort_max)
{
	struct mask_node node = { .open = search->wanting, .columns = search->in_play };
	struct mask_view view;

	while (has_effort(search, effort_max)) {
		unsigned int next = APQN_IDS;

		mask_node_look(search, &node, &view);
		mask_node_consider(search, &node, &view);
		MASK_FOR_EACH(row, &node.open)
			if (next == APQN_IDS || view.left_by[row] > view.left_by[next] ||
			    (view.left_by[row] == view.left_by[next] &&
			     mask_node_prefers(search, row, next)))
				next = row;
		if (next == APQN_IDS)
			return;
		mask_node_keep(search, &node, next);
	}
}

/* Small changes to the best, until none is for the better. */
static void improve(struct mask_search *search, unsigned long effort_max)
{
	bool is_better = true;

	while (is_better) {
		is_better = false;
		MASK_FOR_EACH(row, &search->wanting)
			if (mask_test(&search->taken_rows, row) && has_effort(search, effort_max))
				is_better |= try_row(search, row);
		MASK_FOR_EACH(column, &search->in_play)
			if (mask_test(&search->taken_columns, column) &&
			    has_effort(search, effort_max))
				is_better |= try_column(search, column);
	}
}

void mask_search_guess(struct mask_search *search, unsigned long effort_max)
{
	struct mask none = { 0 };

	/* the two simple answers: columns only, and (what the descent begins with) rows only */
	try_columns(search, &none);
	try_columns(search, &search->in_play);
	descend(search, effort_max);
	improve(search, effort_max);
}

void mask_search_learn(struct mask_search *search, const struct mask_search *crosswise)
{
	struct mask columns = mask_minus(&crosswise->wanting, &crosswise->taken_rows);

	try_columns(search, &columns);
}
