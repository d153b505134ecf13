/* SPDX-License-Identifier: GPL-2.0-or-later */
/* common/queue-set.c: sets of queues and their texts. */
#include "common/queue-set.h"

#include <errno.h>
#include <stdlib.h>

#include "common/cleanup.h"
#include "tests/unit/check.h"

static void expect(const struct queue_set *set, const char *list, const char *words)
{
	CLEANUP_FREE char *as_list = queue_set_list(set), *as_words = queue_set_format(set);

	CHECK_STR(as_list, list);
	CHECK_STR(as_words, words);
}

static void test_texts(void)
{
	struct queue_set set = { 0 };

	expect(&set, "", "queues ");
	queue_set_add(&set, (struct apqn){ 6, 0x10 });
	expect(&set, "06.0010", "queue 06.0010");
	queue_set_add(&set, (struct apqn){ 4, 0xfe });
	queue_set_add(&set, (struct apqn){ 4, 0xff });
	queue_set_add(&set, (struct apqn){ 255, 0 });
	expect(&set, "04.00fe-00ff,06.0010,ff.0000", "queues 04.00fe-00ff, 06.0010, ff.0000");
	CHECK_INT(queue_set_count(&set), 4);
}

/* People get the first runs only, a command line all. */
static void test_long(void)
{
	CLEANUP_FREE char *words = NULL, *list = NULL;
	struct queue_set set = { 0 };

	for (unsigned int domain = 0; domain < 16; domain += 2)
		queue_set_add(&set, (struct apqn){ 1, (uint8_t)domain });
	CHECK(queue_set_is_short(&set));
	queue_set_add(&set, (struct apqn){ 1, 0x20 });
	queue_set_add(&set, (struct apqn){ 2, 0x20 });
	queue_set_add(&set, (struct apqn){ 2, 0x21 });
	CHECK(!queue_set_is_short(&set));
	words = queue_set_format(&set);
	CHECK_STR(words, "queues 01.0000, 01.0002, 01.0004, 01.0006, 01.0008, 01.000a, 01.000c, "
			 "01.000e and 3 more");
	list = queue_set_list(&set);
	CHECK(strstr(list, ",01.000e,01.0020,02.0020-0021"));
	for (unsigned int adapter = 0; adapter < 256; adapter++)
		for (unsigned int domain = 0; domain < 256; domain += 2)
			queue_set_add(&set, (struct apqn){ (uint8_t)adapter, (uint8_t)domain });
	free(words);
	words = queue_set_format(&set);
	CHECK(strlen(words) < 300);
}

static void test_parse(void)
{
	static const char *const bad[] = {
		"",	      "4",	    "4.",	 ".4",	     "04.0100",	   "100.0000",
		"4.1-",	      "4.2-1",	    "4.1-100",	 "4.1-2-3",  "4.1-5.2",	   " 4.1",
		"4.1 ",	      "4.1,4.2",    "4.1-0x2",	 "4.1--2",   "4.1-00002",  "4.g",
		"04.0010-g",  "-4.1",	    "4.-1",	 "0x4.1",    "4.1-+2",	   "4.1- 2",
		"04.000100000000000000010", "04.0010-000000000000000010",
	};
	struct queue_set set = { 0 }, before;

	CHECK_INT(queue_set_parse("4.10", &set), 0);
	CHECK_INT(queue_set_parse("04.0012-0014", &set), 0);
	CHECK_INT(queue_set_parse("FF.00FF", &set), 0);
	CHECK_INT(queue_set_parse("05.0003-3", &set), 0);
	expect(&set, "04.0010,04.0012-0014,05.0003,ff.00ff",
	       "queues 04.0010, 04.0012-0014, 05.0003, ff.00ff");
	before = set;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (queue_set_parse(bad[i], &set) != -EINVAL)
			CHECK_FAIL("'%s' is accepted", bad[i]);
	CHECK(queue_set_equal(&set, &before));
}

static void test_arithmetic(void)
{
	struct queue_set a = { 0 }, b = { 0 };

	CHECK(queue_set_is_empty(&a) && queue_set_equal(&a, &b));
	CHECK_INT(queue_set_parse("4.0-3", &a), 0);
	CHECK_INT(queue_set_parse("4.2-5", &b), 0);
	CHECK_INT(queue_set_parse("5.1", &b), 0);
	CHECK(!queue_set_equal(&a, &b));
	queue_set_add_all(&a, &b);
	expect(&a, "04.0000-0005,05.0001", "queues 04.0000-0005, 05.0001");
	queue_set_remove_all(&a, &b);
	expect(&a, "04.0000-0001", "queues 04.0000-0001");
	queue_set_remove(&a, (struct apqn){ 4, 0 });
	CHECK(!queue_set_has(&a, (struct apqn){ 4, 0 }) && queue_set_has(&a, (struct apqn){ 4, 1 }));
	queue_set_remove(&a, (struct apqn){ 4, 1 });
	CHECK(queue_set_is_empty(&a));
}

static void test_walk(void)
{
	struct queue_set set = { 0 };
	unsigned int count = 0;

	CHECK_INT(queue_set_parse("0.0-ff", &set), 0);
	CHECK_INT(queue_set_parse("ff.ff", &set), 0);
	QUEUE_SET_FOR_EACH(adapter, domain, &set)
	{
		CHECK(adapter == 0 ? domain == count : adapter == 255 && domain == 255);
		count++;
	}
	CHECK_INT(count, 257);
}

int main(void)
{
	RUN(test_texts);
	RUN(test_long);
	RUN(test_parse);
	RUN(test_arithmetic);
	RUN(test_walk);
	return 0;
}
