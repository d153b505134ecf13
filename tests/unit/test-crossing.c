/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli/crossing.c: single queues of a device, which has every queue where its adapters and domains cross.
 */
#include <stdint.h>

#include "cli/crossing.h"
#include "tests/unit/model.h"

static struct queue_set set_of(const char *list)
{
	struct queue_set set = { 0 };
	char *copy = strdup(list), *rest = copy, *item;

	while ((item = strsep(&rest, ",")))
		if (*item)
			CHECK_INT(queue_set_parse(item, &set), 0);
	free(copy);
	return set;
}

static void test_take(void)
{
	static const struct {
		const char *adapters, *domains, *queues, *gone;	/* gone: NULL where they cannot go alone */
	} cases[] = {
		{ "0,3", "6,7", "00.0006,00.0007", "--adapters 0x00" },
		{ "0,3", "6,7", "00.0007,03.0007", "--domains 0x0007" },
		{ "0,3", "6,7", "00.0006-0007,03.0007", "--adapters 0x00 --domains 0x0007" },
		{ "0,3", "6,7", "00.0007", NULL },
		{ "0,3", "6,7", "00.0006,03.0007", NULL },
		{ "0,3", "6,7", "00.0006-0007,03.0006-0007", "--adapters 0x00,0x03 --domains 0x0006-0x0007" },
		{ "0", "6,7", "00.0007", "--domains 0x0007" },
		{ "0,3", "6", "03.0006", "--adapters 0x03" },
		{ "0,3", "6,7", "05.0007,00.0006-0008", "--adapters 0x00" },
		{ "0,3", "6,7", "05.0007", "" },
		{ "0", "", "00.0007", "" },
		{ "", "", "00.0007", "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct matrix has = matrix_of(cases[i].adapters, cases[i].domains, "1"), gone;
		struct queue_set queues = set_of(cases[i].queues);
		CLEANUP_FREE char *text = NULL;

		CHECK_INT(crossing_take(&has, &queues, &gone), cases[i].gone != NULL);
		if (!cases[i].gone)
			continue;
		text = crossing_options(&gone);
		CHECK_STR(text, cases[i].gone);
	}
}

/* Whatever set is taken from whatever matrix: what goes is exactly that, or it is refused. */
static void test_take_random(void)
{
	uint64_t state = 12;
	unsigned int taken = 0;

	for (unsigned int round = 0; round < 4000; round++) {
		struct matrix has = { 0 }, gone;
		struct queue_set queues = { 0 }, loss, wanted;

		for (unsigned int i = 0; i < 3; i++) {
			state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
			mask_set(&has.adapters, state >> 40 & 3);
			mask_set(&has.domains, state >> 50 & 3);
		}
		for (uint64_t bits = state >> 33; bits; bits &= bits - 1) {
			unsigned int bit = (unsigned int)__builtin_ctzll(bits) & 15;

			queue_set_add(&queues, (struct apqn){ bit & 3, bit >> 2 });
		}
		wanted = crossing_queues(&has);
		for (unsigned int adapter = 0; adapter < APQN_IDS; adapter++)
			wanted.domains[adapter] =
				mask_and(&wanted.domains[adapter], &queues.domains[adapter]);
		if (!crossing_take(&has, &queues, &gone))
			continue;
		taken++;
		loss = crossing_loss(&has, &gone);
		CHECK(queue_set_equal(&loss, &wanted));
	}
	CHECK(taken > 100 && taken < 3900);
}

static void test_gain(void)
{
	struct matrix has = matrix_of("0,3", "6", ""), more, none = { 0 };
	struct queue_set wanted = set_of("00.0007"), gain;
	CLEANUP_FREE char *names = NULL;

	more = crossing_around(&wanted);
	gain = crossing_gain(&has, &more, &wanted);
	names = crossing_names(&gain);
	CHECK_STR(names, "03.0007");
	wanted = set_of("00.0007,03.0007");
	gain = crossing_gain(&has, &more, &wanted);
	CHECK(queue_set_is_empty(&gain));
	wanted = set_of("04.0010,05.0011");
	more = crossing_around(&wanted);
	gain = crossing_gain(&none, &more, &wanted);
	CHECK_INT(queue_set_count(&gain), 2);
}

/* A whole card against another's pattern: no message grows with what there is. */
static void test_names(void)
{
	struct queue_set queues = { 0 };
	CLEANUP_FREE char *names = NULL;

	for (unsigned int i = 0; i < APQN_IDS; i += 2)
		queue_set_add(&queues, (struct apqn){ 1, (uint8_t)i });
	names = crossing_names(&queues);
	CHECK_HAS(names, "01.0000, 01.0002, ");
	CHECK_HAS(names, " and 112 more");
}

int main(void)
{
	RUN(test_take);
	RUN(test_take_random);
	RUN(test_gain);
	RUN(test_names);
	return 0;
}
