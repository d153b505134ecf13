/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The mask planner on random hosts with random wishes.  On small ones its answer is the very one
 * that trying everything finds; on hosts up to 16 x 85 it is right in all that can be told without
 * that; on 256 x 256 its effort is bounded.
 *
 * test-mask-plan-random [SEED]: the seed is printed, so that a failure can be repeated.
 */
#include <errno.h>
#include <inttypes.h>
#include <time.h>

#include "tests/unit/check.h"
#include "daemon/plan/mask-search.h"
#include "tests/unit/mask-grid.h"

enum {
	CASES_BOTH = 2000,	/* all subsets of both sides, up to 8 x 8 */
	CASES_ONE = 500,	/* all subsets of one side, up to 12 x 85 */
	CASES_PATTERN = 2000,
	CASES_LARGE = 400,	/* up to 16 x 85 */
	CASES_HIDDEN = 40
};

/* What trying everything found. */
struct best {
	bool found;
	unsigned int cost, bits, domains;
	struct mask_choice choice;
};

/* What happened, so that a run in which nothing did cannot pass. */
static struct {
	unsigned int impossible, free, costly, mixed, given_up;
} seen;

/* Whether the one that takes the lowest number in which they differ is a. */
static bool is_lower(const struct mask *a, const struct mask *b)
{
	for (unsigned int i = 0; i < APQN_IDS; i++)
		if (mask_test(a, i) != mask_test(b, i))
			return mask_test(a, i);
	return false;
}

/* What this choice takes besides, or -1 where it leaves something that is wanted. */
static int cost_of(const struct grid *grid, const struct mask_choice *choice)
{
	int cost = 0;

	for (unsigned int i = 0; i < grid->adapters; i++) {
		struct mask left = mask_minus(&grid->wanted[i], &choice->domains);
		struct mask besides = mask_minus(&grid->counted[i], &grid->wanted[i]);

		besides = mask_minus(&besides, &grid->whole.domains);
		if (!mask_test(&choice->adapters, i)) {
			if (!mask_is_empty(&left))
				return -1;
			besides = mask_and(&besides, &choice->domains);
		}
		if (!mask_test(&grid->whole.adapters, i))
			cost += (int)mask_count(&besides);
	}
	return cost;
}

/* Takes the choice for the best, if it is possible and better than what was found before. */
static void compare(const struct grid *grid, const struct mask_choice *choice, struct best *best)
{
	struct best other = { .found = true, .choice = *choice };
	int cost = cost_of(grid, choice);
	bool is_better = !best->found;

	if (cost < 0)
		return;
	other.cost = (unsigned int)cost;
	other.domains = mask_count(&choice->domains);
	other.bits = mask_count(&choice->adapters) + other.domains;
	if (other.cost != best->cost)
		is_better |= other.cost < best->cost;
	else if (other.bits != best->bits)
		is_better |= other.bits < best->bits;
	else if (other.domains != best->domains)
		is_better |= other.domains < best->domains;
	else if (!mask_equal(&choice->adapters, &best->choice.adapters))
		is_better |= is_lower(&choice->adapters, &best->choice.adapters);
	else
		is_better |= is_lower(&choice->domains, &best->choice.domains);
	if (is_better)
		*best = other;
}

/* The numbers from 0 on by the bits of a word. */
static struct mask by_bits(unsigned int bits)
{
	struct mask mask = { 0 };

	for (unsigned int i = 0; bits >> i; i++)
		if (bits >> i & 1)
			mask_set(&mask, i);
	return mask;
}

static struct best try_both_sides(const struct grid *grid)
{
	struct mask_choice must = mask_choice_or(&grid->whole, &grid->least);
	struct best best = { 0 };

	for (unsigned int i = 0; i < 1u << grid->adapters; i++) {
		for (unsigned int j = 0; j < 1u << grid->domains; j++) {
			struct mask_choice choice = { by_bits(i), by_bits(j) };

			if (mask_choice_is_subset(&must, &choice) &&
			    mask_choice_is_subset(&choice, &grid->most))
				compare(grid, &choice, &best);
		}
	}
	return best;
}

/* For each set of adapters the domains follow: those wanted of the others. */
static struct best try_one_side(const struct grid *grid)
{
	struct mask_choice must = mask_choice_or(&grid->whole, &grid->least);
	struct best best = { 0 };

	for (unsigned int i = 0; i < 1u << grid->adapters; i++) {
		struct mask_choice choice = { by_bits(i), must.domains };

		for (unsigned int j = 0; j < grid->adapters; j++)
			if (!mask_test(&choice.adapters, j))
				choice.domains = mask_or(&choice.domains, &grid->wanted[j]);
		if (mask_choice_is_subset(&must, &choice) &&
		    mask_choice_is_subset(&choice, &grid->most))
			compare(grid, &choice, &best);
	}
	return best;
}

/* What must hold of every plan, whether the best or not. */
static void check_sound(const struct host *host, const struct mask_plan *plan)
{
	const struct mask_wish *wish = &host->wish;
	struct mask_choice whole = wish->whole;

	CHECK(mask_choice_is_subset(&wish->whole, &plan->choice));
	CHECK(mask_choice_is_subset(&wish->least, &plan->choice));
	CHECK(mask_choice_is_subset(&plan->choice, &wish->most));
	CHECK(plan->effort <= MASK_PLAN_EFFORT);
	for (unsigned int i = 0; i < APQN_IDS; i++) {
		for (unsigned int j = 0; j < APQN_IDS; j++) {
			struct apqn apqn = { (uint8_t)i, (uint8_t)j };
			bool is_wanted = queue_set_has(&host->wanted, apqn);
			bool is_taken = mask_choice_takes(&plan->choice, apqn);

			CHECK(is_taken || !is_wanted);
			CHECK_INT(queue_set_has(&plan->collateral, apqn),
				  is_taken && !is_wanted && queue_set_has(&host->counted, apqn) &&
					  !mask_choice_takes(&whole, apqn));
		}
	}
}

/* There is no bit in it that nobody needs. */
static void check_needed(const struct grid *grid, const struct mask_choice *taken)
{
	struct mask_choice must = mask_choice_or(&grid->whole, &grid->least);
	struct mask_choice more = mask_choice_minus(taken, &must);

	MASK_FOR_EACH(adapter, &more.adapters) {
		struct mask_choice less = *taken;

		mask_clear(&less.adapters, adapter);
		CHECK_INT(cost_of(grid, &less), -1);
	}
	MASK_FOR_EACH(domain, &more.domains) {
		struct mask_choice less = *taken;

		mask_clear(&less.domains, domain);
		CHECK_INT(cost_of(grid, &less), -1);
	}
}

/* Taking only adapters, or only domains, is not better. */
static void check_not_worse(const struct grid *grid, unsigned int cost)
{
	struct mask_choice must = mask_choice_or(&grid->whole, &grid->least);
	struct mask_choice adapters = must, domains = must;

	for (unsigned int i = 0; i < grid->adapters; i++) {
		if (!mask_is_subset(&grid->wanted[i], &must.domains))
			mask_set(&adapters.adapters, i);
		if (!mask_test(&must.adapters, i))
			domains.domains = mask_or(&domains.domains, &grid->wanted[i]);
	}
	if (mask_choice_is_subset(&adapters, &grid->most))
		CHECK(cost <= (unsigned int)cost_of(grid, &adapters));
	if (mask_choice_is_subset(&domains, &grid->most))
		CHECK(cost <= (unsigned int)cost_of(grid, &domains));
}

static void count_seen(const struct mask_plan *plan)
{
	seen.free += queue_set_is_empty(&plan->collateral);
	seen.costly += !queue_set_is_empty(&plan->collateral);
	seen.mixed += !mask_is_empty(&plan->choice.adapters) &&
		      !mask_is_empty(&plan->choice.domains);
}

static void check_best(const struct grid *grid, const struct best *best)
{
	struct mask_choice expected;
	struct mask_plan plan;
	struct host host;
	struct ids ids;
	int r;

	pick_ids(ids.adapter, grid->adapters);
	pick_ids(ids.domain, grid->domains);
	make_host(grid, &ids, &host);
	r = mask_plan_make(&host.wish, &plan);
	CHECK_INT(r, best->found ? 0 : -ENOENT);
	if (r < 0) {
		seen.impossible++;
		return;
	}
	CHECK(plan.exact);
	CHECK_INT(queue_set_count(&plan.collateral), best->cost);
	expected = choice_with_ids(&best->choice, &ids);
	CHECK(mask_equal(&plan.choice.adapters, &expected.adapters));
	CHECK(mask_equal(&plan.choice.domains, &expected.domains));
	count_seen(&plan);
}

static void test_both_sides(void)
{
	for (unsigned int i = 0; i < CASES_BOTH; i++) {
		struct grid grid;
		struct best best;

		random_grid(&grid, i % 8 ? 6 : 8, i % 8 ? 6 : 8);
		best = try_both_sides(&grid);
		check_best(&grid, &best);
	}
}

static void test_one_side(void)
{
	for (unsigned int i = 0; i < CASES_ONE; i++) {
		struct grid grid;
		struct best best;

		random_grid(&grid, i % 8 ? 9 : 12, i % 2 ? 12 : 85);
		best = try_one_side(&grid);
		check_best(&grid, &best);
	}
}

/* A diagonal has very many answers that cost the same.  From a size on only a guess is made, and it is as good. */
static void test_diagonals(void)
{
	for (unsigned int size = 2; size <= APQN_IDS; size += 1 + size / 4) {
		struct mask_plan plan;
		struct host host;
		struct grid grid;
		struct ids ids;

		fill_grid(&grid, size, size, 0, 1000);
		for (unsigned int i = 0; i < size; i++)
			mask_set(&grid.wanted[i], i);
		pick_ids(ids.adapter, size);
		pick_ids(ids.domain, size);
		make_host(&grid, &ids, &host);
		CHECK_INT(mask_plan_make(&host.wish, &plan), 0);
		if (plan.exact != (size <= MASK_SEARCH_WIDTH_MAX))
			CHECK_FAIL("exact is %d for %u, effort %lu", plan.exact, size, plan.effort);
		/* as square as can be */
		CHECK_INT(queue_set_count(&plan.collateral),
			  size * size - size / 2 * ((size + 1) / 2) - size);
	}
}

static void test_patterns(void)
{
	for (unsigned int i = 0; i < CASES_PATTERN; i++) {
		struct grid grid;
		struct best best;

		pattern_grid(&grid);
		if (one_in(2)) {
			struct grid turned;

			turn(&grid, &turned);
			grid = turned;
		}
		best = try_one_side(&grid);
		check_best(&grid, &best);
	}
}

static unsigned int cost_with_ids(const struct grid *grid, const struct ids *ids,
				  struct mask_plan *ret_plan)
{
	struct host host;

	make_host(grid, ids, &host);
	CHECK_INT(mask_plan_make(&host.wish, ret_plan), 0);
	CHECK(ret_plan->exact);
	return queue_set_count(&ret_plan->collateral);
}

/* Other ids, and adapters for domains: the cost is the same.  Asked again, all is the same. */
static void check_alike(const struct grid *grid, struct ids *ids)
{
	struct mask_plan plan, again;
	unsigned int cost = cost_with_ids(grid, ids, &plan);
	struct grid turned;

	CHECK_INT(cost_with_ids(grid, ids, &again), cost);
	CHECK(memcmp(&plan.choice, &again.choice, sizeof(plan.choice)) == 0);
	CHECK_INT(plan.effort, again.effort);
	shuffle(ids->adapter, grid->adapters);
	shuffle(ids->domain, grid->domains);
	CHECK_INT(cost_with_ids(grid, ids, &again), cost);
	turn(grid, &turned);
	pick_ids(ids->adapter, turned.adapters);
	pick_ids(ids->domain, turned.domains);
	CHECK_INT(cost_with_ids(&turned, ids, &again), cost);
}

static void check_large(const struct grid *grid)
{
	struct mask_plan plan;
	struct host host;
	struct ids ids;

	/* number for id, so that the choice can be read by number */
	for (unsigned int i = 0; i < APQN_IDS; i++)
		ids.adapter[i] = ids.domain[i] = (uint8_t)i;
	make_host(grid, &ids, &host);
	if (mask_plan_make(&host.wish, &plan) < 0) {
		seen.impossible++;
		return;
	}
	check_sound(&host, &plan);
	check_needed(grid, &plan.choice);
	CHECK_INT(queue_set_count(&plan.collateral), cost_of(grid, &plan.choice));
	check_not_worse(grid, queue_set_count(&plan.collateral));
	count_seen(&plan);
	seen.given_up += !plan.exact;
	if (grid->adapters <= 16) {
		CHECK(plan.exact);
		check_alike(grid, &ids);
	}
}

static void test_large(void)
{
	for (unsigned int i = 0; i < CASES_LARGE; i++) {
		struct grid grid;

		if (i % 2)
			usual_grid(&grid, 16, 85);
		else
			random_grid(&grid, 16, 85);
		check_large(&grid);
	}
}

/*
 * Where all that is wanted lies outside of a block that nobody sees, to leave the block is far from
 * best only by chance: the planner finds as much, even where it has to give up.
 */
static void test_hidden(void)
{
	for (unsigned int i = 0; i < CASES_HIDDEN; i++) {
		unsigned int size = 48 + random_below(APQN_IDS - 48 + 1);
		struct mask_choice block = { random_mask(size, 600), random_mask(size, 600) };
		struct mask_plan plan;
		struct host host;
		struct grid grid;
		struct ids ids;

		fill_grid(&grid, size, size, 150 + random_below(600), 1000);
		for (unsigned int j = 0; j < size; j++)
			if (!mask_test(&block.adapters, j))
				grid.wanted[j] = mask_and(&grid.wanted[j], &block.domains);
		pick_ids(ids.adapter, size);
		pick_ids(ids.domain, size);
		make_host(&grid, &ids, &host);
		CHECK_INT(mask_plan_make(&host.wish, &plan), 0);
		CHECK((int)queue_set_count(&plan.collateral) <= cost_of(&grid, &block));
	}
}

/* Of this process: what else the machine does is no matter of the planner's. */
static double milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void test_largest(void)
{
	double slowest = 0;

	for (unsigned int kind = 0; kind < 18; kind++) {
		struct grid grid;
		struct mask_plan plan;
		struct host host;
		struct ids ids;
		double start;

		largest_grid(&grid, kind);
		pick_ids(ids.adapter, APQN_IDS);
		pick_ids(ids.domain, APQN_IDS);
		make_host(&grid, &ids, &host);
		start = milliseconds();
		CHECK_INT(mask_plan_make(&host.wish, &plan), 0);
		start = milliseconds() - start;
		slowest = start > slowest ? start : slowest;
		check_large(&grid);
	}
	printf("# 256 x 256: at most %.1f ms of processor time\n", slowest);
	CHECK(seen.given_up >= 10);
}

static void test_everything_was_seen(void)
{
	printf("# %u impossible, %u free, %u costly, %u of both kinds, %u given up\n",
	       seen.impossible, seen.free, seen.costly, seen.mixed, seen.given_up);
	CHECK(seen.impossible > CASES_BOTH / 50 && seen.free > CASES_BOTH / 10);
	CHECK(seen.costly > CASES_BOTH / 4 && seen.mixed > CASES_BOTH / 4);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		random_seed = strtoull(argv[1], NULL, 0);
	if (random_seed == 0) {
		fputs("test-mask-plan-random: the seed must be a number other than 0.\n", stderr);
		return 2;
	}
	printf("# seed %" PRIu64 "\n", random_seed);
	fflush(stdout);
	RUN(test_both_sides);
	RUN(test_one_side);
	RUN(test_patterns);
	RUN(test_diagonals);
	RUN(test_large);
	RUN(test_hidden);
	RUN(test_largest);
	RUN(test_everything_was_seen);
	return 0;
}
