/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * daemon/model/unknown.c: which queues a device may have whose matrix is not known, and how many.
 */
#include <stdlib.h>

#include "daemon/model/ownership.h"
#include "daemon/model/unknown.h"
#include "tests/unit/model.h"

static struct observed observed;

static void put_unknown(unsigned int number)
{
	struct observed_device device = { .uuid = uuid_of(number) };

	CHECK_INT(observed_put_device(&observed, &device), 0);
}

/* Adapters 0 to cards-1 are for guests, each with so many domains, which are the machine's. */
static void start(unsigned int cards, unsigned int domains, enum queue_status status)
{
	struct observed_host host;

	host_init_old(&observed);
	host = observed.host;
	host.max_domain = (int)domains - 1;
	memset(&host.apmask, 0xff, sizeof(host.apmask));
	memset(&host.aqmask, 0xff, sizeof(host.aqmask));
	for (unsigned int adapter = 0; adapter < cards; adapter++)
		mask_clear(&host.apmask, adapter);
	observed_put_host(&observed, &host);
	for (unsigned int adapter = 0; adapter < cards; adapter++)
		for (unsigned int domain = 0; domain < domains; domain++) {
			struct observed_queue queue = { .apqn = { (uint8_t)adapter, (uint8_t)domain },
							.driver = "vfio_ap",
							.status = status };

			CHECK_INT(observed_put_queue(&observed, &queue), 0);
		}
}

static void set_status(uint8_t adapter, uint8_t domain, enum queue_status status)
{
	struct observed_queue queue = *observed_find_queue(&observed, (struct apqn){ adapter, domain });

	queue.status = status;
	CHECK_INT(observed_put_queue(&observed, &queue), 0);
}

static unsigned int bound(unsigned int number)
{
	struct uuid uuid = uuid_of(number);

	return unknown_bound(&observed, &uuid);
}

static void test_counted(void)
{
	struct uuid uuid = uuid_of(1);

	start(2, 2, QUEUE_STATUS_UNASSIGNED);
	CHECK_INT(observed.unknown, 0);
	put_unknown(1);
	put_unknown(2);
	CHECK_INT(observed.unknown, 2);
	put_device(&observed, 2, matrix_of("0", "0", ""), false);
	CHECK_INT(observed.unknown, 1);
	put_unknown(2);
	CHECK_INT(observed.unknown, 2);
	CHECK_INT(observed_remove_device(&observed, &uuid), 0);
	CHECK_INT(observed.unknown, 1);
	observed_done(&observed);
	CHECK_INT(observed.unknown, 0);
}

static void test_may_have(void)
{
	start(2, 4, QUEUE_STATUS_UNASSIGNED);
	set_status(0, 1, QUEUE_STATUS_ASSIGNED);
	set_status(0, 2, QUEUE_STATUS_NONE);
	CHECK(!unknown_may_have(&observed, (struct apqn){ 0, 1 }));
	put_unknown(1);
	CHECK(unknown_may_have(&observed, (struct apqn){ 0, 1 }));
	CHECK(unknown_may_have(&observed, (struct apqn){ 0, 2 }));
	CHECK(!unknown_may_have(&observed, (struct apqn){ 0, 0 }));	/* it says that it is unassigned */
	CHECK(!unknown_may_have(&observed, (struct apqn){ 0, 4 }));	/* above the maximum */
	CHECK(!unknown_may_have(&observed, (struct apqn){ 2, 1 }));	/* the host's */
	observed_remove_queue(&observed, (struct apqn){ 1, 3 });
	CHECK(unknown_may_have(&observed, (struct apqn){ 1, 3 }));	/* of a card that may come */
	observed_done(&observed);
}

static void test_bound(void)
{
	start(7, 85, QUEUE_STATUS_UNASSIGNED);
	put_unknown(1);
	CHECK_INT(bound(1), 0);
	set_status(3, 7, QUEUE_STATUS_ASSIGNED);
	CHECK_INT(bound(1), 3 * 3);
	set_status(4, 7, QUEUE_STATUS_IN_USE);
	CHECK_INT(bound(1), 4 * 3);
	/* two queues on a diagonal are never in one device without the others */
	set_status(4, 7, QUEUE_STATUS_UNASSIGNED);
	set_status(4, 8, QUEUE_STATUS_ASSIGNED);
	CHECK_INT(bound(1), 4 * 3);
	/* what another one has, this one has not */
	put_device(&observed, 2, matrix_of("4", "8", ""), false);
	CHECK_INT(bound(1), 3 * 3);
	CHECK_INT(bound(2), 4 * 3);
	observed_done(&observed);

	start(7, 85, QUEUE_STATUS_NONE);
	put_unknown(1);
	CHECK_INT(bound(1), 9 * 87);
	put_device(&observed, 2, matrix_of("0-5", "0-84", ""), false);
	CHECK_INT(bound(1), 3 * 87);
	put_device(&observed, 2, matrix_of("0-6", "0-79", ""), false);
	CHECK_INT(bound(1), 9 * 7);
	observed_done(&observed);
}

/* Queues of vfio_ap without a status tell drivers before Linux 6.0, also when vfio_ap has none any more. */
static void test_old_drivers(void)
{
	start(1, 2, QUEUE_STATUS_NONE);
	CHECK(observed_has_hotplug(&observed));		/* those of the host_init_old() have one */
	for (unsigned int adapter = 4; adapter < 8; adapter++)
		for (unsigned int domain = 0; domain < 8; domain++)
			observed_remove_queue(&observed, (struct apqn){ (uint8_t)adapter, (uint8_t)domain });
	CHECK(!observed_has_hotplug(&observed));
	put_queue(&observed, 0, 0, "cex4queue", "");
	CHECK(!observed_has_hotplug(&observed));
	put_queue(&observed, 0, 1, "cex4queue", "");
	CHECK(!observed_has_hotplug(&observed));
	set_status(0, 1, QUEUE_STATUS_NONE);
	put_queue(&observed, 0, 1, "vfio_ap", "");	/* that one has a status */
	CHECK(observed_has_hotplug(&observed));
	observed_done(&observed);
	observed_init(&observed);
	CHECK(observed_has_hotplug(&observed));
	observed_done(&observed);
}

/* No device that can be is larger than the bound, whatever the rest of the host is. */
static void test_random(void)
{
	srandom(12);
	for (unsigned int i = 0; i < 300; i++) {
		unsigned int cards = 1 + (unsigned int)random() % 6, domains = 1 + (unsigned int)random() % 6;
		struct matrix matrix = { 0 };

		start(cards, domains, QUEUE_STATUS_UNASSIGNED);
		for (unsigned int adapter = 0; adapter < cards; adapter++)
			for (unsigned int domain = 0; domain < domains; domain++)
				if (random() % 2)
					set_status((uint8_t)adapter, (uint8_t)domain,
						   QUEUE_STATUS_ASSIGNED);
		for (unsigned int id = 0; id < 6; id++) {
			if (random() % 2 && id < cards)
				mask_set(&matrix.adapters, id);
			if (random() % 2 && id < domains)
				mask_set(&matrix.domains, id);
		}
		MATRIX_FOR_EACH_QUEUE(adapter, domain, &matrix)
			set_status((uint8_t)adapter, (uint8_t)domain, QUEUE_STATUS_ASSIGNED);
		put_unknown(1);
		CHECK(bound(1) >= matrix_queue_count(&matrix));
		MATRIX_FOR_EACH_QUEUE(adapter, domain, &matrix)
			CHECK(unknown_may_have(&observed, (struct apqn){ (uint8_t)adapter, (uint8_t)domain }));
		observed_done(&observed);
	}
}

int main(void)
{
	RUN(test_counted);
	RUN(test_may_have);
	RUN(test_bound);
	RUN(test_old_drivers);
	RUN(test_random);
	return 0;
}
