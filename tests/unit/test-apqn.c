/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * common/apqn.c: the kernel's names of queues.
 */
#include <errno.h>

#include "common/apqn.h"
#include "tests/unit/check.h"

static void test_format(void)
{
	char text[APQN_TEXT_SIZE];

	CHECK_STR(apqn_format((struct apqn){ 0, 0 }, text), "00.0000");
	CHECK_STR(apqn_format((struct apqn){ 0x0a, 0x47 }, text), "0a.0047");
	CHECK_STR(apqn_format((struct apqn){ 255, 255 }, text), "ff.00ff");
}

static void test_parse(void)
{
	static const struct {
		const char *text;
		int result;
		uint8_t adapter, domain;
	} cases[] = {
		{ "0a.0047", 0, 10, 0x47 },    { "0A.004f", 0, 10, 0x4f },
		{ "ff.00ff", 0, 255, 255 },    { "4.5", 0, 4, 5 }, /* as people shorten them */
		{ "10.10", 0, 16, 16 },				   /* always hexadecimal */
		{ "04.0100", -ERANGE, 0, 0 },  { "04.ffff", -ERANGE, 0, 0 },
		{ "", -EINVAL, 0, 0 },	       { ".", -EINVAL, 0, 0 },
		{ "04", -EINVAL, 0, 0 },       { "04.", -EINVAL, 0, 0 },
		{ ".0005", -EINVAL, 0, 0 },    { "100.0005", -EINVAL, 0, 0 },
		{ "004.0005", -EINVAL, 0, 0 }, { "04.00005", -EINVAL, 0, 0 },
		{ "0x4.0005", -EINVAL, 0, 0 }, { "04.0005 ", -EINVAL, 0, 0 },
		{ " 04.0005", -EINVAL, 0, 0 }, { "04.0005\n", -EINVAL, 0, 0 },
		{ "04,0005", -EINVAL, 0, 0 },  { "0g.0005", -EINVAL, 0, 0 },
		{ "04.-005", -EINVAL, 0, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct apqn apqn = { 0xaa, 0xbb };

		if (apqn_parse(cases[i].text, &apqn) != cases[i].result)
			CHECK_FAIL("'%s' is not answered by %d", cases[i].text, cases[i].result);
		CHECK_INT(apqn.adapter, cases[i].result ? 0xaa : cases[i].adapter);
		CHECK_INT(apqn.domain, cases[i].result ? 0xbb : cases[i].domain);
	}
}

static void test_all_there_and_back(void)
{
	for (unsigned int adapter = 0; adapter < APQN_IDS; adapter++) {
		for (unsigned int domain = 0; domain < APQN_IDS; domain++) {
			struct apqn apqn = { adapter, domain }, back;
			char text[APQN_TEXT_SIZE];

			CHECK_INT(apqn_parse(apqn_format(apqn, text), &back), 0);
			CHECK_INT(apqn_compare(apqn, back), 0);
		}
	}
}

static void test_order(void)
{
	CHECK(apqn_compare((struct apqn){ 4, 9 }, (struct apqn){ 5, 1 }) < 0);
	CHECK(apqn_compare((struct apqn){ 5, 1 }, (struct apqn){ 4, 9 }) > 0);
	CHECK(apqn_compare((struct apqn){ 4, 1 }, (struct apqn){ 4, 2 }) < 0);
	CHECK(apqn_compare((struct apqn){ 255, 255 }, (struct apqn){ 0, 0 }) > 0);
	CHECK_INT(apqn_compare((struct apqn){ 4, 1 }, (struct apqn){ 4, 1 }), 0);
}

int main(void)
{
	RUN(test_format);
	RUN(test_parse);
	RUN(test_all_there_and_back);
	RUN(test_order);
	return 0;
}
