/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * common/matrix.c: ap_config, the kernel's listings, and what people read.
 */
#include <errno.h>

#include "common/cleanup.h"
#include "common/matrix.h"
#include "tests/unit/check.h"
#include "tests/unit/model.h"

static void test_sets(void)
{
	struct matrix a = matrix_of("4-5", "0x10,0x11", "1"), b = matrix_of("5-6", "0x11", "2"),
		      none = { 0 };
	struct matrix both = matrix_or(&a, &b), less = matrix_minus(&a, &b);
	struct matrix expected_both = matrix_of("4-6", "0x10-0x11", "1-2");
	struct matrix expected_less = matrix_of("4", "0x10", "1");

	CHECK(matrix_equal(&both, &expected_both));
	CHECK(matrix_equal(&less, &expected_less));
	CHECK(!matrix_equal(&a, &b));
	CHECK(matrix_is_subset(&a, &both) && matrix_is_subset(&less, &a) &&
	      !matrix_is_subset(&both, &a));
	CHECK(matrix_is_empty(&none) && !matrix_is_empty(&a));
	b = matrix_of("", "", "3");
	CHECK(!matrix_is_empty(&b));
	CHECK(!matrix_is_subset(&b, &a));
}

static void test_queues(void)
{
	struct matrix a = matrix_of("4-5", "0x10-0x12", ""), b = matrix_of("5-6", "0x12-0x14", "");
	struct matrix c = matrix_of("6", "0x10", ""), all = matrix_of("0-255", "0-255", "");
	struct apqn first = { 0, 0 };
	unsigned int n = 0;

	CHECK_INT(matrix_queue_count(&a), 6);
	CHECK_INT(matrix_queue_count(&all), 65536);
	CHECK(matrix_has_queue(&a, (struct apqn){ 5, 0x12 }));
	CHECK(!matrix_has_queue(&a, (struct apqn){ 6, 0x12 }));
	CHECK(!matrix_has_queue(&a, (struct apqn){ 5, 0x13 }));
	CHECK(matrix_overlaps(&a, &b, &first));
	CHECK_INT(first.adapter, 5);
	CHECK_INT(first.domain, 0x12);
	CHECK(matrix_overlaps(&a, &b, NULL));
	/* One axis in common is no queue in common. */
	CHECK(!matrix_overlaps(&a, &c, &first));
	CHECK(!matrix_overlaps(&b, &c, &first));
	MATRIX_FOR_EACH_QUEUE(adapter, domain, &a) {
		CHECK_INT(adapter, 4 + n / 3);
		CHECK_INT(domain, 0x10 + n % 3);
		n++;
	}
	CHECK_INT(n, 6);
}

static void test_ap_config(void)
{
	static const char *const bad[] = {
		"",
		"0x8",
		"0x8,0x8",
		"0x8,0x8,",
		"0x8,0x8,0x8,",
		"0x8,0x8,0x8,0x8",
		"0x8,0x8,0x8\n\n",
		"0x8,0x8,0x8 ",
		"0x8, 0x8,0x8",
		",,",
		"0x8\n0x8\n0x8",
		"8,8,8",
	};
	struct matrix matrix = matrix_of("0,255", "1", "2-3"), back;
	char text[MATRIX_TEXT_SIZE + 1];

	matrix_format(&matrix, text);
	CHECK_INT(strlen(text), MATRIX_TEXT_SIZE - 1);
	CHECK_INT(matrix_parse(text, &back), 0);
	CHECK(matrix_equal(&matrix, &back));
	strcat(text, "\n");
	CHECK_INT(matrix_parse(text, &back), 0);
	CHECK(matrix_equal(&matrix, &back));
	CHECK_INT(matrix_parse("0x8,0x4,0x3", &back), 0);
	matrix = matrix_of("0", "1", "2-3");
	CHECK(matrix_equal(&matrix, &back));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		if (matrix_parse(bad[i], &back) != -EINVAL)
			CHECK_FAIL("'%s' is accepted", bad[i]);
		CHECK(matrix_equal(&matrix, &back));
	}
}

static void test_listing(void)
{
	static const struct {
		const char *text, *adapters, *domains;
	} good[] = {
		{ "", "", "" },
		{ "04.0010\n04.0011\n06.0010\n06.0011\n", "4,6", "0x10-0x11" },
		{ "04.0010", "4", "0x10" }, /* truncated by the page: no newline at its end */
		{ "04.\n06.\n", "4,6", "" },
		{ ".0010\n.00ff\n", "", "0x10,255" },
		{ "ff.00ff\n", "255", "255" },
	};
	static const char *const bad[] = {
		"\n",	      ".\n",	   "04.0010\n\n",	 "04.0010\ngarbage\n",
		"04\n",	      "04.0100\n", "104.0010\n",	 ".00100\n",
		"04.0010 \n", "....",	   "04.0010\n\n04.0011",
	};
	struct matrix matrix, expected;

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		expected = matrix_of(good[i].adapters, good[i].domains, "");
		CHECK_INT(matrix_parse_listing(good[i].text, &matrix), 0);
		CHECK(matrix_equal(&matrix, &expected));
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (matrix_parse_listing(bad[i], &matrix) != -EINVAL)
			CHECK_FAIL("'%s' is accepted", bad[i]);
}

static void test_describe(void)
{
	static const struct {
		const char *adapters, *domains, *control, *text;
	} cases[] = {
		{ "", "", "", "no queues" },
		{ "4,6", "0x10-0x12", "0x10",
		  "adapters 04,06 domains 0010-0012 control domains 0010" },
		{ "4", "", "", "adapters 04" },
		{ "", "1", "", "domains 0001" },
		{ "", "", "255", "control domains 00ff" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct matrix matrix =
			matrix_of(cases[i].adapters, cases[i].domains, cases[i].control);
		CLEANUP_FREE char *text = matrix_describe(&matrix);

		CHECK_STR(text, cases[i].text);
	}
}

int main(void)
{
	RUN(test_sets);
	RUN(test_queues);
	RUN(test_ap_config);
	RUN(test_listing);
	RUN(test_describe);
	return 0;
}
