/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's ways to read text; that they are the kernel's is for tests/conformance/ to show.
 */
#include <errno.h>
#include <limits.h>

#include "common/parse.h"
#include "tests/unit/check.h"

static void numbers(void)
{
	static const struct {
		const char *text;
		int r;
		unsigned long number;
	} cases[] = {
		{ "0", 0, 0 },
		{ "010", 0, 8 },
		{ "0x1F\n", 0, 31 },
		{ "+7", 0, 7 },
		{ "18446744073709551615", 0, ULONG_MAX },
		{ "18446744073709551616", -ERANGE, 0 },
		{ "", -EINVAL, 0 },
		{ "\n", -EINVAL, 0 },
		{ "-1", -EINVAL, 0 },
		{ " 1", -EINVAL, 0 },
		{ "1 ", -EINVAL, 0 },
		{ "1\n\n", -EINVAL, 0 },
		{ "08", -EINVAL, 0 },
		{ "0x", -EINVAL, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		unsigned long number = 0;

		CHECK_INT(parse_number(cases[i].text, &number), cases[i].r);
		CHECK(number == cases[i].number);
	}
}

static void yes_and_no(void)
{
	static const char *const yes[] = { "1", "y", "Yes", "true", "T", "on", "oN\n", "12" };
	static const char *const no[] = { "0", "n", "No", "false", "F", "off", "OF", "0x1" };
	static const char *const neither[] = { "", "\n", " 1", "2", "-1", "o", "O!", "enabled" };
	bool answer;

	for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
		answer = false;
		CHECK_INT(parse_bool(yes[i], &answer), 0);
		CHECK(answer);
	}
	for (size_t i = 0; i < ARRAY_SIZE(no); i++) {
		answer = true;
		CHECK_INT(parse_bool(no[i], &answer), 0);
		CHECK(!answer);
	}
	for (size_t i = 0; i < ARRAY_SIZE(neither); i++)
		CHECK_INT(parse_bool(neither[i], &answer), -EINVAL);
}

static void masks(void)
{
	struct mask old = { 0 }, mask = { 0 };
	char text[MASK_TEXT_SIZE];

	mask_set(&old, 4);
	CHECK_INT(parse_mask("+0-0x3,-4,+017\n", &old, &mask), 0);
	CHECK_STR(mask_format(&mask, text),
		  "0xf001000000000000000000000000000000000000000000000000000000000000");
	CHECK_INT(parse_mask("0x08", &old, &mask), 0);
	CHECK(mask_equal(&mask, &old));
	CHECK_INT(parse_mask("+1,2", &old, &mask), -EINVAL);
	CHECK_INT(parse_mask("+256", &old, &mask), -EINVAL);
	CHECK_INT(parse_mask("0x08 ", &old, &mask), -EINVAL);
	CHECK(mask_equal(&mask, &old));
}

static void a_hex_mask_ends_with_its_length(void)
{
	struct mask mask;

	CHECK_INT(parse_hex_mask("0x8,0x4", 3, &mask), 0);
	CHECK_INT(mask_count(&mask), 1);
	CHECK(mask_test(&mask, 0));
	CHECK_INT(parse_hex_mask("0x8,0x4", 4, &mask), -EINVAL);
}

int main(void)
{
	RUN(numbers);
	RUN(yes_and_no);
	RUN(masks);
	RUN(a_hex_mask_ends_with_its_length);
	return 0;
}
