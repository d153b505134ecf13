/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * common/list.c: lists of ids as people write them.
 */
#include <errno.h>

#include "common/cleanup.h"
#include "common/list.h"
#include "tests/unit/check.h"

static void test_accepted(void)
{
	static const struct {
		const char *text, *adapters, *domains;
	} cases[] = {
		{ "", "-", "-" },
		{ "0", "00", "0000" },
		{ "4", "04", "0004" },
		{ "10", "0a", "000a" }, /* plain numbers are decimal */
		{ "0x10", "10", "0010" },
		{ "0X1f", "1f", "001f" },
		{ "255", "ff", "00ff" },
		{ "0xff", "ff", "00ff" },
		{ "0x000ff", "ff", "00ff" },
		{ "4,6,0x10-0x12", "04,06,10-12", "0004,0006,0010-0012" },
		{ "6,4,5", "04-06", "0004-0006" },
		{ "4,4", "04", "0004" },
		{ "4-4", "04", "0004" },
		{ "9-0xb", "09-0b", "0009-000b" },
		{ "0-255", "00-ff", "0000-00ff" },
		{ "62-65", "3e-41", "003e-0041" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP_FREE char *message = NULL, *adapters = NULL, *domains = NULL;
		struct mask mask;

		if (list_parse(cases[i].text, LIST_ADAPTERS, &mask, NULL, &message) != 0)
			CHECK_FAIL("'%s' is refused: %s", cases[i].text, message);
		adapters = list_format(&mask, LIST_ADAPTERS);
		domains = list_format(&mask, LIST_DOMAINS);
		CHECK_STR(adapters, cases[i].adapters);
		CHECK_STR(domains, cases[i].domains);
	}
}

static void test_refused(void)
{
	static const struct {
		const char *text, *quoted;
	} cases[] = {
		{ "256", "'256'" },
		{ "0x100", "'0x100'" },
		{ "4294967300", "'4294967300'" }, /* 4, if somebody counts in 32 bits */
		{ "99999999999999999999999", "'99999999999999999999999'" },
		{ "a", "'a'" }, /* nothing is guessed to be hexadecimal */
		{ "1f", "'1f'" },
		{ "0x", "'0x'" },
		{ "-", "'-'" },
		{ "-4", "'-4'" },
		{ "4-", "'4-'" },
		{ "6-4", "'6-4'" },
		{ "4-5-6", "'4-5-6'" },
		{ "4,,5", "''" },
		{ "4,", "''" },
		{ ",4", "''" },
		{ ",", "''" },
		{ "4, 5", "' 5'" },
		{ "4 5", "'4 5'" },
		{ "+4", "'+4'" },
		{ "4,5,six,7", "'six'" },
		{ "4-300", "'4-300'" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP_FREE char *message = NULL;
		struct mask mask = { .word[1] = 7 };

		if (list_parse(cases[i].text, LIST_DOMAINS, &mask, NULL, &message) != -EINVAL)
			CHECK_FAIL("'%s' is not refused", cases[i].text);
		CHECK_HAS(message, cases[i].quoted);
		CHECK_INT(mask.word[1], 7);
		CHECK_INT(mask.word[0], 0);
	}
}

static void test_message(void)
{
	CLEANUP_FREE char *message = NULL, *other = NULL, *longer = NULL;
	char many[200];
	struct mask mask;

	CHECK_INT(list_parse("4,300,5", LIST_ADAPTERS, &mask, NULL, &message), -EINVAL);
	CHECK_STR(message,
		  "'300' is not an adapter: give numbers from 0 to 255 (decimal, or "
		  "hexadecimal with 0x) or ranges of them, separated by commas, for example "
		  "4,6,0x10-0x12.");
	CHECK_INT(list_parse("x", LIST_DOMAINS, &mask, NULL, &other), -EINVAL);
	CHECK_HAS(other, "'x' is not a domain: ");
	memset(many, '7', sizeof(many) - 1);
	many[sizeof(many) - 1] = '\0';
	CHECK_INT(list_parse(many, LIST_DOMAINS, &mask, NULL, &longer), -EINVAL);
	CHECK(strlen(longer) < 250);
}

/* Ids are printed in hexadecimal with leading zeros: what was copied from there is not guessed. */
static void test_advice(void)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "0047", "'0047' can be read in two ways: write 47 or 0x47 (" },
		{ "010", "'010' can be read in two ways: write 10 or 0x10 (" },
		{ "00", "'00' can be read in two ways: write 0 or 0x0 (" },
		{ "1,0012-0015,2", "'0012-0015' can be read in two ways: write 12-15 or 0x12-0x15 (" },
		{ "9-010", "'9-010' can be read in two ways: write 9-10 or 0x9-0x10 (" },
		{ "0x4-0010", "'0x4-0010' can be read in two ways: write 0x4-10 or 0x4-0x10 (" },
		{ "0200", "'0200' can be misread: write 200 (" },
		{ "4f", "'4f' can be misread: write 0x4f (" },
		{ "00ff", "'00ff' can be misread: write 0xff (" },
		{ "10-1f", "'10-1f' can be misread: write 0x10-0x1f (" },
		{ "0x10-15", "'0x10-15' can be misread: write 0x10-0x15 (" },
		{ "0300", "'0300' is not a domain: give numbers from 0 to 255" },
		{ "12-010", "'12-010' is not a domain: give " },
		{ "0-0-0-0-0-0-0-0-0-0-0-0-0-0-0-0", "is not a domain: give " },
		{ "04.0047", "'04.0047' is a queue, and not a domain: give queues by --queues." },
		{ "04.0047-0049", "'04.0047-0049' is a queue, and not a domain: " },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP_FREE char *message = NULL;
		struct mask mask = { 0 };

		if (list_parse(cases[i].text, LIST_DOMAINS, &mask, NULL, &message) != -EINVAL)
			CHECK_FAIL("'%s' is not refused", cases[i].text);
		CHECK_HAS(message, cases[i].message);
		CHECK(mask_is_empty(&mask));
	}
}

static void test_decimal(void)
{
	static const struct {
		const char *text, *decimal;
	} cases[] = {
		{ "", "-" },
		{ "0-9", "-" },
		{ "0x10,0x20-0x2f", "-" },
		{ "10", "0a" },
		{ "9-10", "09-0a" },
		{ "0x10-17", "10-11" },
		{ "4,47,0x47", "2f" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP_FREE char *message = NULL, *text = NULL;
		struct mask mask, decimal;

		CHECK_INT(list_parse(cases[i].text, LIST_ADAPTERS, &mask, &decimal, &message), 0);
		text = list_format(&decimal, LIST_ADAPTERS);
		CHECK_STR(text, cases[i].decimal);
	}
}

static void test_read_both(void)
{
	unsigned int decimal = 1000, hex = 1000;

	CHECK(list_read_both("0047", &decimal, &hex));
	CHECK_INT(decimal, 47);
	CHECK_INT(hex, 0x47);
	CHECK(list_read_both("4f", &decimal, &hex));
	CHECK_INT(decimal, APQN_IDS);
	CHECK_INT(hex, 0x4f);
	CHECK(list_read_both("200", &decimal, &hex));
	CHECK_INT(decimal, 200);
	CHECK_INT(hex, APQN_IDS);
	CHECK(!list_read_both("300", &decimal, &hex));
	CHECK(!list_read_both("0x47", &decimal, &hex));
	CHECK(!list_read_both("", &decimal, &hex));
	CHECK(!list_read_both("-4", &decimal, &hex));
	CHECK(!list_read_both("4 ", &decimal, &hex));
}

/* The parser accepts the advised text, with the same meaning. */
static void test_option(void)
{
	for (unsigned int step = 1; step < 100; step++) {
		CLEANUP_FREE char *message = NULL, *text = NULL;
		struct mask mask = { 0 }, back, decimal;

		for (unsigned int id = 0; id < APQN_IDS; id++)
			if (id * 7 / step % 3 != 0)
				mask_set(&mask, id);
		text = list_format_option(&mask, step % 2 ? LIST_ADAPTERS : LIST_DOMAINS);
		CHECK(text);
		CHECK_INT(list_parse(text, LIST_ADAPTERS, &back, &decimal, &message), 0);
		CHECK(mask_equal(&mask, &back) && mask_is_empty(&decimal));
	}
}

static void test_there_and_back(void)
{
	for (unsigned int step = 1; step < 100; step++) {
		CLEANUP_FREE char *message = NULL, *text = NULL;
		struct mask mask = { 0 };

		for (unsigned int id = 0; id < APQN_IDS; id++)
			if (id * 7 / step % 3 != 0)
				mask_set(&mask, id);
		text = list_format(&mask, LIST_ADAPTERS);
		CHECK(text);
		/* What is printed is hexadecimal without saying so, as the kernel writes it. */
		CHECK(strspn(text, "0123456789abcdef,-") == strlen(text));
		MASK_FOR_EACH(id, &mask) {
			struct mask one;
			char number[8];

			snprintf(number, sizeof(number), "%u", id);
			CHECK_INT(list_parse(number, LIST_ADAPTERS, &one, NULL, &message), 0);
			CHECK(mask_test(&one, id) && mask_count(&one) == 1);
		}
	}
}

int main(void)
{
	RUN(test_accepted);
	RUN(test_refused);
	RUN(test_message);
	RUN(test_advice);
	RUN(test_decimal);
	RUN(test_read_both);
	RUN(test_option);
	RUN(test_there_and_back);
	return 0;
}
