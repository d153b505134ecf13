/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The simulated kernel's interrupts, for host and guests, and the masks that it boots with.
 */
#include <errno.h>

#include "tests/sim/interrupts.h"
#include "tests/unit/sim.h"

/* What the daemon sees of the host. */
static struct observed_host read_host(struct fixture *fixture)
{
	CLEANUP(observed_done) struct observed observed;

	observed_init(&observed);
	CHECK_INT(kernel_read_host(fixture->kernel, &observed), 0);
	return observed.host;
}

static void masks_of_the_command_line_are_in_force(void)
{
	struct observed_host host;
	struct fixture fixture;

	start_with(&fixture, "boot-apmask", "+0-2");
	host = read_host(&fixture);
	CHECK(host.has_boot_apmask && !host.has_boot_aqmask);
	CHECK_INT(mask_count(&host.boot_apmask), 3);
	CHECK(mask_equal(&host.apmask, &host.boot_apmask));
	CHECK_INT(mask_count(&host.aqmask), 256);
	/* they are those of the boot, whatever is written later */
	CHECK_INT(write_value(&fixture, ATTRIBUTE_APMASK, "-1"), 0);
	host = read_host(&fixture);
	CHECK_INT(mask_count(&host.boot_apmask), 3);
	CHECK_INT(mask_count(&host.apmask), 2);
	done(&fixture);
	start_with(&fixture, "boot-aqmask", "nonsense");
	host = read_host(&fixture);
	CHECK(host.has_boot_aqmask);
	CHECK(mask_is_empty(&host.boot_aqmask) && mask_is_empty(&host.aqmask));
	done(&fixture);
}

static void polling_is_set(void)
{
	struct observed_host host;
	struct fixture fixture;

	start(&fixture);
	host = read_host(&fixture);
	CHECK_INT(host.poll_thread, 0);
	CHECK_INT(host.poll_timeout, 250000);
	CHECK_INT(write_value(&fixture, ATTRIBUTE_POLL_TIMEOUT, "0x10"), 0);
	run_loop(&fixture);
	CHECK_INT(fixture.events[KERNEL_EVENT_HOST], 1);
	CHECK_INT(write_value(&fixture, ATTRIBUTE_POLL_TIMEOUT, "120000000001"), -EINVAL);
	/* taken, and without effect */
	CHECK_INT(write_value(&fixture, ATTRIBUTE_POLL_THREAD, "1"), 0);
	host = read_host(&fixture);
	CHECK_INT(host.poll_thread, 0);
	CHECK_INT(host.poll_timeout, 16);
	done(&fixture);
}

static void a_host_without_interrupts_polls(void)
{
	CLEANUP(observed_done) struct observed observed;
	struct observed_host host;
	struct fixture fixture;

	start_with(&fixture, "without", "interrupts");
	CHECK_INT(write_value(&fixture, ATTRIBUTE_POLL_THREAD, "on"), 0);
	host = read_host(&fixture);
	CHECK_INT(host.interrupts, false);
	CHECK_INT(host.poll_thread, 1);
	CHECK_INT(write_value(&fixture, ATTRIBUTE_POLL_THREAD, "2"), -EINVAL);
	CHECK_INT(write_value(&fixture, ATTRIBUTE_POLL_THREAD, "no"), 0);
	CHECK_INT(read_host(&fixture).poll_thread, 0);
	observed_init(&observed);
	CHECK_INT(kernel_scan(fixture.kernel, &observed), 0);
	CHECK_INT(observed.queue[0][0].interrupt, 0);
	done(&fixture);
}

static void load_kvm(struct fixture *fixture, bool on)
{
	struct sim_state *state = sim_begin(fixture->sim);

	interrupts_load_kvm(state, on);
	sim_note_host(state);
	sim_commit(fixture->sim);
}

static void kvm_comes_and_goes(void)
{
	struct fixture fixture;

	start(&fixture);
	CHECK_INT(write_value(&fixture, ATTRIBUTE_USE_GISA, "maybe"), -EINVAL);
	CHECK_INT(write_value(&fixture, ATTRIBUTE_USE_GISA, "off"), 0);
	CHECK_INT(read_host(&fixture).gisa, 0);
	CHECK_INT(read_host(&fixture).facility65, 1);
	load_kvm(&fixture, false);
	CHECK_INT(read_host(&fixture).gisa, -1);
	CHECK_INT(read_host(&fixture).facility65, -1);
	CHECK_INT(write_value(&fixture, ATTRIBUTE_USE_GISA, "1"), -ENOENT);
	/* its parameters come with their defaults */
	load_kvm(&fixture, true);
	CHECK_INT(read_host(&fixture).gisa, 1);
	done(&fixture);
}

static unsigned int ask(struct fixture *fixture, struct apqn apqn, enum interrupts_request request)
{
	struct sim_state *state = sim_begin(fixture->sim);
	unsigned int answer;
	struct uuid uuid;

	CHECK_INT(uuid_parse(UUID_A, &uuid), 0);
	answer = interrupts_aqic(state, sim_get_device(state, &uuid), apqn, request);
	sim_commit(fixture->sim);
	return answer;
}

static bool has_interrupt(struct fixture *fixture, struct apqn apqn)
{
	bool has = sim_lock(fixture->sim)->queue[apqn.adapter][apqn.domain].interrupt;

	sim_unlock(fixture->sim);
	return has;
}

static void a_guest_switches_interrupts(void)
{
	static const struct apqn own = { 1, 1 }, other = { 1, 2 };
	struct fixture fixture;
	pid_t guest;

	start(&fixture);
	make_device(&fixture);
	CHECK_INT(ask(&fixture, own, INTERRUPTS_ON), 0x01);
	guest = start_guest(&fixture);
	CHECK_INT(ask(&fixture, own, INTERRUPTS_ON), 0x00);
	CHECK(has_interrupt(&fixture, own));
	CHECK_INT(ask(&fixture, own, INTERRUPTS_ON), 0x07);
	CHECK_INT(ask(&fixture, other, INTERRUPTS_ON), 0x01);
	CHECK_INT(ask(&fixture, own, INTERRUPTS_OFF), 0x00);
	CHECK(!has_interrupt(&fixture, own));
	CHECK_INT(ask(&fixture, own, INTERRUPTS_OFF), 0x07);
	CHECK_INT(ask(&fixture, own, INTERRUPTS_ON_BAD_BYTE), 0x06);
	mask_set(&sim_begin(fixture.sim)->hardware.deconfigured, 1);
	sim_commit(fixture.sim);
	CHECK_INT(ask(&fixture, own, INTERRUPTS_ON), 0x03);
	mask_clear(&sim_begin(fixture.sim)->hardware.deconfigured, 1);
	sim_commit(fixture.sim);
	CHECK_INT(ask(&fixture, own, INTERRUPTS_ON), 0x00);
	/* what it had on is off when it is gone */
	kill(guest, SIGKILL);
	wait_for(guest);
	sim_lock(fixture.sim);
	sim_unlock(fixture.sim);
	CHECK(!has_interrupt(&fixture, own));
	done(&fixture);
}

/* What a guest can do is decided when its virtual machine is made. */
static void gisa_and_facility_are_the_virtual_machines(void)
{
	static const struct apqn own = { 1, 1 };
	struct fixture fixture;
	pid_t guest;

	start(&fixture);
	make_device(&fixture);
	CHECK_INT(write_value(&fixture, ATTRIBUTE_USE_GISA, "0"), 0);
	guest = start_guest(&fixture);
	CHECK_INT(write_value(&fixture, ATTRIBUTE_USE_GISA, "1"), 0);
	CHECK_INT(ask(&fixture, own, INTERRUPTS_ON), INTERRUPTS_USERSPACE);
	kill(guest, SIGKILL);
	wait_for(guest);
	sim_begin(fixture.sim)->kvm.facility65 = false;
	sim_commit(fixture.sim);
	guest = start_guest(&fixture);
	CHECK_INT(ask(&fixture, own, INTERRUPTS_ON), INTERRUPTS_SPECIFICATION);
	CHECK(!has_interrupt(&fixture, own));
	kill(guest, SIGKILL);
	wait_for(guest);
	done(&fixture);
}

int main(void)
{
	RUN(masks_of_the_command_line_are_in_force);
	RUN(polling_is_set);
	RUN(a_host_without_interrupts_polls);
	RUN(kvm_comes_and_goes);
	RUN(a_guest_switches_interrupts);
	RUN(gisa_and_facility_are_the_virtual_machines);
	return 0;
}
