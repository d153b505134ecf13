/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/plan/mask-plan.h"

#include <errno.h>
#include <stdlib.h>

#include "common/cleanup.h"
#include "daemon/plan/mask-search.h"

/*
 * Takes what is no question: whole and least, and whatever must be because the other way to a
 * wanted queue is barred.  One look is enough: a domain or adapter is barred, or it is not,
 * whatever else is taken.
 */
static int take_certain(const struct mask_wish *wish, struct mask_choice *ret_choice)
{
	struct mask_choice choice = mask_choice_or(&wish->whole, &wish->least);

	if (!mask_choice_is_subset(&choice, &wish->most))
		return -ENOENT;
	for (unsigned int adapter = 0; adapter < APQN_IDS; adapter++) {
		const struct mask *wanted = &wish->wanted->domains[adapter];
		bool may_adapter = mask_test(&wish->most.adapters, adapter);
		bool may_domains = mask_is_subset(wanted, &wish->most.domains);

		if (mask_test(&choice.adapters, adapter))
			continue;
		if (!may_adapter && !may_domains)
			return -ENOENT;
		if (!may_domains)
			mask_set(&choice.adapters, adapter);
		if (!may_adapter)
			choice.domains = mask_or(&choice.domains, wanted);
	}
	*ret_choice = choice;
	return 0;
}

/* What take_certain() leaves open, with adapters as rows. */
static void pose(const struct mask_wish *wish, const struct mask_choice *certain,
		 struct mask_search *search)
{
	search->rows = mask_complement(&certain->adapters);
	search->columns = mask_complement(&certain->domains);
	search->rows_are_adapters = true;
	MASK_FOR_EACH(adapter, &search->rows) {
		const struct mask *wanted = &wish->wanted->domains[adapter];
		struct mask spare = mask_minus(&wish->counted->domains[adapter], wanted);

		search->wants[adapter] = mask_and(wanted, &search->columns);
		search->spare[adapter] = mask_and(&spare, &search->columns);
	}
}

static void transpose(const struct mask_search *from, struct mask_search *to)
{
	to->rows = from->columns;
	to->columns = from->rows;
	to->rows_are_adapters = !from->rows_are_adapters;
	MASK_FOR_EACH(row, &from->rows) {
		MASK_FOR_EACH(column, &from->wants[row])
			mask_set(&to->wants[column], row);
		MASK_FOR_EACH(column, &from->spare[row])
			mask_set(&to->spare[column], row);
	}
}

static void find_collateral(const struct mask_wish *wish, struct mask_plan *plan)
{
	for (unsigned int adapter = 0; adapter < APQN_IDS; adapter++) {
		struct mask queues = mask_minus(&wish->counted->domains[adapter],
						&wish->wanted->domains[adapter]);

		if (mask_test(&wish->whole.adapters, adapter))
			continue;
		queues = mask_minus(&queues, &wish->whole.domains);
		if (!mask_test(&plan->choice.adapters, adapter))
			queues = mask_and(&queues, &plan->choice.domains);
		plan->collateral.domains[adapter] = queues;
	}
}

/*
 * Searches by the side with fewer different rows, once both sides have had a guess.  Real reservations
 * are a few rectangles; a host with more different rows than can be tried gets the better guess.
 */
static void answer(struct mask_search *by_adapter, struct mask_search *by_domain,
		   struct mask_plan *plan)
{
	struct mask_search *narrow = by_adapter, *wide = by_domain;

	transpose(by_adapter, by_domain);
	mask_search_begin(by_adapter);
	mask_search_begin(by_domain);
	if (mask_search_width(by_adapter) > mask_search_width(by_domain)) {
		narrow = by_domain;
		wide = by_adapter;
	}
	mask_search_guess(wide, MASK_PLAN_EFFORT / 4);
	mask_search_learn(narrow, wide);
	mask_search_guess(narrow, MASK_PLAN_EFFORT / 4);
	plan->exact = mask_search_width(narrow) <= MASK_SEARCH_WIDTH_MAX &&
		      mask_search_try_all(narrow, MASK_PLAN_EFFORT - wide->effort);
	plan->choice = narrow->rows_are_adapters ?
			       (struct mask_choice){ narrow->taken_rows, narrow->taken_columns } :
			       (struct mask_choice){ narrow->taken_columns, narrow->taken_rows };
	plan->effort = narrow->effort + wide->effort;
}

int mask_plan_make(const struct mask_wish *wish, struct mask_plan *ret_plan)
{
	CLEANUP_FREE struct mask_search *searches = calloc(2, sizeof(*searches));
	struct mask_plan plan = { 0 };
	struct mask_choice certain;
	int r;

	if (!searches)
		return -ENOMEM;
	r = take_certain(wish, &certain);
	if (r < 0)
		return r;
	pose(wish, &certain, &searches[0]);
	answer(&searches[0], &searches[1], &plan);
	plan.choice = mask_choice_or(&certain, &plan.choice);
	find_collateral(wish, &plan);
	*ret_plan = plan;
	return 0;
}
