/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reservations and releases against the simulated kernel, on random hosts with devices and with
 * other programs at work: what is planned without a conflict the kernel takes write by write;
 * in between no queue changes hands that is not meant to; at the end everything reserved is
 * out of the host's hands, no device has lost a queue, and collateral is what was told.  Undoing
 * from any point leads back.
 *
 * test-reserve-random [SEED]: the seed is printed, so that a failure can be repeated.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "daemon/model/ownership.h"
#include "daemon/plan/reserve.h"
#include "tests/sim/hotplug.h"
#include "tests/sim/observe.h"
#include "tests/sim/rules.h"
#include "tests/unit/check.h"
#include "tests/unit/model.h"

/* Few ids, so that things meet. */
enum {
	HOSTS = 300,
	CHANGES = 16,
	DEVICES = 3,
	IDS = 8
};

static uint64_t seed = 20261122;

static struct {
	struct sim_state *state;
	struct observed observed;
	struct desired desired;
	struct host_change host;
	struct queue_set collateral;
	struct mask_choice others;	/* bits that another program cleared, and nobody has set since */
} world;

/* What happened, so that a run in which nothing did cannot pass. */
static struct {
	unsigned int by_masks, by_overrides, moved, refused, unchanged, collateral, released, kept, stuck, others;
} seen;

/* xorshift64: the same numbers on every machine. */
static unsigned int random_below(unsigned int limit)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned int)((seed >> 32) % limit);
}

static bool one_in(unsigned int n)
{
	return random_below(n) == 0;
}

static int write_value(enum attribute attribute, struct apqn apqn, const char *value)
{
	struct attribute_write write = { .attribute = attribute, .apqn = apqn };

	snprintf(write.value, sizeof(write.value), "%s", value);
	return rules_write(world.state, &write);
}

static bool is_vfio(struct apqn apqn)
{
	return sim_get_queue(world.state, apqn)->driver == SIM_VFIO_AP;
}

/* As apply.c does it. */
static void hand_over(const struct step *step, bool forward)
{
	bool to_guests = step->to_guests == forward;
	char name[APQN_TEXT_SIZE];

	apqn_format(step->apqn, name);
	CHECK_INT(write_value(ATTRIBUTE_DRIVER_OVERRIDE, step->apqn, to_guests ? "vfio_ap" : "\n"), 0);
	if ((!step->rebind && !to_guests) || (to_guests && is_vfio(step->apqn)))
		return;
	/* nothing that a device has is ever unbound */
	CHECK(!is_vfio(step->apqn) || !sim_find_owner(world.state, step->apqn));
	if (sim_get_queue(world.state, step->apqn)->driver != SIM_UNBOUND)
		CHECK_INT(write_value(ATTRIBUTE_UNBIND, step->apqn, name), 0);
	CHECK_INT(write_value(ATTRIBUTE_DRIVERS_PROBE, step->apqn, name), 0);
	CHECK(is_vfio(step->apqn) == to_guests);
}

static void carry_out(const struct step *step, bool forward)
{
	if (step->kind == STEP_HAND_OVER)
		hand_over(step, forward);
	else if (step->kind == STEP_WRITE)
		CHECK_INT(rules_write(world.state, forward ? &step->write : &step->undo), 0);
}

/* The queues that vfio_ap has. */
static void find_guests(struct queue_set *set)
{
	memset(set, 0, sizeof(*set));
	for (unsigned int adapter = 0; adapter < IDS; adapter++)
		for (unsigned int domain = 0; domain < IDS; domain++) {
			struct apqn apqn = { adapter, domain };

			if (sim_get_queue(world.state, apqn) && is_vfio(apqn))
				queue_set_add(set, apqn);
		}
}

static void expect_within(const struct queue_set *low, const struct queue_set *now,
			  const struct queue_set *high)
{
	for (unsigned int adapter = 0; adapter < IDS; adapter++) {
		CHECK(mask_is_subset(&now->domains[adapter], &high->domains[adapter]));
		CHECK(mask_is_subset(&low->domains[adapter], &now->domains[adapter]));
	}
}

/* The kernel of 7.2 takes no bit back whose adapter or domain a device names; that is foreseen. */
static bool can_go_back(const struct host_change *back)
{
	CLEANUP_PLAN struct plan plan = { 0 };
	struct change change = { .host = *back };

	CHECK_INT(observe_all(world.state, &world.observed, NULL), 0);
	plan_make(&world.observed, &world.desired, &change, &plan);
	seen.stuck += plan.conflicts.count > 0;
	return plan.conflicts.count == 0;
}

/*
 * Where only one mechanism is at work, a queue is the guests' all the time if it was and will be,
 * and none of the time if it was not and will not be.
 */
static void check_way(const struct plan *plan, const struct queue_set *before, bool is_move)
{
	struct host_change back;
	struct queue_set after, low, high, now;

	host_change_invert(&world.observed, &world.desired, &world.host, &back);
	for (size_t i = 0; i < plan->count; i++)
		carry_out(&plan->steps[i], true);
	find_guests(&after);
	if (!can_go_back(&back))
		return;
	high = *before;
	queue_set_add_all(&high, &after);
	for (unsigned int adapter = 0; adapter < APQN_IDS; adapter++)
		low.domains[adapter] = mask_and(&before->domains[adapter], &after.domains[adapter]);
	for (size_t i = plan->count; i-- > 0;) {
		if (plan->steps[i].kind != STEP_WRITE_POLICY)
			carry_out(&plan->steps[i], false);
		find_guests(&now);
		if (!is_move)
			expect_within(&low, &now, &high);
	}
	CHECK(queue_set_equal(&now, before) || plan->count == 0);
	for (size_t i = 0; i < plan->count; i++) {
		carry_out(&plan->steps[i], true);
		find_guests(&now);
		if (!is_move)
			expect_within(&low, &now, &high);
	}
}

static void check_devices(const struct sim_device *devices, uint32_t count)
{
	CHECK_INT(world.state->devices_count, count);
	for (uint32_t i = 0; i < count; i++) {
		CHECK(matrix_equal(&world.state->devices[i].matrix, &devices[i].matrix));
		MATRIX_FOR_EACH_QUEUE(adapter, domain, &devices[i].matrix) {
			struct apqn apqn = { adapter, domain };

			CHECK(!sim_get_queue(world.state, apqn) || is_vfio(apqn));
		}
	}
}

/* apqd never sets or owns a bit that it did not clear. */
static void check_others(void)
{
	struct mask_choice cleared = {
		.adapters = mask_complement(&world.state->apmask),
		.domains = mask_complement(&world.state->aqmask),
	};

	CHECK(mask_choice_is_subset(&world.others, &cleared));
	cleared = mask_choice_minus(&world.others, &world.host.policy.masks);
	CHECK(!world.host.policy.has_masks || mask_choice_is_subset(&world.others, &cleared));
	seen.others += !mask_choice_is_empty(&world.others);
}

static void check_result(const struct reserve_wish *wish, const struct queue_set *before,
			 bool is_move)
{
	const struct host_policy *policy = &world.host.policy;
	struct queue_set now, asked = { 0 }, extra;

	CHECK_INT(observe_all(world.state, &world.observed, NULL), 0);
	find_guests(&now);
	for (unsigned int adapter = 0; adapter < IDS; adapter++)
		for (unsigned int domain = 0; domain < IDS; domain++) {
			struct apqn apqn = { adapter, domain };
			bool present = sim_get_queue(world.state, apqn);

			if (present && reservation_has(&wish->what, apqn))
				queue_set_add(&asked, apqn);
			/* a release takes nothing, also not what somebody gave to the host meanwhile */
			if (wish->release && !is_move && !queue_set_has(before, apqn))
				CHECK(!queue_set_has(&now, apqn));
			else if (present && reservation_has(&policy->reserved, apqn))
				CHECK(queue_set_has(&now, apqn) &&
				      !ownership_is_hosts(&world.observed, apqn));
		}
	/* what came to the guests and was not asked for, or was to go and stayed, is what was told */
	extra = now;
	queue_set_remove_all(&extra, before);
	for (unsigned int adapter = 0; adapter < IDS; adapter++)
		for (unsigned int domain = 0; domain < IDS; domain++)
			if (reservation_has(&world.desired.policy.reserved,
					    (struct apqn){ adapter, domain }))
				queue_set_remove(&extra, (struct apqn){ adapter, domain });
	for (unsigned int adapter = 0; adapter < APQN_IDS; adapter++) {
		struct mask stayed = mask_and(&now.domains[adapter], &asked.domains[adapter]);

		extra.domains[adapter] = wish->release ?
						 mask_or(&extra.domains[adapter], &stayed) :
						 mask_minus(&extra.domains[adapter],
							    &asked.domains[adapter]);
	}
	if (policy->mechanism != MECHANISM_OVERRIDES && !(wish->release && !policy->has_reservation))
		expect_within(&extra, &world.collateral, &extra);
	seen.collateral += !queue_set_is_empty(&extra);
}

static struct reserve_wish random_wish(void)
{
	static const enum ownership_mechanism mechanisms[] = { MECHANISM_UNDECIDED, MECHANISM_UNDECIDED,
							       MECHANISM_MASKS,
							       MECHANISM_OVERRIDES };
	struct reserve_wish wish = { .release = one_in(3) };
	bool whole = one_in(2);

	for (unsigned int id = 0; whole && id < IDS; id++) {
		if (one_in(6))
			mask_set(&wish.what.adapters, id);
		if (one_in(8))
			mask_set(&wish.what.domains, id);
	}
	for (unsigned int i = whole ? 0 : 1 + random_below(5); i > 0; i--)
		queue_set_add(&wish.what.queues, (struct apqn){ random_below(IDS), random_below(IDS) });
	wish.mechanism = mechanisms[random_below(4)];
	return wish;
}

static void make_change(void)
{
	struct reserve_wish wish = random_wish();
	enum ownership_mechanism was = world.desired.policy.mechanism;
	CLEANUP_PROBLEMS struct problems conflicts = { 0 };
	CLEANUP_PLAN struct plan plan = { 0 };
	struct sim_device devices[DEVICES];
	struct queue_set before;
	struct change change = { 0 };
	uint32_t count = world.state->devices_count;
	bool is_move;

	memcpy(devices, world.state->devices, count * sizeof(devices[0]));
	memset(&world.collateral, 0, sizeof(world.collateral));
	CHECK_INT(observe_all(world.state, &world.observed, NULL), 0);
	CHECK_INT(reserve_make(&world.observed, &world.desired, &wish, &world.host, &world.collateral,
			       &conflicts), 0);
	if (conflicts.count) {
		seen.refused++;
		return;
	}
	change.host = world.host;
	plan_make(&world.observed, &world.desired, &change, &plan);
	CHECK(!plan.no_memory);
	if (plan.conflicts.count)
		CHECK_FAIL("planned and refused: %s", plan.conflicts.items[0].message);
	find_guests(&before);
	is_move = ownership_kind(&world.observed) ==
		  (world.host.policy.mechanism == MECHANISM_MASKS ? OWNERSHIP_OVERRIDES :
								     OWNERSHIP_MASKS);
	check_way(&plan, &before, is_move);
	check_result(&wish, &before, is_move);
	check_others();
	check_devices(devices, count);
	plan_done(&plan);
	plan_make(&world.observed, &world.desired, &change, &plan);
	for (size_t i = 0; i < plan.count; i++)
		CHECK(!step_is_of_kernel(&plan.steps[i]));
	seen.unchanged += plan.count == 0;
	world.desired.policy = world.host.policy;
	seen.by_masks += world.host.policy.mechanism == MECHANISM_MASKS;
	seen.by_overrides += world.host.policy.mechanism == MECHANISM_OVERRIDES;
	seen.moved += was != MECHANISM_UNDECIDED &&
		      world.host.policy.mechanism != MECHANISM_UNDECIDED &&
		      was != world.host.policy.mechanism;
	seen.released += wish.release;
	seen.kept += wish.release && !queue_set_is_empty(&world.collateral);
}

/* A device comes with what it can have, or one goes. */
static void change_device(void)
{
	struct attribute_write write = { .uuid = uuid_of(random_below(DEVICES)) };
	struct matrix matrix = { 0 };

	if (sim_get_device(world.state, &write.uuid)) {
		write.attribute = ATTRIBUTE_REMOVE;
		strcpy(write.value, "1");
		CHECK_INT(rules_write(world.state, &write), 0);
		return;
	}
	write.attribute = ATTRIBUTE_CREATE;
	snprintf(write.value, sizeof(write.value), "%s", write.uuid.text);
	CHECK_INT(rules_write(world.state, &write), 0);
	for (unsigned int i = 0; i < 3; i++) {
		mask_set(&matrix.adapters, random_below(IDS));
		mask_set(&matrix.domains, random_below(IDS));
		write.attribute = ATTRIBUTE_AP_CONFIG;
		matrix_format(&matrix, write.value);
		/* what is the host's or another device's is refused: then it stays as it is */
		(void)!rules_write(world.state, &write);
	}
}

/* Another program changes a bit; where apqd cleared it before, it stays apqd's. */
static void change_mask(void)
{
	bool adapters = one_in(2), sets = one_in(2);
	struct mask *mask = adapters ? &world.state->apmask : &world.state->aqmask;
	struct mask *others = adapters ? &world.others.adapters : &world.others.domains;
	const struct mask *own = adapters ? &world.desired.policy.masks.adapters :
					    &world.desired.policy.masks.domains;
	unsigned int id = random_below(IDS);
	bool was = mask_test(mask, id);
	char value[16];

	snprintf(value, sizeof(value), "%c%u", sets ? '+' : '-', id);
	if (write_value(adapters ? ATTRIBUTE_APMASK : ATTRIBUTE_AQMASK, (struct apqn){ 0, 0 }, value) < 0)
		return;
	if (sets)
		mask_clear(others, id);
	else if (was && !mask_test(own, id))
		mask_set(others, id);
}

static void disturb(void)
{

	if (one_in(2))
		change_device();
	if (one_in(5))
		change_mask();
	if (one_in(8)) {
		hotplug_plug(world.state, random_below(IDS), one_in(2));
		hotplug_scan(world.state);
	}
}

static void make_host(void)
{
	struct sim_config config = sim_config_default();
	bool is_new = one_in(2);

	config.cards = 1 + random_below(IDS);
	config.domains = 1 + random_below(IDS);
	config.has_override = config.mask_rules_per_axis = is_new;
	snprintf(config.kernel, sizeof(config.kernel), "%s", is_new ? "7.2" : "6.12");
	sim_state_init(world.state, &config);
	hotplug_scan(world.state);
	world.desired = DESIRED_NONE;
	world.others = (struct mask_choice){ 0 };
}

static void test_reservations(void)
{
	world.state = malloc(sizeof(*world.state));
	CHECK(world.state);
	for (unsigned int i = 0; i < HOSTS; i++) {
		make_host();
		observed_init(&world.observed);
		for (unsigned int j = 0; j < CHANGES; j++) {
			make_change();
			disturb();
		}
		observed_done(&world.observed);
	}
	free(world.state);
}

static void test_everything_was_seen(void)
{
	printf("# %u by masks, %u by overrides, %u moved, %u refused, %u with nothing to do, %u with "
	       "collateral, %u releases, of which %u could not give all; %u that "
	       "could not be undone\n",
	       seen.by_masks, seen.by_overrides, seen.moved, seen.refused, seen.unchanged,
	       seen.collateral, seen.released, seen.kept, seen.stuck);
	CHECK(seen.by_masks > HOSTS && seen.by_overrides > HOSTS / 4 && seen.moved > HOSTS / 20);
	CHECK(seen.refused > HOSTS && seen.unchanged > HOSTS / 4 && seen.collateral > HOSTS / 2);
	CHECK(seen.others > HOSTS);
	CHECK(seen.released > HOSTS / 2 && seen.kept > HOSTS / 10);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		seed = strtoull(argv[1], NULL, 0);
	if (seed == 0) {
		fputs("test-reserve-random: the seed must be a number other than 0.\n", stderr);
		return 2;
	}
	printf("# seed %" PRIu64 "\n", seed);
	fflush(stdout);
	RUN(test_reservations);
	RUN(test_everything_was_seen);
	return 0;
}
