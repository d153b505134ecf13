/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/plan/mask-node.h"

/* One queue outweighs all bits, and one bit outweighs how many of them are domains'. */
#define QUEUE_WORTH (UINT64_C(1) << 20)
#define ADAPTER_WORTH UINT64_C(1024)
#define DOMAIN_WORTH UINT64_C(1025)

static unsigned int count_both(const struct mask *a, const struct mask *b, unsigned int words)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < words; i++)
		n += (unsigned int)__builtin_popcountll(a->word[i] & b->word[i]);
	return n;
}

static void look_at_open(struct mask_search *search, struct mask_node *node, struct mask_view *view)
{
	MASK_FOR_EACH(row, &node->open) {
		unsigned int lost =
			count_both(&search->wants[row], &node->columns, search->words);

		search->effort += search->words + 2;
		if (lost == 0) {
			mask_clear(&node->open, row);
			mask_set(&node->kept, row);
			continue;
		}
		view->left_by[row] = (uint16_t)(view->columns - lost);
		view->gain_by[row] = (uint16_t)count_both(&search->spare[row], &node->columns,
							  search->words);
	}
}

static void look_at_kept(struct mask_search *search, const struct mask_node *node,
			 struct mask_view *view)
{
	view->rows = view->gain = view->apart = 0;
	MASK_FOR_EACH(row, &node->kept) {
		view->rows++;
		view->gain += count_both(&search->spare[row], &node->columns, search->words);
		view->apart += search->apart[row];
		search->effort += search->words + 1;
	}
}

void mask_node_look(struct mask_search *search, struct mask_node *node, struct mask_view *ret_view)
{
	ret_view->columns = ret_view->steady = 0;
	MASK_FOR_EACH(column, &node->columns) {
		ret_view->columns++;
		ret_view->steady += search->steady[column];
	}
	search->effort += ret_view->columns / 4;
	look_at_open(search, node, ret_view);
	look_at_kept(search, node, ret_view);
}

uint64_t mask_node_worth(const struct mask_search *search, unsigned int queues, unsigned int rows,
			 unsigned int columns)
{
	unsigned int adapters = search->rows_are_adapters ? rows : columns;
	unsigned int domains = search->rows_are_adapters ? columns : rows;

	return queues * QUEUE_WORTH + adapters * ADAPTER_WORTH + domains * DOMAIN_WORTH;
}

bool mask_is_lower(const struct mask *a, const struct mask *b)
{
	for (unsigned int i = 0; i < MASK_WORDS; i++)
		if (a->word[i] != b->word[i])
			return a->word[i] > b->word[i];
	return false;
}

bool mask_node_consider(struct mask_search *search, const struct mask_node *node,
			const struct mask_view *view)
{
	uint64_t worth = mask_node_worth(search, view->steady + view->gain + view->apart,
					 view->rows, view->columns);
	struct mask rows = mask_or(&node->taken, &node->open);
	struct mask columns = mask_minus(&search->in_play, &node->columns);
	bool is_lower = search->rows_are_adapters ?
				mask_is_lower(&rows, &search->taken_rows) :
				mask_is_lower(&columns, &search->taken_columns);

	if (worth < search->best || (worth == search->best && !is_lower))
		return false;
	search->best = worth;
	search->taken_rows = rows;
	search->taken_columns = columns;
	return true;
}

bool mask_node_prefers(const struct mask_search *search, unsigned int row, unsigned int other)
{
	/* a row that is a domain costs the adapters that want it */
	return search->rows_are_adapters ? row > other : row < other;
}

void mask_node_keep(const struct mask_search *search, struct mask_node *node, unsigned int row)
{
	node->columns = mask_minus(&node->columns, &search->wants[row]);
	mask_clear(&node->open, row);
	mask_set(&node->kept, row);
}

void mask_node_take(struct mask_search *search, struct mask_node *node, unsigned int row)
{
	struct mask wants = mask_and(&search->wants[row], &node->columns);

	MASK_FOR_EACH(other, &node->open) {
		search->effort += search->words;
		if (!mask_is_subset(&wants, &search->wants[other]))
			continue;
		mask_clear(&node->open, other);
		mask_set(&node->taken, other);
	}
}
