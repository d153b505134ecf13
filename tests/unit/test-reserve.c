/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * daemon/plan/reserve.c and plan-host.c: from a wish about the host to masks, queues, policy and
 * steps.  Which masks are the best is for test-mask-plan.c.
 */
#include <stdlib.h>
#include "tests/unit/reserve.h"

static void test_whole_adapter(void)
{
	struct reserve_wish wish = wish_of(false, "5", "", "");

	for (int i = 0; i < 2; i++) {
		begin(i);
		accept(&wish);
		CHECK_INT(host.policy.mechanism, MECHANISM_MASKS);
		expect_taken("05", "");
		expect_set(&collateral, "");
		expect_ids(&host.policy.reserved.adapters, "05");
		CHECK(host.policy.has_masks && host.write_policy);
		CHECK_STR(steps(), "apmask policy");
	}
}

static void test_single_queue_by_masks(void)
{
	struct reserve_wish wish = wish_of(false, "", "", "04.0002");

	begin(false);
	accept(&wish);
	expect_taken("", "02");
	expect_set(&collateral, "05.0002,06.0002,07.0002");
	CHECK_STR(steps(), "aqmask policy");
}

static void test_single_queue_by_override(void)
{
	struct reserve_wish wish = wish_of(false, "", "", "04.0002");

	begin(true);
	accept(&wish);
	CHECK_INT(host.policy.mechanism, MECHANISM_OVERRIDES);
	CHECK(!host.policy.has_masks);
	expect_set(&host.take, "04.0002");
	expect_set(&collateral, "");
	CHECK_STR(steps(), "+04.0002 policy");
	wish.mechanism = MECHANISM_MASKS;
	accept(&wish);
	expect_set(&collateral, "05.0002,06.0002,07.0002");
}

static void test_what_is_in_force_decides(void)
{
	struct reserve_wish wish = wish_of(false, "", "", "04.0002");

	begin(true);
	set_masks("5", "");
	put_queue(&observed, 5, 2, "vfio_ap", "");
	accept(&wish);
	CHECK_INT(host.policy.mechanism, MECHANISM_MASKS);
	begin(true);
	put_queue(&observed, 6, 1, "vfio_ap", "vfio_ap");
	accept(&wish);
	CHECK_INT(host.policy.mechanism, MECHANISM_OVERRIDES);
	/* what another program has overridden is neither taken over nor given back */
	CHECK_STR(steps(), "+04.0002 policy");
}

static void test_same_again(void)
{
	struct reserve_wish wish = wish_of(false, "", "", "04.0002");

	for (int i = 0; i < 2; i++) {
		begin(i);
		accept(&wish);
		desired.policy = host.policy;
		if (i)
			put_queue(&observed, 4, 2, "vfio_ap", "vfio_ap");
		else
			set_masks("", "2");
		accept(&wish);
		CHECK_STR(steps(), "");
		expect_set(&collateral, "");
	}
}

static void test_release(void)
{
	struct reserve_wish wish = wish_of(true, "5", "", "");

	begin(false);
	set_masks("5,6", "");
	desired.policy.has_reservation = desired.policy.has_masks = true;
	desired.policy.mechanism = MECHANISM_MASKS;
	desired.policy.reserved.adapters = desired.policy.masks.adapters = mask_of("5,6");
	accept(&wish);
	expect_taken("06", "");
	CHECK_STR(steps(), "apmask policy");
	/* the last one: nothing is managed any more */
	wish = wish_of(true, "5,6", "", "");
	accept(&wish);
	expect_taken("", "");
	CHECK(!host.policy.has_reservation && !host.policy.has_masks);
	CHECK_INT(host.policy.mechanism, MECHANISM_UNDECIDED);
}

static void test_release_of_a_part(void)
{
	struct reserve_wish wish = wish_of(true, "", "", "05.0003");

	begin(false);
	set_masks("5", "");
	desired.policy.has_reservation = desired.policy.has_masks = true;
	desired.policy.mechanism = MECHANISM_MASKS;
	desired.policy.reserved.adapters = desired.policy.masks.adapters = mask_of("5");
	accept(&wish);
	/* by masks it cannot go back alone, and that is told */
	expect_taken("05", "");
	expect_set(&collateral, "05.0003");
	expect_ids(&host.policy.reserved.adapters, "");
	expect_set(&host.policy.reserved.queues, "05.0000-0002,05.0004-0007");
	/* by overrides it can */
	begin(true);
	for (unsigned int domain = 0; domain < 8; domain++)
		put_queue(&observed, 5, domain, "vfio_ap", "vfio_ap");
	desired.policy.has_reservation = true;
	desired.policy.mechanism = MECHANISM_OVERRIDES;
	desired.policy.reserved.adapters = mask_of("5");
	accept(&wish);
	expect_set(&host.give, "05.0003");
	CHECK_STR(steps(), "-05.0003 policy");
}

static void test_release_of_a_domain_part(void)
{
	struct reserve_wish wish = wish_of(true, "6", "", "");

	begin(true);
	for (unsigned int adapter = 4; adapter < 8; adapter++)
		put_queue(&observed, adapter, 1, "vfio_ap", "vfio_ap");
	desired.policy.has_reservation = true;
	desired.policy.mechanism = MECHANISM_OVERRIDES;
	desired.policy.reserved.domains = mask_of("1");
	accept(&wish);
	expect_ids(&host.policy.reserved.domains, "");
	expect_set(&host.policy.reserved.queues, "04.0001,05.0001,07.0001");
	CHECK_STR(steps(), "-06.0001 policy");
}

static void test_devices_keep_their_queues(void)
{
	struct reserve_wish wish = wish_of(true, "5", "", "");

	for (int i = 0; i < 2; i++) {
		begin(i);
		set_masks("5,6", "");
		put_device(&observed, 1, matrix_of("5", "1", ""), false);
		put_definition(&desired, 1, "web1", matrix_of("5", "1", ""), START_AUTO);
		refuse(&wish, PROBLEM_CONFLICT, "device web1 (00000000");
		CHECK_HAS(conflicts.items[0].message, "Queue 05.0001 cannot go back to the host while");
	}
	/* another queue of the adapter: nothing may go back of it, for the kernel would refuse */
	wish = wish_of(true, "", "", "05.0002");
	accept(&wish);
	expect_taken("05-06", "");
	expect_set(&collateral, "05.0002");
}

static void test_per_axis_rule(void)
{
	/* 05.0001 is free by its adapter and by its domain; a device has it. */
	struct reserve_wish wish = wish_of(true, "", "1", "");

	for (int i = 0; i < 2; i++) {
		begin(i);
		set_masks("5", "1,2");
		desired.policy.has_reservation = desired.policy.has_masks = true;
		desired.policy.mechanism = MECHANISM_MASKS;
		desired.policy.masks = desired.policy.reserved.adapters.word[0] ?
					       desired.policy.masks :
					       (struct mask_choice){ mask_of("5"), mask_of("1,2") };
		desired.policy.reserved.adapters = mask_of("5");
		desired.policy.reserved.domains = mask_of("1,2");
		put_device(&observed, 1, matrix_of("5", "2", ""), false);
		accept(&wish);
		expect_taken("05", "02");
		wish = wish_of(true, "6", "", "");
		accept(&wish);
		wish = wish_of(true, "", "1", "");
	}
}

static void test_between_the_mechanisms(void)
{
	struct reserve_wish wish = wish_of(false, "", "", "04.0001");

	begin(true);
	set_masks("", "1");
	for (unsigned int adapter = 4; adapter < 8; adapter++)
		put_queue(&observed, adapter, 1, "vfio_ap", "");
	desired.policy.has_reservation = desired.policy.has_masks = true;
	desired.policy.mechanism = MECHANISM_MASKS;
	desired.policy.masks.domains = mask_of("1");
	queue_set_add(&desired.policy.reserved.queues, (struct apqn){ 4, 1 });
	wish.mechanism = MECHANISM_OVERRIDES;
	accept(&wish);
	/* observed says vfio_ap still has it: the override is written all the same */
	CHECK_STR(steps(), "aqmask +04.0001 policy");
	put_device(&observed, 1, matrix_of("4", "1", ""), false);
	refuse(&wish, PROBLEM_CONFLICT, "'apqctl stop 00000000-0000-0000-0000-000000000001'");

	begin(true);
	put_queue(&observed, 4, 1, "vfio_ap", "vfio_ap");
	desired.policy.has_reservation = true;
	desired.policy.mechanism = MECHANISM_OVERRIDES;
	queue_set_add(&desired.policy.reserved.queues, (struct apqn){ 4, 1 });
	wish.mechanism = MECHANISM_MASKS;
	accept(&wish);
	CHECK_STR(steps(), "-04.0001(stays) aqmask policy");
	put_device(&observed, 1, matrix_of("4", "1", ""), false);
	refuse(&wish, PROBLEM_CONFLICT, "moving to the masks");
}

static void test_refusals(void)
{
	struct reserve_wish wish = wish_of(false, "5", "", "");

	begin(true);
	desired.policy.mechanism = MECHANISM_OBSERVE;
	refuse(&wish, PROBLEM_OTHER_MECHANISM, "\"observe\"");
	begin(true);
	desired.policy_bad = true;
	refuse(&wish, PROBLEM_BAD_POLICY, "host.json cannot be used");
	begin(false);
	wish.mechanism = MECHANISM_OVERRIDES;
	refuse(&wish, PROBLEM_OTHER_MECHANISM, "no driver_override");
	begin(true);
	put_queue(&observed, 5, 1, "cex4queue", "cex4queue");
	refuse(&wish, PROBLEM_OTHER_OVERRIDES, "Queue 05.0001");
	wish.mechanism = MECHANISM_MASKS;
	refuse(&wish, PROBLEM_OTHER_OVERRIDES, "Queue 05.0001");
	begin(true);
	observed.host.override_leaked = true;
	refuse(&wish, PROBLEM_OVERRIDE_LEAKED, "reboot");
	begin(true);
	wish = wish_of(false, "64", "", "");
	refuse(&wish, PROBLEM_ABOVE_MAXIMUM, "adapter");
	begin(true);
	observed.host.ap_bus = false;
	wish = wish_of(false, "5", "", "");
	refuse(&wish, PROBLEM_NOT_READY, "AP bus");
}

static void test_leak_leaves_overrides(void)
{
	struct reserve_wish wish = wish_of(false, "5", "", "");

	begin(true);
	observed.host.override_leaked = true;
	accept(&wish);
	CHECK_INT(host.policy.mechanism, MECHANISM_OVERRIDES);
}

static void test_restore(void)
{
	begin(true);
	restore();
	CHECK_STR(steps(), "");
	desired.policy.has_reservation = true;
	desired.policy.reserved.adapters = mask_of("5");
	restore();
	/* nothing said how: what was chosen is written down */
	CHECK_STR(steps(), "apmask policy");
	desired.policy = host.policy;
	restore();
	CHECK_STR(steps(), "apmask");
	/* what others took stays taken, and is no reason to write */
	set_masks("5,6", "");
	restore();
	CHECK_STR(steps(), "");
	/* a bit that the policy does not have yet is ours as soon as it is written */
	desired.policy.reserved.adapters = mask_of("5,7");
	restore();
	CHECK_STR(steps(), "apmask policy");
	expect_ids(&host.policy.masks.adapters, "05,07");
	desired.policy.reserved.adapters = mask_of("5");
	desired.policy.mechanism = MECHANISM_OBSERVE;
	set_masks("", "");
	restore();
	CHECK_STR(steps(), "");
	desired.policy.interrupts.gisa = 0;
	desired.policy.interrupts.poll_thread = 1;
	/* a bus with interrupts starts no poll thread */
	restore();
	CHECK_STR(steps(), "use_gisa=0");
	observed.host.interrupts = false;
	restore();
	CHECK_STR(steps(), "use_gisa=0 poll_thread=1");
	desired.policy_bad = true;
	restore();
	CHECK_STR(steps(), "");
}

static void test_invert(void)
{
	struct reserve_wish wish = wish_of(false, "", "", "04.0002");
	struct host_change back;

	begin(true);
	accept(&wish);
	host_change_invert(&observed, &desired, &host, &back);
	expect_set(&back.give, "04.0002");
	expect_set(&back.take, "");
	CHECK(host_policy_equal(&back.policy, &desired.policy) && back.write_policy);
	put_queue(&observed, 4, 2, "vfio_ap", "vfio_ap");
	desired.policy = host.policy;
	host = back;
	CHECK_STR(steps(), "-04.0002 policy");
}

static void test_leaves_to_host(void)
{
	struct reserve_wish wish = wish_of(false, "", "", "04.0002");

	begin(true);
	CHECK(host_change_leaves_to_host(&observed, NULL, (struct apqn){ 4, 2 }));
	accept(&wish);
	CHECK(!host_change_leaves_to_host(&observed, &host, (struct apqn){ 4, 2 }));
	CHECK(host_change_leaves_to_host(&observed, &host, (struct apqn){ 5, 2 }));
	/* an absent queue stays the host's where overrides decide, and not where masks do */
	wish = wish_of(false, "", "", "09.0002");
	wish.mechanism = MECHANISM_OVERRIDES;
	accept(&wish);
	CHECK(host_change_leaves_to_host(&observed, &host, (struct apqn){ 9, 2 }));
	wish.mechanism = MECHANISM_MASKS;
	accept(&wish);
	CHECK(!host_change_leaves_to_host(&observed, &host, (struct apqn){ 9, 2 }));
}

/* Both masks with bits that come and bits that go: clears before sets. */
static void test_order_of_masks(void)
{
	begin(false);
	set_masks("4", "0");
	host_change_init(&host);
	host.ownership = true;
	host.apmask = observed.host.apmask;
	host.aqmask = observed.host.aqmask;
	mask_set(&host.apmask, 4);
	mask_clear(&host.apmask, 5);
	mask_set(&host.aqmask, 0);
	mask_clear(&host.aqmask, 1);
	CHECK_STR(steps(), "apmask aqmask apmask aqmask");
}

static void test_foreseen_busy(void)
{
	for (int i = 0; i < 2; i++) {
		begin(i);
		set_masks("5", "1");
		put_device(&observed, 1, matrix_of("5", "1", ""), false);
		host_change_init(&host);
		host.ownership = true;
		host.apmask = observed.host.apmask;
		host.aqmask = observed.host.aqmask;
		mask_set(&host.apmask, 5);
		/* 6.12 lets the bit go, for aqmask still keeps the queue; 7.2 does not. */
		if (i)
			CHECK_HAS(steps(), "has queue 05.0001, and what a device has is not given back");
		else
			CHECK_STR(steps(), "apmask");
		mask_set(&host.aqmask, 1);
		CHECK_HAS(steps(), "has queue 05.0001");
	}
}

int main(void)
{
	desired = DESIRED_NONE;
	observed_init(&observed);
	RUN(test_whole_adapter);
	RUN(test_single_queue_by_masks);
	RUN(test_single_queue_by_override);
	RUN(test_what_is_in_force_decides);
	RUN(test_same_again);
	RUN(test_release);
	RUN(test_release_of_a_part);
	RUN(test_release_of_a_domain_part);
	RUN(test_devices_keep_their_queues);
	RUN(test_per_axis_rule);
	RUN(test_between_the_mechanisms);
	RUN(test_refusals);
	RUN(test_leak_leaves_overrides);
	RUN(test_restore);
	RUN(test_invert);
	RUN(test_leaves_to_host);
	RUN(test_order_of_masks);
	RUN(test_foreseen_busy);
	problems_done(&conflicts);
	observed_done(&observed);
	desired_done(&desired);
	return 0;
}
