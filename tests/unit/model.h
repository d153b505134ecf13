/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hosts, devices and definitions for tests of the model, in a line each.
 *
 * The host of host_init(): adapters 04 to 07 and domains 0000 to 0007 with their queues,
 * highest ids 3f and 0054.  apmask leaves 05 to 07, aqmask 0004 to 00ff to guests: so the host's are
 * 04.0000 to 04.0003, and the rest is bound to vfio_ap.
 */
#ifndef APQD_TESTS_UNIT_MODEL_H
#define APQD_TESTS_UNIT_MODEL_H

#include "common/cleanup.h"
#include "common/list.h"
#include "common/matrix.h"
#include "common/uuid.h"
#include "daemon/model/change.h"
#include "daemon/model/desired.h"
#include "daemon/model/observed.h"
#include "tests/unit/check.h"

static inline struct mask mask_of(const char *list)
{
	struct mask mask = { 0 };
	char *message = NULL;

	if (list_parse(list, LIST_DOMAINS, &mask, NULL, &message) < 0)
		CHECK_FAIL("the test itself is wrong: %s", message);
	return mask;
}

static inline struct matrix matrix_of(const char *adapters, const char *domains,
				      const char *control_domains)
{
	return (struct matrix){ mask_of(adapters), mask_of(domains), mask_of(control_domains) };
}

/* "00000000-0000-0000-0000-" and the number in 12 hexadecimal digits. */
static inline struct uuid uuid_of(unsigned int number)
{
	struct uuid uuid;

	snprintf(uuid.text, sizeof(uuid.text), "00000000-0000-0000-0000-%012x", number);
	return uuid;
}

/* A change of one device; what is wanted of it is kept until sixteen others have been made. */
static inline struct change change_of(struct device_change device)
{
	static struct device_change ring[16];
	static unsigned int next;
	struct change change;

	change_init(&change);
	change.devices = &ring[next++ % ARRAY_SIZE(ring)];
	change.count = 1;
	*change.devices = device;
	return change;
}

static inline void put_queue(struct observed *observed, uint8_t adapter, uint8_t domain,
			     const char *driver, const char *override)
{
	struct observed_queue queue = {
		.apqn = { adapter, domain }, .configured = true, .online = -1, .interrupt = 0
	};

	snprintf(queue.driver, sizeof(queue.driver), "%s", driver);
	snprintf(queue.override, sizeof(queue.override), "%s", override);
	if (strcmp(driver, "vfio_ap") == 0)
		queue.status = QUEUE_STATUS_UNASSIGNED;
	CHECK_INT(observed_put_queue(observed, &queue), 0);
}

static inline void put_card(struct observed *observed, uint8_t adapter)
{
	struct observed_card card = {
		.adapter = adapter,
		.type = "CEX8C",
		.hardware_type = 14,
		.mode = CARD_CCA,
		.configured = true,
		.online = 1,
		.depth = 8,
		.max_message_size = JSON_INT_NULL,
		.functions = "0xF8000000",
		.requests = 17,
	};

	observed_put_card(observed, &card);
}

static inline void host_init(struct observed *observed)
{
	struct observed_host host = {
		.kernel = "7.2.0",
		.ap_bus = true,
		.passthrough = true,
		.bus_features = "APSC APXA",
		.passthrough_features = "guest_matrix hotplug ap_config",
		.has_ap_config = true,
		.has_override = true,
		.max_adapter = 0x3f,
		.max_domain = 0x54,
		.configured_known = true,
		.configured = matrix_of("4-7", "0-7", "0-7"),
		.apmask = mask_of("0-4,8-255"),
		.aqmask = mask_of("0-3"),
		.bindings_complete = true,
		.interrupts = true,
		.poll_thread = 0,
		.poll_timeout = 250000,
		.gisa = 1,
		.facility65 = 1,
	};

	observed_init(observed);
	observed_put_host(observed, &host);
	for (unsigned int adapter = 4; adapter < 8; adapter++) {
		put_card(observed, adapter);
		for (unsigned int domain = 0; domain < 8; domain++)
			put_queue(observed, adapter, domain,
				  adapter == 4 && domain < 4 ? "cex4queue" : "vfio_ap", "");
	}
	observed_forget_changes(observed);
}

/* The host of a kernel 6.12 that lacks ap_config. */
static inline void host_init_old(struct observed *observed)
{
	struct observed_host host;

	host_init(observed);
	host = observed->host;
	host.has_ap_config = host.has_override = false;
	observed_put_host(observed, &host);
	observed_forget_changes(observed);
}

static inline void put_device(struct observed *observed, unsigned int number, struct matrix active,
			      bool in_use)
{
	struct observed_device device = {
		.uuid = uuid_of(number), .active_known = true, .active = active, .in_use = in_use
	};

	if (in_use) {
		device.users_count = 1;
		device.users[0] = (struct observed_user){ .pid = 4711, .command = "qemu" };
	}
	CHECK_INT(observed_put_device(observed, &device), 0);
}

static inline void put_definition(struct desired *desired, unsigned int number, const char *name,
				  struct matrix matrix, enum start_mode start)
{
	struct definition definition = { .uuid = uuid_of(number),
					 .matrix = matrix,
					 .start = start };

	snprintf(definition.name, sizeof(definition.name), "%s", name);
	CHECK_INT(desired_put(desired, &definition), 0);
}

/* A definition whose file cannot be used. */
static inline void put_bad_definition(struct desired *desired, unsigned int number)
{
	CLEANUP_DEFINITION struct definition definition = { .uuid = uuid_of(number) };

	definition.problem = strdup("The file /x cannot be used.");
	CHECK_INT(desired_put(desired, &definition), 0);
}

#endif
