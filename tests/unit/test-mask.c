/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * common/mask.c: sets of ids in the kernel's order of bits.
 */
#include <errno.h>
#include <string.h>

#include "common/mask.h"
#include "common/parse.h"
#include "tests/unit/check.h"

/* The zeroes that fill a mask up to 64 digits. */
#define ZEROES_16 "0000000000000000"
#define ZEROES_48 ZEROES_16 ZEROES_16 ZEROES_16

static void test_one_id(void)
{
	for (unsigned int id = 0; id < APQN_IDS; id++) {
		struct mask mask = { 0 };

		CHECK(mask_is_empty(&mask));
		mask_set(&mask, id);
		CHECK(!mask_is_empty(&mask));
		CHECK_INT(mask_count(&mask), 1);
		for (unsigned int other = 0; other < APQN_IDS; other++)
			CHECK_INT(mask_test(&mask, other), other == id);
		CHECK_INT(mask_next(&mask, 0), id);
		CHECK_INT(mask_next(&mask, id), id);
		CHECK_INT(mask_next(&mask, id + 1), APQN_IDS);
		mask_clear(&mask, id);
		CHECK(mask_is_empty(&mask));
	}
}

static void test_above(void)
{
	struct mask mask;

	memset(&mask, 0xff, sizeof(mask));
	CHECK_INT(mask_count(&mask), APQN_IDS);
	CHECK(mask_test(&mask, 255));
	CHECK(!mask_test(&mask, 256));
	CHECK(!mask_test(&mask, 100000));
	CHECK_INT(mask_next(&mask, 256), APQN_IDS);
	CHECK_INT(mask_next(&mask, 1000), APQN_IDS);
}

static void test_for_each(void)
{
	static const unsigned int ids[] = { 0, 1, 63, 64, 127, 128, 191, 192, 255 };
	struct mask mask = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(ids); i++)
		mask_set(&mask, ids[i]);
	MASK_FOR_EACH(id, &mask) {
		CHECK(n < ARRAY_SIZE(ids));
		CHECK_INT(id, ids[n++]);
	}
	CHECK_INT(n, ARRAY_SIZE(ids));
}

static void test_sets(void)
{
	struct mask low = { 0 }, odd = { 0 }, result;

	for (unsigned int id = 0; id < APQN_IDS; id++) {
		if (id < 100)
			mask_set(&low, id);
		if (id % 2)
			mask_set(&odd, id);
	}
	result = mask_and(&low, &odd);
	CHECK_INT(mask_count(&result), 50);
	CHECK(mask_is_subset(&result, &low) && mask_is_subset(&result, &odd));
	CHECK(!mask_is_subset(&low, &result));
	result = mask_or(&low, &odd);
	CHECK_INT(mask_count(&result), 100 + 78);
	CHECK(mask_is_subset(&low, &result) && mask_is_subset(&odd, &result));
	result = mask_minus(&low, &odd);
	CHECK_INT(mask_count(&result), 50);
	CHECK(mask_test(&result, 98) && !mask_test(&result, 99) && !mask_test(&result, 100));
	CHECK(mask_equal(&low, &low));
	CHECK(!mask_equal(&low, &odd));
	mask_set(&low, 255);
	result = low;
	mask_clear(&result, 255);
	CHECK(!mask_equal(&low, &result));
}

static void test_complement(void)
{
	struct mask mask = { 0 }, result;

	result = mask_complement(&mask);
	CHECK_INT(mask_count(&result), APQN_IDS);
	for (unsigned int id = 0; id < APQN_IDS; id += 3)
		mask_set(&mask, id);
	result = mask_complement(&mask);
	for (unsigned int id = 0; id < APQN_IDS; id++)
		CHECK_INT(mask_test(&result, id), id % 3 != 0);
	result = mask_complement(&result);
	CHECK(mask_equal(&result, &mask));
}

/* Id 0 is the leftmost bit: Documentation/arch/s390/vfio-ap.rst. */
static void test_format(void)
{
	struct mask mask = { 0 };
	char text[MASK_TEXT_SIZE];

	CHECK_STR(mask_format(&mask, text), "0x" ZEROES_16 ZEROES_48);
	mask_set(&mask, 0);
	CHECK_STR(mask_format(&mask, text), "0x8000000000000000" ZEROES_48);
	mask_set(&mask, 3);
	mask_set(&mask, 255);
	CHECK_STR(mask_format(&mask, text),
		  "0x9000000000000000" ZEROES_16 ZEROES_16 "0000000000000001");
}

static void test_parse(void)
{
	static const struct {
		const char *text;
		int result;
		unsigned int count, first;
	} cases[] = {
		{ "0x8", 0, 1, 0 }, /* fewer digits stand for the leftmost ids */
		{ "0x1", 0, 1, 3 },
		{ "0x0001", 0, 1, 15 },
		{ "0x0", 0, 0, APQN_IDS },
		{ "0xfF", 0, 8, 0 },
		{ "0x" ZEROES_48 "000000000000000f", 0, 4, 252 },
		{ "0x" ZEROES_48 "000000000000000f0", -EINVAL, 0, 0 },
		{ "", -EINVAL, 0, 0 },
		{ "0", -EINVAL, 0, 0 },
		{ "0x", -EINVAL, 0, 0 },
		{ "1234", -EINVAL, 0, 0 },
		{ "0X8", -EINVAL, 0, 0 },
		{ "0x8 ", -EINVAL, 0, 0 },
		{ "0x8\n", -EINVAL, 0, 0 },
		{ "0xg", -EINVAL, 0, 0 },
		{ "0x0x8", -EINVAL, 0, 0 },
		{ "-0x8", -EINVAL, 0, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct mask mask = { .word[2] = 42 };

		if (mask_parse(cases[i].text, strlen(cases[i].text), &mask) != cases[i].result)
			CHECK_FAIL("'%s' is not answered by %d", cases[i].text, cases[i].result);
		if (cases[i].result < 0) {
			CHECK_INT(mask.word[2], 42);
			continue;
		}
		CHECK_INT(mask_count(&mask), cases[i].count);
		CHECK_INT(mask_next(&mask, 0), cases[i].first);
	}
}

static void test_parse_reads_only_its_length(void)
{
	struct mask mask;

	CHECK_INT(mask_parse("0x8zzz", 3, &mask), 0);
	CHECK_INT(mask_next(&mask, 0), 0);
}

static void test_there_and_back(void)
{
	for (unsigned int step = 1; step < 60; step++) {
		struct mask mask = { 0 }, back;
		char text[MASK_TEXT_SIZE];

		for (unsigned int id = step / 2; id < APQN_IDS; id += step)
			mask_set(&mask, id);
		mask_format(&mask, text);
		CHECK_INT(mask_parse(text, strlen(text), &back), 0);
		CHECK(mask_equal(&mask, &back));
	}
}

/* The text has the bits that change. Pieces of any size lead to the same end. */
static void test_format_change(void)
{
	static const struct {
		const char *from, *to, *text;
	} cases[] = {
		{ "0xff00", "0xff00", "" },
		{ "0xff", "0x7f", "-0" },
		{ "0xff", "0x1e", "-0-2,-7" },
		{ "0x00", "0x04", "+5" },
		{ "0xf0", "0x0f", "-0-3,+4-7" },
	};
	char text[4 * APQN_IDS * 2];
	struct mask from, to, reached;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CHECK_INT(mask_parse(cases[i].from, strlen(cases[i].from), &from), 0);
		CHECK_INT(mask_parse(cases[i].to, strlen(cases[i].to), &to), 0);
		reached = mask_format_change(&from, &to, text, sizeof(text));
		CHECK(mask_equal(&reached, &to));
		CHECK_STR(text, cases[i].text);
	}
	for (size_t size = sizeof("-254-255"); size < 700; size += 37) {
		unsigned int pieces = 0;

		memset(&from, 0xaa, sizeof(from));
		memset(&to, 0x55, sizeof(to));
		while (!mask_equal(&from, &to)) {
			reached = mask_format_change(&from, &to, text, size);
			CHECK(strlen(text) < size && ++pieces <= APQN_IDS);
			CHECK_INT(parse_mask(text, &from, &from), 0);
			CHECK(mask_equal(&from, &reached));
		}
	}
}

int main(void)
{
	RUN(test_one_id);
	RUN(test_above);
	RUN(test_for_each);
	RUN(test_sets);
	RUN(test_complement);
	RUN(test_format);
	RUN(test_parse);
	RUN(test_parse_reads_only_its_length);
	RUN(test_there_and_back);
	RUN(test_format_change);
	return 0;
}
