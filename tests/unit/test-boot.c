/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Masks on the kernel's command line.  What the kernel made of the odd ones was tried in the lab.
 */
#include "daemon/kernel/boot.h"
#include "tests/unit/check.h"

#define ABSENT -1 /* instead of a number of ids */

/* Which masks a command line gives: how many ids, and one of them (or 0). */
static void expect(const char *line, int apmask_ids, unsigned int adapter, int aqmask_ids,
		   unsigned int domain)
{
	struct boot_masks masks;

	boot_parse(line, &masks);
	CHECK_INT(masks.has_apmask, apmask_ids != ABSENT);
	CHECK_INT(masks.has_aqmask, aqmask_ids != ABSENT);
	if (apmask_ids != ABSENT)
		CHECK_INT(mask_count(&masks.apmask), apmask_ids);
	if (aqmask_ids != ABSENT)
		CHECK_INT(mask_count(&masks.aqmask), aqmask_ids);
	CHECK(apmask_ids <= 0 || mask_test(&masks.apmask, adapter));
	CHECK(aqmask_ids <= 0 || mask_test(&masks.aqmask, domain));
}

static void absent_ones(void)
{
	expect("", ABSENT, 0, ABSENT, 0);
	expect("\n", ABSENT, 0, ABSENT, 0);
	expect("root=/dev/dasda1 quiet apmask=0x1 xap.apmask=0x1 ap.apmaskx=0x1", ABSENT, 0, ABSENT,
	       0);
	expect("ap.apmask ap.aqmask", ABSENT, 0, ABSENT, 0);
	expect("init=\"a ap.apmask=0x1\" \"b ap.aqmask=0x1\"", ABSENT, 0, ABSENT, 0);
	expect("-- ap.apmask=0x1", ABSENT, 0, ABSENT, 0);
}

static void absolute_ones(void)
{
	expect("ap.apmask=0x1", 1, 3, ABSENT, 0);
	expect("  quiet\tap.aqmask=0x8000 ap.apmask=f0\n", 4, 2, 1, 0);
	expect("ap.apmask=0xffff ap.apmask=0x4", 1, 1, ABSENT, 0);
	expect("ap.apmask=0x4 -- ap.apmask=0xffff", 1, 1, ABSENT, 0);
}

static void relative_ones_change_an_empty_mask(void)
{
	expect("ap.apmask=+0-3,+0x10 ap.aqmask=-5", 5, 16, 0, 0);
	expect("ap.aqmask=+0-255,-71", ABSENT, 0, 255, 70);
	/* each is read by itself */
	expect("ap.apmask=+1 ap.apmask=+2", 1, 2, ABSENT, 0);
}

static void bad_ones_leave_an_empty_mask(void)
{
	expect("ap.apmask=0xzz ap.aqmask=", 0, 0, 0, 0);
	expect("ap.apmask=0xffff ap.apmask=+256", 0, 0, ABSENT, 0);
	expect("ap.apmask=+1,2", 0, 0, ABSENT, 0);
}

static void quoted_ones(void)
{
	expect("ap.apmask=\"0x1\" \"ap.aqmask=+7\"", 1, 3, 1, 7);
	expect("ap.apmask=\"\" ap.aqmask=\"0x1", 0, 0, 1, 3);
	expect("\"ap.aqmask=+7", ABSENT, 0, 1, 7);
	/* what is behind the blank belongs to the value, which is bad then */
	expect("ap.apmask=\"0x1 ap.aqmask=+7\"", 0, 0, ABSENT, 0);
	expect("\"", ABSENT, 0, ABSENT, 0);
}

static void a_value_that_is_too_long_is_not_taken(void)
{
	char line[1200] = "ap.aqmask=0x1 ap.apmask=";

	memset(line + strlen(line), '+', 1025);
	expect(line, ABSENT, 0, 1, 3);
	line[strlen(line) - 1] = '\0';
	expect(line, 0, 0, 1, 3);
}

static void the_machines_own(void)
{
	struct boot_masks masks;

	CHECK_INT(boot_read(&masks), 0);
}

int main(void)
{
	RUN(absent_ones);
	RUN(absolute_ones);
	RUN(relative_ones_change_an_empty_mask);
	RUN(bad_ones_leave_an_empty_mask);
	RUN(quoted_ones);
	RUN(a_value_that_is_too_long_is_not_taken);
	RUN(the_machines_own);
	return 0;
}
