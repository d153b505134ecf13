/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ways to break the chain from the machine to the guest of device 1, a function each; for
 * test-explain.c, which tells what must be said of each.
 */
#ifndef APQD_TESTS_UNIT_EXPLAIN_WAYS_H
#define APQD_TESTS_UNIT_EXPLAIN_WAYS_H

#include "tests/unit/check.h"
#include "tests/unit/model.h"

static struct observed observed;
static struct desired desired;

/* Changes of what is, one thing each. */

static void change_queue(unsigned int adapter, unsigned int domain, const char *driver,
			 const char *override)
{
	struct observed_queue queue =
		*observed_find_queue(&observed, (struct apqn){ adapter, domain });

	snprintf(queue.driver, sizeof(queue.driver), "%s", driver);
	snprintf(queue.override, sizeof(queue.override), "%s", override);
	CHECK_INT(observed_put_queue(&observed, &queue), 0);
}

static void set_interrupt(unsigned int adapter, unsigned int domain, int8_t on)
{
	struct observed_queue queue =
		*observed_find_queue(&observed, (struct apqn){ adapter, domain });

	queue.interrupt = on;
	CHECK_INT(observed_put_queue(&observed, &queue), 0);
}

static void set_interrupts(int8_t on)
{
	for (unsigned int adapter = 5; adapter < 7; adapter++)
		for (unsigned int domain = 1; domain < 3; domain++)
			set_interrupt(adapter, domain, on);
}

static void set_host(void (*change)(struct observed_host *host))
{
	struct observed_host host = observed.host;

	change(&host);
	observed_put_host(&observed, &host);
}

static void set_policy(enum interrupts_policy policy)
{
	struct uuid uuid = uuid_of(1);
	struct definition definition = *desired_find(&desired, &uuid);

	definition.interrupts = policy;
	CHECK_INT(desired_put(&desired, &definition), 0);
}

static void remove_device(void)
{
	struct uuid uuid = uuid_of(1);

	CHECK_INT(observed_remove_device(&observed, &uuid), 0);
}

static void remove_adapter(unsigned int adapter)
{
	for (unsigned int domain = 0; domain < 8; domain++)
		observed_remove_queue(&observed, (struct apqn){ adapter, domain });
	observed_remove_card(&observed, adapter);
}

static void put_note(const char *failure, enum stopped_by stopped)
{
	struct uuid uuid = uuid_of(1);
	struct device_note *note = desired_note(&desired, &uuid);

	note->stopped = stopped;
	device_note_set_failure(note, failure ? strdup(failure) : NULL);
}

/* Device 1, web1: adapters 05 and 06, domains 0001 and 0002; a guest has it with all interrupts on. */
static void start(void)
{
	host_init(&observed);
	desired = (struct desired){ 0 };
	put_definition(&desired, 1, "web1", matrix_of("5,6", "1,2", "1"), START_MANUAL);
	put_device(&observed, 1, matrix_of("5,6", "1,2", "1"), true);
	set_interrupts(1);
}

/* The ways to break it. */

static void lose_adapter_config(struct observed_host *host)
{
	mask_clear(&host->configured.adapters, 5);
}

static void lose_adapter(void)
{
	set_host(lose_adapter_config);
	remove_adapter(5);
}

static void lose_domain_config(struct observed_host *host)
{
	mask_clear(&host->configured.domains, 2);
	mask_clear(&host->configured.control_domains, 1);
}

static void lose_domain(void)
{
	set_host(lose_domain_config);
	for (unsigned int adapter = 4; adapter < 8; adapter++)
		observed_remove_queue(&observed, (struct apqn){ adapter, 2 });
}

static void lose_control_config(struct observed_host *host)
{
	mask_clear(&host->configured.control_domains, 1);
}

static void lose_control_domain(void)
{
	set_host(lose_control_config);
}

static void lose_card(void)
{
	remove_adapter(6);
}

static void lose_one_queue(void)
{
	observed_remove_queue(&observed, (struct apqn){ 6, 2 });
}

static void deconfigure(void)
{
	struct observed_card card = *observed_find_card(&observed, 5);

	card.configured = false;
	observed_put_card(&observed, &card);
}

static void checkstop(void)
{
	struct observed_queue queue = *observed_find_queue(&observed, (struct apqn){ 6, 1 });
	struct observed_queue other = *observed_find_queue(&observed, (struct apqn){ 6, 2 });

	queue.checkstopped = other.checkstopped = true;
	CHECK_INT(observed_put_queue(&observed, &queue), 0);
	CHECK_INT(observed_put_queue(&observed, &other), 0);
}

static void checkstop_card(void)
{
	struct observed_card card = *observed_find_card(&observed, 6);

	card.checkstopped = true;
	observed_put_card(&observed, &card);
}

static void above_maximum(void)
{
	remove_device();
	put_definition(&desired, 1, "web1", matrix_of("5,0x3f,0x40", "1,0x55", "0x55"), START_MANUAL);
}

static void take_back_config(struct observed_host *host)
{
	mask_set(&host->apmask, 5);
	mask_set(&host->aqmask, 1);
	mask_set(&host->aqmask, 2);
}

static void take_back_by_masks(void)
{
	set_host(take_back_config);
	change_queue(5, 1, "cex4queue", "");
	change_queue(5, 2, "cex4queue", "");
}

static void all_ones(struct observed_host *host)
{
	host->apmask = host->aqmask = mask_of("0-255");
}

/* All queues of the device by driver_override, nothing by masks. */
static void use_overrides(void)
{
	set_host(all_ones);
	for (unsigned int adapter = 5; adapter < 7; adapter++)
		for (unsigned int domain = 1; domain < 3; domain++)
			change_queue(adapter, domain, "vfio_ap", "vfio_ap");
}

static void take_back_by_override(void)
{
	use_overrides();
	change_queue(6, 2, "cex4queue", "cex4queue");
}

static void lose_override(void)
{
	use_overrides();
	change_queue(6, 2, "cex4queue", "");
}

static void override_not_followed(void)
{
	use_overrides();
	change_queue(6, 2, "cex4queue", "vfio_ap");
}

static void override_without_driver(void)
{
	use_overrides();
	change_queue(6, 2, "", "vfio_ap");
}

static void lose_queue_of_overrides(void)
{
	use_overrides();
	observed_remove_queue(&observed, (struct apqn){ 6, 2 });
}

static void own_everything(void)
{
	remove_device();
	set_host(all_ones);
	for (unsigned int adapter = 5; adapter < 7; adapter++)
		for (unsigned int domain = 1; domain < 3; domain++)
			change_queue(adapter, domain, "cex4queue", "");
}

static void own_and_observe(void)
{
	own_everything();
	desired.policy.mechanism = MECHANISM_OBSERVE;
}

static void own_what_is_reserved(void)
{
	take_back_by_masks();
	mask_set(&desired.policy.reserved.adapters, 5);
}

static void own_with_bad_policy(void)
{
	own_everything();
	desired.policy_bad = true;
}

static void unbind(void)
{
	change_queue(6, 2, "", "");
}

static void bind_elsewhere(void)
{
	change_queue(5, 1, "cex4queue", "");
	change_queue(5, 2, "cex4queue", "");
}

static void old_card(void)
{
	struct observed_card card = *observed_find_card(&observed, 5);

	card.hardware_type = 9;
	observed_put_card(&observed, &card);
	change_queue(5, 1, "", "");
	change_queue(5, 2, "", "");
}

static void unload(struct observed_host *host)
{
	host->passthrough = false;
}

static void unload_vfio_ap(void)
{
	remove_device();
	set_host(unload);
	for (unsigned int adapter = 5; adapter < 7; adapter++)
		for (unsigned int domain = 0; domain < 8; domain++)
			change_queue(adapter, domain, "", "");
}

static void no_bus(struct observed_host *host)
{
	host->ap_bus = host->passthrough = false;
}

static void unload_ap(void)
{
	remove_device();
	set_host(no_bus);
	for (unsigned int adapter = 4; adapter < 8; adapter++)
		remove_adapter(adapter);
}

static void give_to_another(void)
{
	remove_device();
	put_definition(&desired, 2, "web2", matrix_of("5", "1", ""), START_MANUAL);
	put_device(&observed, 2, matrix_of("5", "1", ""), true);
}

static void fail_to_start(void)
{
	remove_device();
	put_note("the kernel refused it.", STOPPED_BY_NOBODY);
}

static void stop_on_request(void)
{
	remove_device();
	put_definition(&desired, 1, "web1", matrix_of("5,6", "1,2", "1"), START_AUTO);
	put_note(NULL, STOPPED_BY_CLIENT);
}

static void stop_by_other(void)
{
	remove_device();
	put_note(NULL, STOPPED_BY_OTHER);
}

static void drift(void)
{
	put_device(&observed, 1, matrix_of("5,6", "1", "1"), true);
}

static void drift_to_another(void)
{
	drift();
	put_device(&observed, 2, matrix_of("6", "2", ""), false);
}

static void leave(void)
{
	struct uuid uuid = uuid_of(1);
	struct observed_device device = *observed_find_device(&observed, &uuid);

	device.leaving = true;
	CHECK_INT(observed_put_device(&observed, &device), 0);
}

static void hide_matrix(void)
{
	struct uuid uuid = uuid_of(1);
	struct observed_device device = *observed_find_device(&observed, &uuid);

	device.active_known = false;
	device.active = (struct matrix){ 0 };
	CHECK_INT(observed_put_device(&observed, &device), 0);
}

static void hide_all(void)
{
	struct uuid uuid = uuid_of(1);

	hide_matrix();
	desired_remove(&desired, &uuid);
}

static void spoil_definition(void)
{
	remove_device();
	put_bad_definition(&desired, 1);
}

static void define_nothing(void)
{
	put_definition(&desired, 1, "web1", matrix_of("5,6", "", ""), START_MANUAL);
	put_device(&observed, 1, matrix_of("5,6", "", ""), true);
}

static void fail_reset(void)
{
	struct uuid uuid = uuid_of(1);
	struct observed_device device = *observed_find_device(&observed, &uuid);

	device.guest_known = true;
	device.guest = matrix_of("5", "1,2", "");
	CHECK_INT(observed_put_device(&observed, &device), 0);
}

static void end_guest(void)
{
	put_device(&observed, 1, matrix_of("5,6", "1,2", "1"), false);
	set_interrupts(0);
}

static void forbid_gisa(struct observed_host *host)
{
	host->gisa = 0;
}

static void gisa_off(void)
{
	set_host(forbid_gisa);
	set_interrupts(0);
}

static void gisa_off_later(void)
{
	set_host(forbid_gisa);
}

static void gisa_off_required(void)
{
	gisa_off();
	end_guest();
	remove_device();
	set_policy(INTERRUPTS_REQUIRED);
}

static void lose_kvm(struct observed_host *host)
{
	host->gisa = -1;
	host->facility65 = -1;
}

static void unload_kvm(void)
{
	end_guest();
	set_host(lose_kvm);
}

static void lose_facility(struct observed_host *host)
{
	host->facility65 = 0;
}

static void no_facility_any(void)
{
	set_host(lose_facility);
	set_interrupts(0);
}

static void no_facility_required(void)
{
	no_facility_any();
	set_policy(INTERRUPTS_REQUIRED);
}

static void hide_facility(struct observed_host *host)
{
	host->facility65 = -1;
}

static void facility_not_asked(void)
{
	end_guest();
	set_host(hide_facility);
}

static void poll_any(void)
{
	set_interrupts(0);
	set_interrupt(5, 1, 1);
}

static void poll_required(void)
{
	poll_any();
	set_policy(INTERRUPTS_REQUIRED);
}

static void polled_with_interrupts(void)
{
	set_interrupts(0);
	set_interrupt(6, 2, 1);
	set_policy(INTERRUPTS_POLLED);
}

static void polled_well(void)
{
	set_interrupts(0);
	set_policy(INTERRUPTS_POLLED);
}

static void polled_without_guest(void)
{
	end_guest();
	set_policy(INTERRUPTS_POLLED);
}

static void interrupts_unreadable(void)
{
	set_interrupts(-1);
}

static void break_three(void)
{
	set_host(take_back_config);
	change_queue(5, 1, "cex4queue", "");
	deconfigure();
	unbind();
	gisa_off();
	/* 05.0002 stays with vfio_ap, so that the guest would have it */
	change_queue(5, 2, "vfio_ap", "vfio_ap");
}

static void conflict_of_owned(void)
{
	give_to_another();
	set_host(take_back_config);
	change_queue(5, 2, "cex4queue", "");
	change_queue(5, 1, "vfio_ap", "vfio_ap");
}

#endif
