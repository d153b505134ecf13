/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Plans against the simulated kernel, on random hosts with random changes: what the plan takes for
 * possible the kernel accepts step by step, what it refuses the kernel refuses for one of the
 * reasons given, and undoing restores what was.  With and without ap_config, by masks and by
 * overrides, by the rules of 6.12 and 7.2.
 *
 * test-plan-random [SEED]: the seed is printed, so that a failure can be repeated.
 */
#include <errno.h>
#include <inttypes.h>

#include "daemon/plan/conflict.h"
#include "daemon/model/ownership.h"
#include "daemon/plan/plan.h"
#include "tests/sim/hotplug.h"
#include "tests/sim/observe.h"
#include "tests/sim/rules.h"
#include "tests/unit/check.h"
#include "tests/unit/model.h"

/* Few ids, so that things meet: adapters and domains 0 to 11, of which up to 8 are there. */
enum {
	HOSTS = 400,
	CHANGES = 20,
	DEVICES = 4,
	IDS_MAX = 11
};

static uint64_t seed = 20261122;

static struct {
	struct sim_state *state;
	struct observed observed;
	struct desired desired;
	bool by_overrides;
} world;

/* What happened, so that a run in which nothing did cannot pass. */
static struct {
	unsigned int accepted, refused, host_owned, in_device, above, undone, forced, stopped,
		unchanged, exchanged, not_exchanged;
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

/* Gives one queue to a driver by name, as an administrator of 7.2 does. */
static void override_queue(struct apqn apqn, const char *driver)
{
	char name[APQN_TEXT_SIZE];

	apqn_format(apqn, name);
	if (write_value(ATTRIBUTE_DRIVER_OVERRIDE, apqn, driver) < 0)
		return;
	/* sometimes the other steps are forgotten, or half of them */
	if (!one_in(6) && write_value(ATTRIBUTE_UNBIND, apqn, name) == 0 && !one_in(6))
		CHECK_INT(write_value(ATTRIBUTE_DRIVERS_PROBE, apqn, name), 0);
}

static void change_masks(void)
{
	char value[16];

	snprintf(value, sizeof(value), "%c%u", one_in(8) ? '+' : '-', random_below(IDS_MAX + 1));
	/* the kernel may refuse: then the mask stays as it is */
	(void)!write_value(one_in(2) ? ATTRIBUTE_APMASK : ATTRIBUTE_AQMASK, (struct apqn){ 0, 0 },
			   value);
}

static void change_ownership(void)
{
	static const char *const drivers[] = { "vfio_ap", "vfio_ap",   "vfio_ap",
					       "vfio_ap", "cex4queue", "" };

	if (world.by_overrides)
		override_queue((struct apqn){ random_below(8), random_below(8) },
			       drivers[random_below(ARRAY_SIZE(drivers))]);
	else
		change_masks();
}

static void make_host(void)
{
	struct sim_config config = sim_config_default();
	bool is_new = one_in(2);

	world.by_overrides = is_new && one_in(2);
	config.cards = 1 + random_below(8);
	config.domains = 1 + random_below(8);
	config.max_adapter = IDS_MAX;
	config.max_domain = IDS_MAX;
	config.has_override = config.mask_rules_per_axis = is_new;
	/* there is no kernel with overrides and without ap_config */
	config.has_ap_config = world.by_overrides || one_in(2);
	snprintf(config.kernel, sizeof(config.kernel), "%s", is_new ? "7.2" : "6.12");
	sim_state_init(world.state, &config);
	hotplug_scan(world.state);
	/* where nothing is the host's, devices are in each other's way */
	if (!world.by_overrides && one_in(2))
		CHECK_INT(write_value(ATTRIBUTE_AQMASK, (struct apqn){ 0, 0 }, "-0-255"), 0);
	for (unsigned int i = 0; i < (world.by_overrides ? 80u : 16u); i++)
		change_ownership();
}

static struct mask random_mask(unsigned int odds)
{
	/* one id more than there can be, now and then */
	unsigned int highest = IDS_MAX + (one_in(8) ? 1 : 0);
	struct mask mask = { 0 };

	for (unsigned int id = 0; id <= highest; id++)
		if (one_in(odds))
			mask_set(&mask, id);
	return mask;
}

static struct matrix random_matrix(const struct matrix *old)
{
	struct matrix random = { random_mask(6), random_mask(6), random_mask(8) };

	switch (random_below(4)) {
	case 0:
		return matrix_or(old, &random);
	case 1:
		return matrix_minus(old, &random);
	case 2:
		return *old;
	default:
		return random;
	}
}

/* What devices there are, with what: all of the state that a refusal must leave alone. */
struct devices {
	uint32_t count;
	struct sim_device device[DEVICES];
};

static struct devices remember(void)
{
	struct devices devices = { .count = world.state->devices_count };

	CHECK(devices.count <= DEVICES);
	memcpy(devices.device, world.state->devices, devices.count * sizeof(devices.device[0]));
	return devices;
}

static void expect_same(const struct devices *devices)
{
	CHECK_INT(world.state->devices_count, devices->count);
	for (uint32_t i = 0; i < devices->count; i++) {
		const struct sim_device *now =
			sim_get_device(world.state, &devices->device[i].uuid);

		CHECK(now && matrix_equal(&now->matrix, &devices->device[i].matrix));
	}
}

static void undo_steps(const struct plan *plan, size_t done)
{
	while (done > 0) {
		CHECK(plan->steps[--done].has_undo);
		CHECK_INT(rules_write(world.state, &plan->steps[done].undo), 0);
	}
}

/* The kernel's answer is one of the reasons that the plan gave. */
static void check_reason(const struct plan *plan, int error)
{
	bool found = false;

	for (size_t i = 0; i < plan->conflicts.count; i++) {
		const char *code = plan->conflicts.items[i].code;

		/*
		 * The host keeps ids above the maximum as well, and one problem about them is
		 * enough.
		 */
		if (error == -EADDRNOTAVAIL)
			found |= strcmp(code, PROBLEM_HOST_OWNED) == 0 ||
				 strcmp(code, PROBLEM_ABSENT) == 0 ||
				 strcmp(code, PROBLEM_ABOVE_MAXIMUM) == 0;
		else if (error == -EADDRINUSE)
			found |= strcmp(code, PROBLEM_CONFLICT) == 0;
		else if (error == -ENODEV)
			found |= strcmp(code, PROBLEM_ABOVE_MAXIMUM) == 0;
	}
	if (!found)
		CHECK_FAIL("the kernel's answer %d was not foreseen", error);
	seen.host_owned += error == -EADDRNOTAVAIL;
	seen.in_device += error == -EADDRINUSE;
	seen.above += error == -ENODEV;
}

static void check_refused(const struct plan *plan)
{
	struct devices before = remember();
	size_t done = 0;
	int r = 0;

	while (done < plan->count && r == 0) {
		r = rules_write(world.state, &plan->steps[done].write);
		done += r == 0;
	}
	if (r == 0)
		CHECK_FAIL("the kernel accepts what the plan refuses: %s",
			   plan->conflicts.items[0].message);
	if (world.state->config.has_ap_config)
		CHECK_INT(plan->steps[done].write.attribute, ATTRIBUTE_AP_CONFIG);
	check_reason(plan, r);
	undo_steps(plan, done);
	expect_same(&before);
	seen.refused++;
}

/* A matrix that became impossible meanwhile (an override took a queue away) cannot come back. */
static bool can_come_back(const struct uuid *uuid)
{
	const struct observed_device *device = observed_find_device(&world.observed, uuid);
	CLEANUP_PROBLEMS struct problems conflicts = { 0 };

	if (!device)
		return true;
	conflict_find(&world.observed, &world.desired, uuid, &device->active,
			    &conflicts);
	CHECK(conflicts.count == 0 || world.by_overrides);
	return conflicts.count == 0;
}

static void check_undo(const struct plan *plan, const struct change *change)
{
	struct devices before = remember();
	size_t steps = random_below((unsigned int)plan->count + 1);

	for (size_t i = 0; i < change->count; i++)
		if (!can_come_back(&change->devices[i].uuid))
			return;
	for (size_t i = 0; i < steps; i++)
		CHECK_INT(rules_write(world.state, &plan->steps[i].write), 0);
	undo_steps(plan, steps);
	expect_same(&before);
	seen.undone += steps > 0;
}

/* What we would compute of the guest's matrix is what the kernel has just computed. */
static void check_effective(const struct uuid *uuid)
{
	const struct sim_device *device = sim_get_device(world.state, uuid);
	struct observed_device copy;
	struct matrix effective;

	CHECK_INT(observe_all(world.state, &world.observed, NULL), 0);
	copy = *observed_find_device(&world.observed, uuid);
	copy.guest_known = false;
	effective = ownership_effective(&world.observed, &copy);
	if (!matrix_equal(&effective, &device->shadow))
		CHECK_FAIL("the guest would get %s, and not %s", matrix_describe(&device->shadow),
			   matrix_describe(&effective));
}

static void check_device(const struct device_change *change, bool is_written)
{
	const struct sim_device *device = sim_get_device(world.state, &change->uuid);

	if (!change->live)
		return;
	CHECK_INT(device != NULL, change->started);
	if (device)
		CHECK(matrix_equal(&device->matrix, &change->active));
	if (device && is_written && world.state->config.has_ap_config)
		check_effective(&change->uuid);
}

static void check_accepted(const struct plan *plan, const struct change *change)
{
	for (size_t i = 0; i < plan->count; i++) {
		int r = rules_write(world.state, &plan->steps[i].write);

		if (r != 0)
			CHECK_FAIL("the kernel refuses %s with %d",
				   attribute_name(plan->steps[i].write.attribute), r);
	}
	for (size_t i = 0; i < change->count; i++)
		check_device(&change->devices[i], plan->count > 0);
	seen.accepted += plan->count > 0;
	seen.unchanged += plan->count == 0;
}

static void stop_in_use(const struct plan *plan, const struct sim_device *device)
{
	uint64_t serial = device->serial;

	CHECK_INT(plan->count, 1);
	CHECK_INT(rules_write(world.state, &plan->steps[0].write), MDEV_WAIT);
	CHECK(sim_get_device(world.state, &plan->steps[0].write.uuid));
	world.state->holders[0].serial = 0;
	mdev_closed(world.state, serial);
	CHECK(!sim_get_device(world.state, &plan->steps[0].write.uuid));
	seen.stopped++;
}

static void make_change(void)
{
	struct change change =
		change_of((struct device_change){ .uuid = uuid_of(random_below(DEVICES)),
						  .live = true,
						  .started = !one_in(6) });
	const struct sim_device *device = sim_get_device(world.state, &change.devices->uuid);
	struct matrix none = { 0 };
	CLEANUP_PLAN struct plan plan = { 0 };
	bool is_open = device && one_in(4);

	/* somebody has it open: any process that lives will do */
	world.state->holders[0] =
		(struct sim_holder){ .serial = is_open ? device->serial : 0, .pid = 1 };
	if (change.devices->started)
		change.devices->active = random_matrix(device ? &device->matrix : &none);
	CHECK_INT(observe_all(world.state, &world.observed, NULL), 0);
	plan_make(&world.observed, &world.desired, &change, &plan);
	CHECK(!plan.no_memory);
	if (plan.in_use) {
		CHECK(is_open);
		plan_done(&plan);
		change.force = true;
		plan_make(&world.observed, &world.desired, &change, &plan);
		CHECK(!plan.in_use);
		seen.forced++;
	}
	CHECK_INT(plan.waits, is_open && !change.devices->started);
	if (plan.conflicts.count > 0) {
		check_refused(&plan);
	} else if (plan.waits) {
		stop_in_use(&plan, device);
	} else {
		if (change.devices->started)
			check_undo(&plan, &change);
		check_accepted(&plan, &change);
	}
	world.state->holders[0].serial = 0;
}

/* Several devices at once: each gets something else, or what another one has, or goes. */
static void make_exchange(void)
{
	unsigned int shift = random_below(DEVICES);
	CLEANUP_CHANGE struct change change;
	CLEANUP_PLAN struct plan plan = { 0 };
	bool can_go_back = true;

	change_init(&change);
	CHECK_INT(change_set_count(&change, DEVICES), 0);
	CHECK_INT(observe_all(world.state, &world.observed, NULL), 0);
	for (unsigned int i = 0; i < DEVICES; i++) {
		struct device_change *device = &change.devices[i];
		struct uuid other = uuid_of((i + shift) % DEVICES);
		const struct sim_device *theirs = sim_get_device(world.state, &other);
		const struct matrix none = { 0 };

		device->uuid = uuid_of(i);
		can_go_back &= can_come_back(&device->uuid);
		device->live = !one_in(8);
		device->started = !one_in(8);
		if (device->started)
			device->active = !theirs || one_in(8) ? random_matrix(&none) : theirs->matrix;
	}
	plan_make(&world.observed, &world.desired, &change, &plan);
	CHECK(!plan.no_memory && !plan.in_use);
	if (plan.conflicts.count > 0 && can_go_back) {
		check_refused(&plan);
		seen.not_exchanged++;
	} else if (plan.conflicts.count == 0) {
		check_undo(&plan, &change);
		check_accepted(&plan, &change);
		seen.exchanged += shift > 0 && plan.count > 2;
	}
}

static void disturb(void)
{
	if (one_in(3))
		change_ownership();
	if (one_in(6)) {
		if (one_in(2))
			hotplug_plug(world.state, random_below(9), one_in(2));
		else
			hotplug_domain(world.state, random_below(9), one_in(2));
		hotplug_scan(world.state);
	}
}

static void test_plans(void)
{
	world.state = malloc(sizeof(*world.state));
	CHECK(world.state);
	for (unsigned int i = 0; i < HOSTS; i++) {
		make_host();
		observed_init(&world.observed);
		for (unsigned int j = 0; j < CHANGES; j++) {
			make_change();
			disturb();
			if (one_in(4))
				make_exchange();
		}
		observed_done(&world.observed);
	}
	free(world.state);
}

static void test_everything_was_seen(void)
{
	printf("# %u accepted, %u refused (%u host, %u device, %u maximum), %u undone, %u forced, %u stopped, "
	       "%u unchanged; of several devices %u accepted, %u refused\n",
	       seen.accepted, seen.refused, seen.host_owned, seen.in_device, seen.above,
	       seen.undone, seen.forced, seen.stopped, seen.unchanged, seen.exchanged,
	       seen.not_exchanged);
	CHECK(seen.accepted > HOSTS && seen.refused > HOSTS && seen.undone > HOSTS / 2);
	CHECK(seen.host_owned > HOSTS / 4 && seen.in_device > HOSTS / 4 && seen.above > HOSTS / 8);
	CHECK(seen.forced > HOSTS / 8 && seen.stopped > HOSTS / 16 && seen.unchanged > HOSTS / 4);
	CHECK(seen.exchanged > HOSTS / 4 && seen.not_exchanged > HOSTS / 4);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		seed = strtoull(argv[1], NULL, 0);
	if (seed == 0) {
		fputs("test-plan-random: the seed must be a number other than 0.\n", stderr);
		return 2;
	}
	printf("# seed %" PRIu64 "\n", seed);
	fflush(stdout);
	RUN(test_plans);
	RUN(test_everything_was_seen);
	return 0;
}
