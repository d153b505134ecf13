/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * daemon/model/ownership.c: whose a queue is, and what reaches a guest.
 */
#include "daemon/model/ownership.h"
#include "tests/unit/check.h"
#include "tests/unit/model.h"

static void set_masks(struct observed *observed, const char *apmask, const char *aqmask)
{
	struct observed_host host = observed->host;

	host.apmask = mask_of(apmask);
	host.aqmask = mask_of(aqmask);
	observed_put_host(observed, &host);
}

static bool is_hosts(const struct observed *observed, uint8_t adapter, uint8_t domain)
{
	return ownership_is_hosts(observed, (struct apqn){ adapter, domain });
}

static void test_kinds(void)
{
	struct observed observed;
	struct observed_host host;

	host_init(&observed);
	CHECK_INT(ownership_kind(&observed), OWNERSHIP_MASKS);
	set_masks(&observed, "0-255", "0-255");
	CHECK_INT(ownership_kind(&observed), OWNERSHIP_DEFAULT);
	set_masks(&observed, "0-255", "0-254");
	CHECK_INT(ownership_kind(&observed), OWNERSHIP_MASKS);
	set_masks(&observed, "0-255", "0-255");
	put_queue(&observed, 5, 1, "vfio_ap", "vfio_ap");
	CHECK_INT(ownership_kind(&observed), OWNERSHIP_OVERRIDES);
	host = observed.host;
	host.has_override = false;
	observed_put_host(&observed, &host);
	CHECK_INT(ownership_kind(&observed), OWNERSHIP_DEFAULT);
	observed_done(&observed);
}

/* The host's are the queues of which both the adapter's and the domain's bit are set. */
static void test_masks(void)
{
	struct observed observed;

	host_init(&observed);
	CHECK(is_hosts(&observed, 4, 0));
	CHECK(!is_hosts(&observed, 4, 4));
	CHECK(!is_hosts(&observed, 5, 0));
	CHECK(!is_hosts(&observed, 5, 5));
	/* so are those that are not there: they are kept for it */
	CHECK(is_hosts(&observed, 9, 0));
	CHECK(!is_hosts(&observed, 9, 9));
	observed_done(&observed);
}

/* ap_owned_by_def_drv() of 7.2: an override counts for a queue that has a driver, and only then. */
static void test_overrides(void)
{
	struct observed observed;

	host_init(&observed);
	set_masks(&observed, "0-255", "0-255");
	put_queue(&observed, 5, 0, "vfio_ap", "vfio_ap");
	put_queue(&observed, 5, 1, "cex4queue", "cex4queue");
	put_queue(&observed, 5, 2, "cex4queue", "vfio_ap"); /* not bound again yet */
	put_queue(&observed, 5, 3, "", "vfio_ap");
	put_queue(&observed, 5, 4, "cex4queue", "");
	observed_remove_queue(&observed, (struct apqn){ 5, 5 });
	CHECK(!is_hosts(&observed, 5, 0));
	CHECK(is_hosts(&observed, 5, 1));
	CHECK(is_hosts(&observed, 5, 2));
	CHECK(is_hosts(&observed, 5, 3));
	CHECK(is_hosts(&observed, 5, 4));
	CHECK(is_hosts(&observed, 5, 5));
	/* with masks that leave it to guests an override to the host still wins */
	set_masks(&observed, "0-4", "0-255");
	CHECK(is_hosts(&observed, 5, 1));
	CHECK(!is_hosts(&observed, 5, 3));
	observed_done(&observed);
}

static void test_find_device(void)
{
	struct observed observed;

	host_init(&observed);
	put_device(&observed, 1, matrix_of("5", "1", ""), false);
	put_device(&observed, 2, matrix_of("5-6", "2", ""), false);
	CHECK_STR(ownership_find_device(&observed, (struct apqn){ 6, 2 })->uuid.text,
		  uuid_of(2).text);
	CHECK_STR(ownership_find_device(&observed, (struct apqn){ 5, 1 })->uuid.text,
		  uuid_of(1).text);
	CHECK(!ownership_find_device(&observed, (struct apqn){ 6, 1 }));
	observed_done(&observed);
}

static void change_queue(struct observed *observed, struct apqn apqn, bool configured,
			 bool checkstopped)
{
	struct observed_queue queue = *observed_find_queue(observed, apqn);

	queue.configured = configured;
	queue.checkstopped = checkstopped;
	CHECK_INT(observed_put_queue(observed, &queue), 0);
}

static void change_card(struct observed *observed, unsigned int adapter, bool configured,
			bool checkstopped)
{
	struct observed_card card = *observed_find_card(observed, adapter);

	card.configured = configured;
	card.checkstopped = checkstopped;
	observed_put_card(observed, &card);
}

static void test_trouble(void)
{
	struct apqn apqn = { 5, 1 };
	struct observed observed;

	host_init(&observed);
	CHECK_INT(ownership_trouble(&observed, apqn), QUEUE_FINE);
	CHECK_INT(ownership_trouble(&observed, (struct apqn){ 9, 9 }), QUEUE_ABSENT);
	CHECK_INT(ownership_trouble(&observed, (struct apqn){ 4, 0 }), QUEUE_NOT_BOUND);
	change_queue(&observed, apqn, false, false);
	CHECK_INT(ownership_trouble(&observed, apqn), QUEUE_DECONFIGURED);
	change_queue(&observed, apqn, false, true);
	CHECK_INT(ownership_trouble(&observed, apqn), QUEUE_CHECKSTOPPED);
	change_queue(&observed, apqn, true, false);
	change_card(&observed, 5, false, false);
	CHECK_INT(ownership_trouble(&observed, apqn), QUEUE_DECONFIGURED);
	change_card(&observed, 5, true, true);
	CHECK_INT(ownership_trouble(&observed, apqn), QUEUE_CHECKSTOPPED);
	observed_done(&observed);
}

static void check_effective(const struct observed *observed, struct matrix active,
			    struct matrix expected)
{
	struct observed_device device = { .uuid = uuid_of(1),
					  .active_known = true,
					  .active = active };
	struct matrix result = ownership_effective(observed, &device);
	CLEANUP_FREE char *got = matrix_describe(&result), *wanted = matrix_describe(&expected);

	CHECK_STR(got, wanted);
}

static void test_effective(void)
{
	struct observed observed;

	host_init(&observed);
	check_effective(&observed, matrix_of("5-6", "1-2", "1"), matrix_of("5-6", "1-2", "1"));
	/* ids that the LPAR has not */
	check_effective(&observed, matrix_of("6-9", "6-9", "7-9"), matrix_of("6-7", "6-7", "7"));
	/* one queue that vfio_ap does not have takes its whole adapter away */
	check_effective(&observed, matrix_of("4-5", "3-4", ""), matrix_of("5", "3-4", ""));
	observed_remove_queue(&observed, (struct apqn){ 6, 2 });
	check_effective(&observed, matrix_of("5-6", "1-2", ""), matrix_of("5", "1-2", ""));
	check_effective(&observed, matrix_of("5-6", "1", ""), matrix_of("5-6", "1", ""));
	/* an adapter without domains passes: there is nothing to filter it by */
	check_effective(&observed, matrix_of("6", "", ""), matrix_of("6", "", ""));
	/* an adapter that does not work gives nothing; a single bad queue does not matter */
	change_card(&observed, 5, false, false);
	check_effective(&observed, matrix_of("5,7", "1-2", ""), matrix_of("7", "1-2", ""));
	change_queue(&observed, (struct apqn){ 7, 1 }, true, true);
	check_effective(&observed, matrix_of("5,7", "1-2", ""), matrix_of("7", "1-2", ""));
	check_effective(&observed, matrix_of("7", "1", ""), matrix_of("", "1", ""));
	observed_done(&observed);
}

/* What the kernel tells itself counts more than what we would compute. */
static void test_effective_of_guest_matrix(void)
{
	struct observed_device device = {
		.uuid = uuid_of(1),
		.active_known = true,
		.active = matrix_of("5-7", "1-2", "1,9"),
		.guest_known = true,
		.guest = matrix_of("6-7", "1", ""),
	};
	struct matrix expected = matrix_of("6", "1", "1"), result;
	struct observed observed;

	host_init(&observed);
	change_card(&observed, 7, true, true);
	result = ownership_effective(&observed, &device);
	CHECK(matrix_equal(&result, &expected));
	observed_done(&observed);
}

/* A machine that cannot tell what it has (no QCI) filters by bindings only. */
static void test_effective_without_configuration(void)
{
	struct observed observed;
	struct observed_host host;

	host_init(&observed);
	host = observed.host;
	host.configured_known = false;
	host.configured = (struct matrix){ 0 };
	observed_put_host(&observed, &host);
	check_effective(&observed, matrix_of("4-5", "3-4", "3,200"),
			matrix_of("5", "3-4", "3,200"));
	observed_done(&observed);
}

static bool is_in_use(const struct observed *observed, const struct observed_device *device,
		      uint8_t adapter, uint8_t domain)
{
	return ownership_is_in_use(observed, device, (struct apqn){ adapter, domain });
}

static void test_in_use(void)
{
	struct observed_device device = { .uuid = uuid_of(1),
					  .active_known = true,
					  .in_use = true,
					  .active = matrix_of("4-5", "3-4,9", "") };
	struct observed observed;

	host_init(&observed);
	CHECK(is_in_use(&observed, &device, 5, 4));
	/* filtered: 04.0003 is not vfio_ap's, so its whole adapter; domain 9 is not the LPAR's */
	CHECK(!is_in_use(&observed, &device, 4, 4));
	CHECK(!is_in_use(&observed, &device, 5, 9));
	device.guest_known = true;
	device.guest = matrix_of("5", "4", "");
	CHECK(is_in_use(&observed, &device, 5, 4));
	CHECK(!is_in_use(&observed, &device, 5, 3));
	device.in_use = false;
	CHECK(!is_in_use(&observed, &device, 5, 4));
	observed_done(&observed);
}

int main(void)
{
	RUN(test_kinds);
	RUN(test_masks);
	RUN(test_overrides);
	RUN(test_find_device);
	RUN(test_trouble);
	RUN(test_in_use);
	RUN(test_effective);
	RUN(test_effective_of_guest_matrix);
	RUN(test_effective_without_configuration);
	return 0;
}
