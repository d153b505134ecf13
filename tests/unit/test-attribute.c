/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * daemon/model/attribute.c and refusal.c: the names and paths of sysfs, and what errnos mean.
 */
#include <ctype.h>
#include <errno.h>

#include "daemon/model/attribute.h"
#include "daemon/report/refusal.h"
#include "tests/unit/check.h"
#include "tests/unit/model.h"

#define DEVICE_FOLDER "/sys/devices/vfio_ap/matrix/00000000-0000-0000-0000-00000000002a/"

static const struct {
	enum attribute attribute;
	const char *name, *path;
} table[] = {
	{ ATTRIBUTE_APMASK, "apmask", "/sys/bus/ap/apmask" },
	{ ATTRIBUTE_AQMASK, "aqmask", "/sys/bus/ap/aqmask" },
	{ ATTRIBUTE_SCANS, "scans", "/sys/bus/ap/scans" },
	{ ATTRIBUTE_DRIVERS_PROBE, "drivers_probe", "/sys/bus/ap/drivers_probe" },
	{ ATTRIBUTE_POLL_THREAD, "poll_thread", "/sys/bus/ap/poll_thread" },
	{ ATTRIBUTE_POLL_TIMEOUT, "poll_timeout", "/sys/bus/ap/poll_timeout" },
	{ ATTRIBUTE_USE_GISA, "use_gisa", "/sys/module/kvm/parameters/use_gisa" },
	{ ATTRIBUTE_DRIVER_OVERRIDE, "driver_override",
	  "/sys/bus/ap/devices/0a.0047/driver_override" },
	{ ATTRIBUTE_UNBIND, "unbind", "/sys/bus/ap/devices/0a.0047/driver/unbind" },
	{ ATTRIBUTE_CREATE, "create",
	  "/sys/devices/vfio_ap/matrix/mdev_supported_types/vfio_ap-passthrough/create" },
	{ ATTRIBUTE_REMOVE, "remove", DEVICE_FOLDER "remove" },
	{ ATTRIBUTE_AP_CONFIG, "ap_config", DEVICE_FOLDER "ap_config" },
	{ ATTRIBUTE_ASSIGN_ADAPTER, "assign_adapter", DEVICE_FOLDER "assign_adapter" },
	{ ATTRIBUTE_UNASSIGN_ADAPTER, "unassign_adapter", DEVICE_FOLDER "unassign_adapter" },
	{ ATTRIBUTE_ASSIGN_DOMAIN, "assign_domain", DEVICE_FOLDER "assign_domain" },
	{ ATTRIBUTE_UNASSIGN_DOMAIN, "unassign_domain", DEVICE_FOLDER "unassign_domain" },
	{ ATTRIBUTE_ASSIGN_CONTROL_DOMAIN, "assign_control_domain",
	  DEVICE_FOLDER "assign_control_domain" },
	{ ATTRIBUTE_UNASSIGN_CONTROL_DOMAIN, "unassign_control_domain",
	  DEVICE_FOLDER "unassign_control_domain" },
};

static void test_paths(void)
{
	CHECK_INT(ARRAY_SIZE(table), ATTRIBUTES);
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct attribute_write write = { .attribute = table[i].attribute,
						 .uuid = uuid_of(42),
						 .apqn = { 0x0a, 0x47 } };
		char path[ATTRIBUTE_PATH_SIZE];

		CHECK_STR(attribute_name(table[i].attribute), table[i].name);
		CHECK_INT(attribute_from_name(table[i].name), table[i].attribute);
		CHECK_STR(attribute_path(&write, path), table[i].path);
		CHECK_INT(attribute_is_of_device(table[i].attribute),
			  strstr(table[i].path, uuid_of(42).text) != NULL);
		CHECK_INT(attribute_is_of_queue(table[i].attribute),
			  strstr(table[i].path, "0a.0047") != NULL);
	}
}

static void test_unknown_names(void)
{
	CHECK_INT(attribute_from_name(""), ATTRIBUTES);
	CHECK_INT(attribute_from_name("matrix"), ATTRIBUTES);
	CHECK_INT(attribute_from_name("apmask "), ATTRIBUTES);
}

static void test_refusals(void)
{
	CHECK_HAS(refusal_sentence(ATTRIBUTE_AP_CONFIG, EADDRINUSE), "another device");
	CHECK_HAS(refusal_sentence(ATTRIBUTE_ASSIGN_DOMAIN, EADDRNOTAVAIL), "host");
	CHECK_HAS(refusal_sentence(ATTRIBUTE_ASSIGN_ADAPTER, ENODEV), "maximum");
	CHECK_HAS(refusal_sentence(ATTRIBUTE_CREATE, EEXIST), "exists already");
	/* the same errno means something else to another attribute */
	CHECK_HAS(refusal_sentence(ATTRIBUTE_APMASK, EBUSY), "adapter");
	CHECK_HAS(refusal_sentence(ATTRIBUTE_AQMASK, EBUSY), "domain");
	CHECK_HAS(refusal_sentence(ATTRIBUTE_AP_CONFIG, EBUSY), "try again");
	CHECK_HAS(refusal_sentence(ATTRIBUTE_APMASK, EINVAL), "driver_override");
	for (int attribute = 0; attribute < ATTRIBUTES; attribute++) {
		for (int errnum = 1; errnum < 200; errnum++) {
			const char *text = refusal_sentence(attribute, errnum);

			/* part of a longer sentence: small letter first, full stop last */
			CHECK(islower((unsigned char)text[0]) || text[0] == '/');
			CHECK_INT(text[strlen(text) - 1], '.');
		}
	}
}

int main(void)
{
	RUN(test_paths);
	RUN(test_unknown_names);
	RUN(test_refusals);
	return 0;
}
