/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random wishes for the mask planner: a grid of adapters and domains by number, and the ids that
 * make a host of it.  The same numbers on every machine.
 */
#ifndef APQD_TESTS_UNIT_MASK_GRID_H
#define APQD_TESTS_UNIT_MASK_GRID_H

#include <inttypes.h>

#include "common/macro.h"
#include "daemon/plan/mask-plan.h"
#include "tests/unit/check.h"

static uint64_t random_seed = 20261205;

/*
 * A wish on a grid: adapters and domains by number, without ids yet.  Which ids they get changes
 * nothing but which answer is the lower one.
 */
struct grid {
	unsigned int adapters, domains;
	struct mask wanted[APQN_IDS], counted[APQN_IDS];
	struct mask_choice whole, least, most;
};

/* Ids by number, ascending unless shuffled. */
struct ids {
	uint8_t adapter[APQN_IDS], domain[APQN_IDS];
};

/* A grid with ids. */
struct host {
	struct queue_set wanted, counted;
	struct mask_wish wish;
};

/* xorshift64: the same numbers on every machine. */
static inline unsigned int random_below(unsigned int limit)
{
	random_seed ^= random_seed << 13;
	random_seed ^= random_seed >> 7;
	random_seed ^= random_seed << 17;
	return (unsigned int)((random_seed >> 32) % limit);
}

static inline bool one_in(unsigned int n)
{
	return random_below(n) == 0;
}

/* Numbers below limit, each with so many chances of 1000. */
static inline struct mask random_mask(unsigned int limit, unsigned int permille)
{
	struct mask mask = { 0 };

	for (unsigned int i = 0; i < limit; i++)
		if (random_below(1000) < permille)
			mask_set(&mask, i);
	return mask;
}

static inline struct mask below(unsigned int limit)
{
	return random_mask(limit, 1000);
}

static inline void fill_grid(struct grid *grid, unsigned int adapters, unsigned int domains,
			     unsigned int wanted_permille, unsigned int counted_permille)
{
	*grid = (struct grid){ .adapters = adapters, .domains = domains };
	grid->most = (struct mask_choice){ below(adapters), below(domains) };
	for (unsigned int i = 0; i < adapters; i++) {
		grid->wanted[i] = random_mask(domains, wanted_permille);
		grid->counted[i] = random_mask(domains, counted_permille);
	}
}

/* Some of it is asked for whole, some taken already, some must not be taken. */
static inline void add_bounds(struct grid *grid)
{
	if (one_in(3))
		grid->whole = (struct mask_choice){ random_mask(grid->adapters, 150),
						    random_mask(grid->domains, 100) };
	if (one_in(3))
		grid->least = (struct mask_choice){ random_mask(grid->adapters, 150),
						    random_mask(grid->domains, 100) };
	if (one_in(3)) {
		grid->most = (struct mask_choice){ random_mask(grid->adapters, 900),
						   random_mask(grid->domains, 900) };
		if (!one_in(8))
			grid->most = mask_choice_or(&grid->most, &grid->whole);
		if (!one_in(8))
			grid->most = mask_choice_or(&grid->most, &grid->least);
	}
}

static inline void random_grid(struct grid *grid, unsigned int adapters_max,
			       unsigned int domains_max)
{
	static const unsigned int wanted[] = { 10, 50, 100, 150, 200, 300, 500, 700, 950 };
	static const unsigned int counted[] = { 1000, 1000, 900, 500, 100 };

	fill_grid(grid, 1 + random_below(adapters_max), 1 + random_below(domains_max),
		  wanted[random_below(ARRAY_SIZE(wanted))],
		  counted[random_below(ARRAY_SIZE(counted))]);
	add_bounds(grid);
}

/* Some adapters, some domains, a few queues: what administrators ask for. */
static inline void usual_grid(struct grid *grid, unsigned int adapters_max,
			      unsigned int domains_max)
{
	fill_grid(grid, 1 + random_below(adapters_max), 1 + random_below(domains_max), 0, 1000);
	add_bounds(grid);
	for (unsigned int i = 1 + random_below(20); i > 0; i--) {
		unsigned int adapter = random_below(grid->adapters);
		unsigned int domain = random_below(grid->domains);
		unsigned int run = one_in(3) ? random_below(8) : 1;

		for (; run > 0 && domain < grid->domains; run--)
			mask_set(&grid->wanted[adapter], domain++);
	}
}

/* So many of the ids from 0 to 255, ascending; side by side or far apart. */
static inline void pick_ids(uint8_t *ids, unsigned int count)
{
	unsigned int next = one_in(2) ? 0 : random_below(APQN_IDS - count + 1);
	bool dense = one_in(3);

	for (unsigned int i = 0; i < count; i++) {
		unsigned int room = APQN_IDS - next - (count - i);

		if (!dense && room > 0)
			next += random_below(1 + 2 * room / count);
		ids[i] = (uint8_t)next++;
	}
}

static inline void shuffle(uint8_t *ids, unsigned int count)
{
	for (unsigned int i = count; i > 1; i--) {
		unsigned int other = random_below(i);
		uint8_t id = ids[i - 1];

		ids[i - 1] = ids[other];
		ids[other] = id;
	}
}

static inline struct mask with_ids(const struct mask *numbers, const uint8_t *ids)
{
	struct mask mask = { 0 };

	MASK_FOR_EACH(number, numbers)
		mask_set(&mask, ids[number]);
	return mask;
}

static inline struct mask_choice choice_with_ids(const struct mask_choice *choice,
						 const struct ids *ids)
{
	return (struct mask_choice){ with_ids(&choice->adapters, ids->adapter),
				     with_ids(&choice->domains, ids->domain) };
}

static inline void make_host(const struct grid *grid, const struct ids *ids, struct host *host)
{
	memset(host, 0, sizeof(*host));
	for (unsigned int i = 0; i < grid->adapters; i++) {
		host->wanted.domains[ids->adapter[i]] = with_ids(&grid->wanted[i], ids->domain);
		host->counted.domains[ids->adapter[i]] = with_ids(&grid->counted[i], ids->domain);
	}
	host->wish = (struct mask_wish){
		.wanted = &host->wanted,
		.counted = &host->counted,
		.whole = choice_with_ids(&grid->whole, ids),
		.least = choice_with_ids(&grid->least, ids),
		.most = choice_with_ids(&grid->most, ids),
	};
}

/* The grid with adapters for domains. */
static inline void turn(const struct grid *grid, struct grid *turned)
{
	*turned = (struct grid){ .adapters = grid->domains, .domains = grid->adapters };
	for (unsigned int i = 0; i < grid->adapters; i++) {
		MASK_FOR_EACH(j, &grid->wanted[i])
			mask_set(&turned->wanted[j], i);
		MASK_FOR_EACH(j, &grid->counted[i])
			mask_set(&turned->counted[j], i);
	}
	turned->whole = (struct mask_choice){ grid->whole.domains, grid->whole.adapters };
	turned->least = (struct mask_choice){ grid->least.domains, grid->least.adapters };
	turned->most = (struct mask_choice){ grid->most.domains, grid->most.adapters };
}

/* Many that cost the same: what is wanted has a pattern, whether one sees it or not. */
static inline void pattern_grid(struct grid *grid)
{
	unsigned int size = 2 + random_below(8), step = 1 + random_below(3);
	unsigned int width = 1 + random_below(3);
	struct ids numbers;

	for (unsigned int i = 0; i < size; i++)
		numbers.adapter[i] = numbers.domain[i] = (uint8_t)i;
	if (one_in(2)) {
		shuffle(numbers.adapter, size);
		shuffle(numbers.domain, size);
	}
	fill_grid(grid, size, size + random_below(3), 0, one_in(2) ? 1000 : 0);
	for (unsigned int i = 0; i < size; i++)
		for (unsigned int j = 0; j < width; j++)
			mask_set(&grid->wanted[numbers.adapter[i]],
				 numbers.domain[(i / step * step + j) % size]);
}

/* The largest that there can be, without pattern and with. */
static inline void largest_grid(struct grid *grid, unsigned int kind)
{
	static const unsigned int wanted[] = { 2, 5, 10, 30, 50, 100, 200, 300, 500, 700, 900, 990 };
	unsigned int pattern = kind - ARRAY_SIZE(wanted);

	if (kind < ARRAY_SIZE(wanted)) {
		fill_grid(grid, APQN_IDS, APQN_IDS, wanted[kind], one_in(2) ? 1000 : 800);
		return;
	}
	fill_grid(grid, APQN_IDS, APQN_IDS, 0, 1000);
	for (unsigned int i = 0; i < APQN_IDS; i++) {
		for (unsigned int j = 0; j < APQN_IDS; j++) {
			bool is_wanted = pattern == 0 ? i == j :
					 pattern == 1 ? (i - j) % APQN_IDS < 3 :
					 pattern == 2 ? i / 4 == j / 4 :
					 pattern == 3 ? i / 16 != j / 16 :
					 pattern == 4 ? j < i :
							__builtin_parity(i & j) != 0;

			if (is_wanted)
				mask_set(&grid->wanted[i], j);
		}
	}
}

#endif
