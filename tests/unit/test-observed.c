/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * daemon/model/observed.c: what is known, and the notes of what changed.
 */
#include <errno.h>

#include "daemon/model/observed.h"
#include "tests/unit/check.h"
#include "tests/unit/model.h"

/* Whether exactly one device is noted, and which. */
static void check_noted(const struct observed *observed, unsigned int number)
{
	struct uuid uuid = uuid_of(number);

	CHECK(observed->changes.any);
	CHECK_INT(observed->changes.devices_count, 1);
	CHECK_STR(observed->changes.devices[0].text, uuid.text);
}

static void check_nothing_noted(const struct observed *observed)
{
	CHECK(!observed->changes.any && !observed->changes.host);
	CHECK(mask_is_empty(&observed->changes.cards));
	for (unsigned int i = 0; i < APQN_IDS; i++)
		CHECK(mask_is_empty(&observed->changes.queues[i]));
	CHECK_INT(observed->changes.devices_count, 0);
}

static void test_empty(void)
{
	struct observed observed;
	struct uuid uuid = uuid_of(1);

	observed_init(&observed);
	check_nothing_noted(&observed);
	CHECK_INT(observed.host.max_adapter, -1);
	CHECK_INT(observed.host.gisa, -1);
	CHECK(!observed_find_card(&observed, 0) && !observed_find_card(&observed, 9999));
	CHECK(!observed_find_queue(&observed, (struct apqn){ 255, 255 }));
	CHECK(!observed_find_device(&observed, &uuid));
	observed_remove_card(&observed, 5);
	observed_remove_queue(&observed, (struct apqn){ 5, 5 });
	CHECK_INT(observed_remove_device(&observed, &uuid), 0);
	check_nothing_noted(&observed);
	observed_done(&observed);
}

/* Every field of the host counts as a change, and none does when it stays. */
static void test_host(void)
{
	struct observed observed;
	struct observed_host host, base;

	host_init(&observed);
	base = observed.host;
	observed_put_host(&observed, &base);
	check_nothing_noted(&observed);
#define CHANGE(field, value)                         \
	do {                                         \
		host = base;                         \
		host.field = (value);                \
		observed_put_host(&observed, &host); \
		CHECK(observed.changes.host);        \
		CHECK(observed.changes.any);         \
		observed_put_host(&observed, &base); \
		observed_forget_changes(&observed);  \
		check_nothing_noted(&observed);      \
	} while (0)
	CHANGE(kernel[0], '6');
	CHANGE(ap_bus, false);
	CHANGE(passthrough, false);
	CHANGE(bus_features[0], 'x');
	CHANGE(passthrough_features[0], 'x');
	CHANGE(has_ap_config, false);
	CHANGE(has_override, false);
	CHANGE(max_adapter, 7);
	CHANGE(max_domain, 7);
	CHANGE(configured_known, false);
	CHANGE(configured, matrix_of("1", "1", "1"));
	CHANGE(apmask, mask_of("1"));
	CHANGE(aqmask, mask_of("1"));
	CHANGE(bindings_complete, false);
	CHANGE(interrupts, false);
	CHANGE(gisa, 0);
	CHANGE(facility65, -1);
#undef CHANGE
	observed_done(&observed);
}

static void test_cards(void)
{
	struct observed observed;
	struct observed_card card;

	host_init(&observed);
	card = *observed_find_card(&observed, 5);
	observed_put_card(&observed, &card);
	check_nothing_noted(&observed);
	card.requests++;
	observed_put_card(&observed, &card);
	CHECK(observed.changes.any && mask_test(&observed.changes.cards, 5));
	CHECK_INT(mask_count(&observed.changes.cards), 1);
	CHECK_INT(observed_find_card(&observed, 5)->requests, 18);
	observed_forget_changes(&observed);
	observed_remove_card(&observed, 5);
	CHECK(!observed_find_card(&observed, 5));
	CHECK(mask_test(&observed.changes.cards, 5));
	observed_forget_changes(&observed);
	/* it comes back as it was: a change all the same */
	observed_put_card(&observed, &card);
	CHECK(mask_test(&observed.changes.cards, 5));
	observed_done(&observed);
}

static void test_queues(void)
{
	struct apqn apqn = { 5, 2 };
	struct observed observed;

	host_init(&observed);
	put_queue(&observed, 5, 2, "vfio_ap", "");
	check_nothing_noted(&observed);
	CHECK(observed_queue_is_bound(&observed, apqn));
	put_queue(&observed, 5, 2, "cex4queue", "");
	CHECK(observed.changes.any && mask_test(&observed.changes.queues[5], 2));
	CHECK_INT(mask_count(&observed.changes.queues[5]), 1);
	CHECK(mask_is_empty(&observed.changes.queues[6]));
	CHECK(!observed_queue_is_bound(&observed, apqn));
	observed_forget_changes(&observed);
	put_queue(&observed, 5, 2, "cex4queue", "vfio_ap");
	CHECK(mask_test(&observed.changes.queues[5], 2));
	observed_forget_changes(&observed);
	observed_remove_queue(&observed, apqn);
	CHECK(!observed_find_queue(&observed, apqn));
	CHECK(mask_test(&observed.changes.queues[5], 2));
	CHECK(!observed_queue_is_bound(&observed, apqn));
	observed_forget_changes(&observed);
	observed_remove_queue(&observed, apqn);
	check_nothing_noted(&observed);
	observed_done(&observed);
}

static void test_devices(void)
{
	struct matrix first = matrix_of("5", "1", ""), second = matrix_of("5", "2", "");
	struct observed_device device;
	struct observed observed;
	struct uuid uuid = uuid_of(7);

	host_init(&observed);
	put_device(&observed, 7, first, false);
	check_noted(&observed, 7);
	put_device(&observed, 7, second, false);
	check_noted(&observed, 7); /* once, however often it changes */
	observed_forget_changes(&observed);
	put_device(&observed, 7, second, false);
	check_nothing_noted(&observed);
	put_device(&observed, 7, second, true);
	check_noted(&observed, 7);
	observed_forget_changes(&observed);
	device = *observed_find_device(&observed, &uuid);
	device.users[0].pid = 4712;
	CHECK_INT(observed_put_device(&observed, &device), 0);
	check_noted(&observed, 7);
	observed_forget_changes(&observed);
	device.leaving = true;
	CHECK_INT(observed_put_device(&observed, &device), 0);
	check_noted(&observed, 7);
	observed_forget_changes(&observed);
	/* what lies behind the last user does not count */
	device.users[1].pid = 1;
	CHECK_INT(observed_put_device(&observed, &device), 0);
	check_nothing_noted(&observed);
	CHECK_INT(observed_remove_device(&observed, &uuid), 0);
	check_noted(&observed, 7);
	CHECK(!observed_find_device(&observed, &uuid));
	observed_done(&observed);
}

static void test_order_and_limit(void)
{
	struct observed_device device = { .active_known = true };
	struct observed observed;

	observed_init(&observed);
	for (unsigned int i = 0; i < OBSERVED_DEVICES_MAX; i++)
		put_device(&observed, i * 1367 % OBSERVED_DEVICES_MAX, (struct matrix){ 0 }, false);
	CHECK_INT(observed.devices.count, OBSERVED_DEVICES_MAX);
	for (unsigned int i = 0; i < OBSERVED_DEVICES_MAX; i++) {
		struct uuid uuid = uuid_of(i);

		CHECK_STR(observed_device_at(&observed, i)->uuid.text, uuid.text);
	}
	device.uuid = uuid_of(OBSERVED_DEVICES_MAX);
	CHECK_INT(observed_put_device(&observed, &device), -E2BIG);
	CHECK(!observed_find_device(&observed, &device.uuid));
	/* one that is known may still change */
	put_device(&observed, 5, matrix_of("1", "1", ""), false);
	device.uuid = uuid_of(5);
	CHECK_INT(observed_remove_device(&observed, &device.uuid), 0);
	device.uuid = uuid_of(OBSERVED_DEVICES_MAX);
	CHECK_INT(observed_put_device(&observed, &device), 0);
	observed_done(&observed);
	CHECK_INT(observed.devices.count, 0);
}

int main(void)
{
	RUN(test_empty);
	RUN(test_host);
	RUN(test_cards);
	RUN(test_queues);
	RUN(test_devices);
	RUN(test_order_and_limit);
	return 0;
}
