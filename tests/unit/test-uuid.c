/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * common/uuid.c, common/uuid-list.c and common/uuid-set.c: the names of devices, lists in their
 * order, and sets.
 */
#include <errno.h>

#include "common/uuid-list.h"
#include "common/uuid-set.h"
#include "common/uuid.h"
#include "tests/unit/check.h"
#include "tests/unit/model.h"

static void test_parse(void)
{
	static const char *const bad[] = {
		"",
		"x",
		"0123abcd-0123-4567-89ab-0123456789a",
		"0123abcd-0123-4567-89ab-0123456789abc",
		"0123abcd-0123-4567-89ab-0123456789ab\n",
		"0123abcd-0123-4567-89ab-0123456789ag",
		"0123abcd0-123-4567-89ab-0123456789ab",
		"0123abcd_0123-4567-89ab-0123456789ab",
		"0123abcd0123456789ab0123456789ab0000",
		"{0123abcd-0123-4567-89ab-0123456789a",
	};
	struct uuid uuid, before;

	CHECK_INT(uuid_parse("0123ABCD-0123-4567-89aB-0123456789aF", &uuid), 0);
	CHECK_STR(uuid.text, "0123abcd-0123-4567-89ab-0123456789af");
	before = uuid;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		if (uuid_parse(bad[i], &uuid) != -EINVAL)
			CHECK_FAIL("'%s' is accepted", bad[i]);
		CHECK(uuid_equal(&uuid, &before));
	}
}

static void test_make(void)
{
	struct uuid a, b, again;

	for (int i = 0; i < 100; i++) {
		CHECK_INT(uuid_make(&a), 0);
		CHECK_INT(uuid_make(&b), 0);
		CHECK(!uuid_equal(&a, &b));
		CHECK_INT(uuid_parse(a.text, &again), 0);
		CHECK(uuid_equal(&a, &again));
		/* version 4, and the variant of RFC 9562 */
		CHECK_INT(a.text[14], '4');
		CHECK(strchr("89ab", a.text[19]));
	}
}

static void test_order(void)
{
	struct uuid a = uuid_of(1), b = uuid_of(0x10);

	CHECK(uuid_compare(&a, &b) < 0 && uuid_compare(&b, &a) > 0);
	CHECK_INT(uuid_compare(&a, &a), 0);
	CHECK(!uuid_equal(&a, &b) && uuid_equal(&a, &a));
}

struct item {
	struct uuid uuid;
	unsigned int number;
};

static void check_order(const struct uuid_list *list)
{
	for (size_t i = 1; i < list->count; i++)
		CHECK(uuid_compare(list->items[i - 1], list->items[i]) < 0);
}

static void test_list(void)
{
	enum {
		COUNT = 500
	};
	static struct item items[COUNT];
	struct uuid_list list = { 0 };

	for (unsigned int i = 0; i < COUNT; i++) {
		/* 137 and 500 have no common factor: every number once, in a wild order */
		items[i] = (struct item){ uuid_of(i * 137 % COUNT), i };
		CHECK(!uuid_list_find(&list, &items[i].uuid));
		CHECK_INT(uuid_list_insert(&list, &items[i]), 0);
		CHECK_INT(list.count, i + 1);
	}
	check_order(&list);
	for (unsigned int i = 0; i < COUNT; i++)
		CHECK(uuid_list_find(&list, &items[i].uuid) == &items[i]);
	for (unsigned int i = 0; i < COUNT; i += 2)
		CHECK(uuid_list_remove(&list, &items[i].uuid) == &items[i]);
	CHECK_INT(list.count, COUNT / 2);
	check_order(&list);
	for (unsigned int i = 0; i < COUNT; i++)
		CHECK(uuid_list_find(&list, &items[i].uuid) == (i % 2 ? &items[i] : NULL));
	CHECK(!uuid_list_remove(&list, &items[0].uuid));
	uuid_list_done(&list);
	CHECK_INT(list.count, 0);
	CHECK(!uuid_list_find(&list, &items[1].uuid));
	uuid_list_done(&list);
}

static void test_set(void)
{
	struct uuid_set set = { 0 };
	struct uuid none = uuid_of(9999);

	CHECK(!uuid_set_has(&set, &none));
	for (unsigned int i = 0; i < 1000; i++) {
		struct uuid uuid = uuid_of(i * 7919 % 500 + 1);

		CHECK(uuid_set_has(&set, &uuid) == (i >= 500));
		CHECK_INT(uuid_set_add(&set, &uuid), 0);
		CHECK(uuid_set_has(&set, &uuid));
	}
	CHECK_INT(set.count, 500);
	for (size_t i = 1; i < set.count; i++)
		CHECK(uuid_compare(&set.items[i - 1], &set.items[i]) < 0);
	CHECK(!uuid_set_has(&set, &none));
	uuid_set_done(&set);
	CHECK_INT(set.count, 0);
}

int main(void)
{
	RUN(test_parse);
	RUN(test_make);
	RUN(test_order);
	RUN(test_list);
	RUN(test_set);
	return 0;
}
