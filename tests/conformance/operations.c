/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/conformance/operations.h"

#include "common/macro.h"

#define APMASK(value_) { .attribute = ATTRIBUTE_APMASK, .value = (value_) }
#define AQMASK(value_) { .attribute = ATTRIBUTE_AQMASK, .value = (value_) }
#define CREATE(value_) { .attribute = ATTRIBUTE_CREATE, .value = (value_) }
#define HARDWARE(value_) { .hardware = true, .value = (value_) }
#define PROBE(value_) { .attribute = ATTRIBUTE_DRIVERS_PROBE, .value = (value_) }

/* An attribute of a device or a queue. */
#define WRITE(attribute_, target_, value_) \
	{ .attribute = ATTRIBUTE_##attribute_, .target = (target_), .value = (value_) }
#define A(attribute_, value_) WRITE(attribute_, UUID_A, value_)
#define B(attribute_, value_) WRITE(attribute_, UUID_B, value_)

#define ONES_16 "ffffffffffffffff"
#define ZEROS_16 "0000000000000000"
#define ALL "0x" ONES_16 ONES_16 ONES_16 ONES_16
#define NONE "0x" ZEROS_16 ZEROS_16 ZEROS_16 ZEROS_16

const struct operation operations[] = {
	/* masks: how they are read */
	APMASK("+0"),
	APMASK("\n"),
	APMASK(ALL "\n"),
	APMASK("0x7"),
	APMASK("+0"),
	APMASK("x3f"),
	APMASK("5f\n"),
	APMASK("0X5f"),
	APMASK(ALL "f"),
	APMASK("0x5g"),
	APMASK("0x"),
	APMASK("garbage"),
	APMASK("+"),
	APMASK("+256"),
	APMASK("-0x100"),
	APMASK("+3-1"),
	APMASK("+0-"),
	APMASK("+ 1"),
	APMASK("+99999999999999999999"),
	APMASK("+0-0xff,-010"),
	APMASK("+0-255,-1-2\n"),
	APMASK("+1+2,,"),
	APMASK(""),
	AQMASK("-0,-5-0x6"),
	AQMASK("-x"),
	AQMASK(NONE),
	AQMASK("0xffff"),
	AQMASK(ALL),

	/* create */
	CREATE("no UUID"),
	CREATE("AAAAAAAA-0000-4000-8000-00000000000"),
	CREATE("AAAAAAAA-0000-4000-8000-0000000000012"),
	CREATE(UUID_A),
	CREATE(UUID_B "\n"),
	CREATE("aaaaaaaa_0000-4000-8000-000000000001"),
	CREATE("aaaaaaaa-0000-4000-8000-0000000000zz"),

	/* the host has everything */
	A(ASSIGN_ADAPTER, "0"),
	A(ASSIGN_DOMAIN, "0"),
	A(ASSIGN_ADAPTER, "1"),
	A(UNASSIGN_ADAPTER, "0"),
	A(ASSIGN_DOMAIN, "0"),
	A(UNASSIGN_DOMAIN, "0"),
	A(AP_CONFIG, "0x8,0x8,0x8"),

	/* numbers */
	A(ASSIGN_ADAPTER, "256"),
	A(ASSIGN_ADAPTER, "18446744073709551616"),
	A(ASSIGN_ADAPTER, "-1"),
	A(ASSIGN_ADAPTER, ""),
	A(ASSIGN_ADAPTER, "\n"),
	A(ASSIGN_ADAPTER, "1 "),
	A(ASSIGN_ADAPTER, " 1"),
	A(ASSIGN_ADAPTER, "0x"),
	A(ASSIGN_ADAPTER, "08"),
	A(ASSIGN_DOMAIN, "0x100"),
	A(ASSIGN_DOMAIN, "five"),
	A(UNASSIGN_ADAPTER, "256"),
	A(UNASSIGN_ADAPTER, "1x"),
	A(UNASSIGN_DOMAIN, "300"),
	A(UNASSIGN_DOMAIN, "7"),
	A(ASSIGN_CONTROL_DOMAIN, "256"),
	A(ASSIGN_CONTROL_DOMAIN, "+017\n"),
	A(ASSIGN_CONTROL_DOMAIN, "2"),
	A(UNASSIGN_CONTROL_DOMAIN, "0xF"),
	A(UNASSIGN_CONTROL_DOMAIN, "0xF"),
	A(UNASSIGN_CONTROL_DOMAIN, "-2"),

	/* queues for guests: adapters 1 and 2, domains 2 and 3 everywhere, and the absent 9 */
	APMASK("-1-2,-9"),
	AQMASK("-2,-3"),
	A(ASSIGN_ADAPTER, "1"),
	A(ASSIGN_ADAPTER, "1\n"),
	A(ASSIGN_DOMAIN, "5"),
	A(ASSIGN_DOMAIN, "6"),
	A(ASSIGN_ADAPTER, "3"),
	A(ASSIGN_ADAPTER, "9"),
	B(ASSIGN_DOMAIN, "5"),
	B(ASSIGN_ADAPTER, "1"),
	B(ASSIGN_ADAPTER, "2"),
	B(ASSIGN_ADAPTER, "9"),
	A(ASSIGN_ADAPTER, "2"),
	A(UNASSIGN_DOMAIN, "5"),
	A(ASSIGN_ADAPTER, "2"),

	/* the masks of a host whose devices have queues */
	APMASK("+1"),
	APMASK("+0-255"),
	APMASK("+9"),
	APMASK("-0"),
	APMASK("+0"),
	AQMASK("+2"),
	AQMASK("-6"),
	AQMASK("+6"),
	AQMASK("-5"),
	APMASK("+2"),
	AQMASK("+5"),
	APMASK("+3,-3"),
	APMASK(NONE),
	APMASK(ALL),

	/* a queue that is not bound filters the adapter out */
	A(ASSIGN_DOMAIN, "40"),
	A(ASSIGN_DOMAIN, "3"),
	WRITE(UNBIND, "01.0003", "01.0003"),
	WRITE(UNBIND, "01.0003", "01.0003"),
	WRITE(UNBIND, "01.0006", "00.0000"),
	/*
	 * At once: on the next write to a mask the kernel looks for the flags of the driver that
	 * an unbound queue does not have (__ap_revise_reserved()), and finds what lies near
	 * address 0.
	 */
	PROBE("00.0000\n"),
	WRITE(UNBIND, "01.0006", "01.6"),
	A(ASSIGN_DOMAIN, "4"),
	A(UNASSIGN_DOMAIN, "3"),
	A(ASSIGN_CONTROL_DOMAIN, "40"),
	PROBE("01.0003"),
	A(ASSIGN_DOMAIN, "3"),
	WRITE(UNBIND, "02.0006", "02.0006"),
	PROBE("01.0006"),
	PROBE("0f.0006"),
	PROBE("card01"),
	PROBE("card0f\n"),
	PROBE("02.0006\n"),
	WRITE(UNBIND, "0f.0001", "0f.0001"),

	/* ap_config */
	A(AP_CONFIG, "0x4,0x0,0x0"),
	A(AP_CONFIG, "0x4,0x0"),
	A(AP_CONFIG, "0x4,0x01"),
	A(AP_CONFIG, "+1,0x01,0x0"),
	A(AP_CONFIG, "0x4,0x012,0x2,0x8"),
	A(AP_CONFIG, "0x4,0x012,0x2 "),
	A(AP_CONFIG, "0x6,0x012,0x2\n"),
	A(AP_CONFIG, "0x7,0x012,0x2\n"),
	A(AP_CONFIG, "0x24,0x02,0x2\n"),
	A(AP_CONFIG, "4,02\n3"),
	A(AP_CONFIG, "0x4\n0x021\n0x0\n"),
	A(AP_CONFIG, NONE "," NONE "," NONE),
	A(AP_CONFIG, ALL "," ALL "," ALL),
	A(AP_CONFIG, "0x4,,"),
	A(AP_CONFIG, ",,"),
	A(AP_CONFIG, ""),
	A(AP_CONFIG, "0x4,0x32,0xff"),

	/* the machine changes below */
	HARDWARE("config 1 off"),
	A(UNASSIGN_DOMAIN, "2"),
	A(ASSIGN_DOMAIN, "2"),
	HARDWARE("config 1 on"),
	HARDWARE("chkstop 1 on"),
	HARDWARE("config 1 off"),
	HARDWARE("chkstop 1 off"),
	HARDWARE("config 1 on"),
	HARDWARE("irq 01.0002 on"),
	HARDWARE("irq 00.0001 on"),
	A(UNASSIGN_ADAPTER, "1"),
	A(ASSIGN_ADAPTER, "1"),
	HARDWARE("irq 01.0002 on"),
	HARDWARE("plug 1 off"),
	A(ASSIGN_DOMAIN, "7"),
	B(UNASSIGN_DOMAIN, "5"),
	B(ASSIGN_DOMAIN, "7"),
	HARDWARE("plug 1 on"),
	HARDWARE("plug 9 on"),
	HARDWARE("domain 2 off"),
	HARDWARE("domain 40 on"),
	A(ASSIGN_CONTROL_DOMAIN, "41"),
	HARDWARE("domain 41 on"),
	HARDWARE("domain 2 on"),
	HARDWARE("plug 3 off"),
	APMASK("-3"),
	HARDWARE("plug 3 on"),
	APMASK("+3"),
	HARDWARE("domain 41 off"),
	HARDWARE("domain 40 off"),
	HARDWARE("plug 9 off"),
	HARDWARE("irq 00.0001 off"),

	/* remove */
	A(REMOVE, "0"),
	A(REMOVE, "x"),
	A(REMOVE, ""),
	WRITE(REMOVE, "cccccccc-0000-4000-8000-000000000003", "1"),
	A(REMOVE, "1"),
	A(REMOVE, "1"),
	A(ASSIGN_ADAPTER, "1"),
	B(REMOVE, "0x10\n"),
	AQMASK(ALL),
	APMASK(ALL),
};

const size_t operations_count = ARRAY_SIZE(operations);

const struct operation override_operations[] = {
	/* masks in use forbid it */
	APMASK("-3"),
	WRITE(DRIVER_OVERRIDE, "00.0001", "vfio_ap"),
	WRITE(DRIVER_OVERRIDE, "00.0001", "\n"),
	APMASK("+3"),
	AQMASK("-7"),
	WRITE(DRIVER_OVERRIDE, "00.0001", "vfio_ap"),
	AQMASK("+7"),

	/* override, unbind, drivers_probe, assign */
	CREATE(UUID_A),
	WRITE(DRIVER_OVERRIDE, "0f.0001", "vfio_ap"),
	WRITE(DRIVER_OVERRIDE, "00.0001", ""),
	WRITE(DRIVER_OVERRIDE, "00.0001", "vfio_ap\n"),
	APMASK("+0"),
	AQMASK(ALL),
	PROBE("00.0001"),
	A(AP_CONFIG, "0x8,0x4,0x0"),
	WRITE(UNBIND, "00.0001", "00.0001"),
	A(AP_CONFIG, "0x8,0x4,0x0"),
	PROBE("00.0001"),
	A(AP_CONFIG, "0x8,0x4,0x0"),
	A(ASSIGN_DOMAIN, "2"),
	A(ASSIGN_ADAPTER, "9"),
	WRITE(DRIVER_OVERRIDE, "00.0002", "vfio_ap"),
	WRITE(UNBIND, "00.0002", "00.0002"),
	PROBE("00.0002"),
	A(ASSIGN_DOMAIN, "2"),

	/* it steals */
	WRITE(DRIVER_OVERRIDE, "00.0002", "cex4queue"),
	WRITE(UNBIND, "00.0002", "00.0002"),
	PROBE("00.0002"),
	A(ASSIGN_CONTROL_DOMAIN, "2"),
	A(ASSIGN_DOMAIN, "1"),
	A(UNASSIGN_DOMAIN, "2"),
	A(UNASSIGN_ADAPTER, "0"),
	A(ASSIGN_ADAPTER, "0"),

	/* another driver, none, and back */
	WRITE(DRIVER_OVERRIDE, "00.0002", "nobody"),
	WRITE(UNBIND, "00.0002", "00.0002"),
	PROBE("00.0002"),
	A(ASSIGN_DOMAIN, "2"),
	WRITE(DRIVER_OVERRIDE, "00.0002", "\n"),
	PROBE("00.0002"),
	APMASK("-3"),
	WRITE(DRIVER_OVERRIDE, "00.0001", "\n"),
	APMASK("-3"),
	APMASK("+3"),
	A(REMOVE, "1"),

	/* an overridden queue that goes is never counted off */
	WRITE(DRIVER_OVERRIDE, "02.0001", "vfio_ap"),
	HARDWARE("plug 2 off"),
	HARDWARE("plug 2 on"),
	APMASK("-3"),
	AQMASK("-3"),
	WRITE(DRIVER_OVERRIDE, "02.0001", "vfio_ap"),
	WRITE(DRIVER_OVERRIDE, "02.0001", "\n"),
	APMASK("-3"),
};

const size_t override_operations_count = ARRAY_SIZE(override_operations);
