/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * daemon/plan/reserve-mechanism.c: the bits of the masks that another program cleared, and those that
 * apqd itself did.
 */
#include "tests/unit/reserve.h"

static void test_masks_of_others_are_kept(void)
{
	struct reserve_wish wish = wish_of(false, "6", "", "");

	begin(false);
	set_masks("5", "3");
	accept(&wish);
	expect_taken("05-06", "03");
	/* they are neither reserved by that, nor written down as apqd's own */
	expect_ids(&host.policy.reserved.adapters, "06");
	expect_ids(&host.policy.reserved.domains, "");
	expect_ids(&host.policy.masks.adapters, "06");
	expect_ids(&host.policy.masks.domains, "");
	/* what they had taken before is no news */
	expect_set(&collateral, "");
}

/* Whatever is asked for, only the bits that apqd clears become its own. */
static void test_only_own_bits_are_written_down(void)
{
	static const char *const adapters[] = { "5", "5", "", "" };
	static const char *const domains[] = { "", "", "3", "" };
	static const char *const queues[] = { "", "06.0003", "", "05.0003,04.0003" };

	for (size_t i = 0; i < ARRAY_SIZE(queues); i++) {
		struct reserve_wish wish = wish_of(false, adapters[i], domains[i], queues[i]);

		begin(false);
		set_masks("5", "3");
		/* of masks that another program has cleared already, all that is asked for is kept up */
		for (int again = 0; again < 2; again++) {
			accept(&wish);
			expect_taken("05", "03");
			expect_ids(&host.policy.masks.adapters, "");
			expect_ids(&host.policy.masks.domains, "");
			CHECK_STR(steps(), again ? "" : "policy");
			desired.policy = host.policy;
		}
		/* at a boot without that program the bits are apqd's */
		set_masks("", "");
		restore();
		CHECK_HAS(steps(), "policy");
		expect_ids(&host.policy.masks.adapters, *adapters[i] ? "05" : "");
		desired.policy = host.policy;
		/* and they go with the reservation, while what is another's stays */
		host.apmask = mask_minus(&host.apmask, &(struct mask){ .word = { 1 } });
		observed.host.apmask = host.apmask;
		observed.host.aqmask = host.aqmask;
		wish.release = true;
		accept(&wish);
		expect_taken("3f", "");
	}
}

static void test_import_makes_bits_its_own(void)
{
	struct reserve_wish wish = wish_of(false, "5", "", "");

	wish.import = true;
	wish.mechanism = MECHANISM_MASKS;
	begin(false);
	set_masks("5,6", "3");
	accept(&wish);
	expect_ids(&host.policy.masks.adapters, "05");
	expect_ids(&host.policy.masks.domains, "");
	desired.policy = host.policy;
	wish = wish_of(true, "5", "", "");
	accept(&wish);
	expect_taken("06", "03");
}

/* The move to overrides needs all bits, and another program's are not set for it. */
static void test_overrides_beside_masks_of_others(void)
{
	struct reserve_wish wish = wish_of(false, "5", "", "");

	wish.mechanism = MECHANISM_OVERRIDES;
	for (int reserved = 0; reserved < 2; reserved++) {
		begin(true);
		set_masks("5,9-11", "3");
		desired.policy.has_reservation = desired.policy.has_masks = reserved;
		desired.policy.mechanism = reserved ? MECHANISM_MASKS : MECHANISM_UNDECIDED;
		desired.policy.reserved.adapters = mask_of(reserved ? "5" : "");
		refuse(&wish, PROBLEM_OTHER_MECHANISM,
		       "Run: chzdev -t ap apmask=+5,+9-11 aqmask=+3");
	}
}

/* The same as what is reserved, said exactly, changes nothing, however the masks came about. */
static void test_exact_and_the_same(void)
{
	struct reserve_wish wish = wish_of(false, "", "", "04.0002,05.0002,06.0002");

	begin(false);
	set_masks("4-6", "7");
	desired.policy.has_reservation = desired.policy.has_masks = true;
	desired.policy.mechanism = MECHANISM_MASKS;
	desired.policy.reserved.queues = wish.what.queues;
	desired.policy.masks.adapters = mask_of("4-6");
	wish.exact = true;
	accept(&wish);
	CHECK_STR(steps(), "");
	/* what is given up is given back, and the best masks are chosen for the rest */
	wish = wish_of(false, "", "", "04.0002,05.0002");
	wish.exact = true;
	accept(&wish);
	CHECK_STR(steps(), "aqmask apmask policy");
}

static void test_release_leaves_foreign_bits(void)
{
	struct reserve_wish wish = wish_of(true, "5", "", "");

	begin(false);
	set_masks("5,6", "7");
	desired.policy.has_reservation = desired.policy.has_masks = true;
	desired.policy.mechanism = MECHANISM_MASKS;
	desired.policy.reserved.adapters = desired.policy.masks.adapters = mask_of("5");
	accept(&wish);
	expect_taken("06", "07");
}

int main(void)
{
	desired = DESIRED_NONE;
	observed_init(&observed);
	RUN(test_masks_of_others_are_kept);
	RUN(test_only_own_bits_are_written_down);
	RUN(test_import_makes_bits_its_own);
	RUN(test_overrides_beside_masks_of_others);
	RUN(test_exact_and_the_same);
	RUN(test_release_leaves_foreign_bits);
	problems_done(&conflicts);
	observed_done(&observed);
	desired_done(&desired);
	return 0;
}
