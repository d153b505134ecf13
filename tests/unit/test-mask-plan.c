/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * daemon/plan/mask-plan.c on hosts small enough to see the answer.
 *
 * Most have the adapters 04 to 06 and the domains 0000 to 0003.
 */
#include <errno.h>

#include "daemon/plan/mask-plan.h"
#include "tests/unit/check.h"
#include "tests/unit/model.h"

#define HOST "04.0000-0003 05.0000-0003 06.0000-0003"
#define ALL "0-255"

struct example {
	const char *name;
	const char *counted, *wanted;
	struct {
		const char *adapters, *domains;
	} whole, least, most, taken;
	const char *collateral;
};

/* Queues with blanks between them. */
static struct queue_set queues_of(const char *text)
{
	CLEANUP_FREE char *copy = strdup(text);
	struct queue_set set = { 0 };
	char *rest = NULL;

	CHECK(copy);
	for (char *word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
		if (queue_set_parse(word, &set) < 0)
			CHECK_FAIL("the test itself is wrong: %s", word);
	return set;
}

static struct mask_choice choice_of(const char *adapters, const char *domains)
{
	return (struct mask_choice){ mask_of(adapters), mask_of(domains) };
}

static void check_list(const char *name, const char *what, enum list_kind kind,
		       const struct mask *got, const struct mask *expected)
{
	CLEANUP_FREE char *got_text = list_format(got, kind);
	CLEANUP_FREE char *expected_text = list_format(expected, kind);

	if (!mask_equal(got, expected))
		CHECK_FAIL("%s: %s taken are %s, not %s", name, what, got_text, expected_text);
}

static void check_collateral(const struct example *example, const struct mask_plan *plan)
{
	CLEANUP_FREE char *got = queue_set_format(&plan->collateral);
	struct queue_set expected = queues_of(example->collateral);

	if (!queue_set_equal(&plan->collateral, &expected))
		CHECK_FAIL("%s: collateral is %s, not \"%s\"", example->name, got,
			   example->collateral);
}

static int make_plan(const struct example *example, struct mask_plan *ret_plan)
{
	struct queue_set wanted = queues_of(example->wanted), counted = queues_of(example->counted);
	struct mask_wish wish = {
		.wanted = &wanted,
		.whole = choice_of(example->whole.adapters, example->whole.domains),
		.least = choice_of(example->least.adapters, example->least.domains),
		.most = choice_of(example->most.adapters, example->most.domains),
		.counted = &counted,
	};

	return mask_plan_make(&wish, ret_plan);
}

static void check_examples(const struct example *examples, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct example *example = &examples[i];
		struct mask_choice taken =
			choice_of(example->taken.adapters, example->taken.domains);
		struct mask_plan plan;

		if (make_plan(example, &plan) != 0)
			CHECK_FAIL("%s: there is no plan", example->name);
		check_list(example->name, "adapters", LIST_ADAPTERS, &plan.choice.adapters,
			   &taken.adapters);
		check_list(example->name, "domains", LIST_DOMAINS, &plan.choice.domains,
			   &taken.domains);
		check_collateral(example, &plan);
		CHECK(plan.exact);
	}
}

static void test_queues(void)
{
	static const struct example examples[] = {
		{ "nothing", HOST, "", { "", "" }, { "", "" }, { ALL, ALL }, { "", "" }, "" },
		{ "the only queue of an adapter", "04.0000 05.0000-0003", "04.0000",
		  { "", "" }, { "", "" }, { ALL, ALL }, { "4", "" }, "" },
		{ "the only queue of a domain", "04.0000-0003 05.0000", "04.0002",
		  { "", "" }, { "", "" }, { ALL, ALL }, { "", "2" }, "" },
		{ "a domain of all adapters", HOST, "04.0002 05.0002 06.0002",
		  { "", "" }, { "", "" }, { ALL, ALL }, { "", "2" }, "" },
		{ "a domain of most adapters", HOST, "04.0002 05.0002",
		  { "", "" }, { "", "" }, { ALL, ALL }, { "", "2" }, "06.0002" },
		{ "most domains of an adapter", HOST, "05.0000 05.0001 05.0003",
		  { "", "" }, { "", "" }, { ALL, ALL }, { "5", "" }, "05.0002" },
		{ "a cross", HOST, "05.0000-0003 04.0001 06.0001",
		  { "", "" }, { "", "" }, { ALL, ALL }, { "5", "1" }, "" },
		{ "where adapter and domain cross, a queue counts once", HOST, "05.0000 05.0003 04.0001 06.0001",
		  { "", "" }, { "", "" }, { ALL, ALL }, { "5", "1" }, "05.0001-0002" },
		{ "a queue that is not there, of an adapter that is not", HOST, "08.0001",
		  { "", "" }, { "", "" }, { ALL, ALL }, { "8", "" }, "" },
		{ "a queue that is not there, of a domain that is not", HOST, "04.0009",
		  { "", "" }, { "", "" }, { ALL, ALL }, { "", "9" }, "" },
		{ "the first and the last id", "00.0000 ff.00ff 00.00ff 01.0000 ff.0001", "00.0000 ff.00ff",
		  { "", "" }, { "", "" }, { ALL, ALL }, { "0", "255" }, "00.00ff" },
	};

	check_examples(examples, ARRAY_SIZE(examples));
}

static void test_bounds(void)
{
	static const struct example examples[] = {
		{ "a whole adapter is no collateral", HOST, "",
		  { "4", "" }, { "", "" }, { ALL, ALL }, { "4", "" }, "" },
		{ "a whole domain is no collateral", HOST, "",
		  { "", "3" }, { "", "" }, { ALL, ALL }, { "", "3" }, "" },
		{ "a queue of a whole adapter needs nothing more", HOST, "04.0001",
		  { "4", "" }, { "", "" }, { ALL, ALL }, { "4", "" }, "" },
		{ "what is whole costs no second time", HOST, "05.0001 06.0001",
		  { "4", "" }, { "", "" }, { ALL, ALL }, { "4", "1" }, "" },
		{ "what is taken stays, and is told", HOST, "",
		  { "", "" }, { "4", "" }, { ALL, ALL }, { "4", "" }, "04.0000-0003" },
		{ "what is taken serves", HOST, "05.0001",
		  { "", "" }, { "", "1" }, { ALL, ALL }, { "", "1" }, "04.0001 06.0001" },
		{ "what is taken costs no second time", HOST, "05.0001",
		  { "", "" }, { "4,6", "" }, { ALL, ALL }, { "4,6", "1" },
		  "04.0000-0003 06.0000-0003" },
		{ "what is whole and taken is asked for", HOST, "",
		  { "4", "" }, { "4", "2" }, { ALL, ALL }, { "4", "2" }, "05.0002 06.0002" },
		{ "the adapter may not be taken", HOST, "04.0000-0003",
		  { "", "" }, { "", "" }, { "5-255", ALL }, { "", "0-3" },
		  "05.0000-0003 06.0000-0003" },
		{ "the domain may not be taken", HOST, "04.0002 05.0002 06.0002",
		  { "", "" }, { "", "" }, { ALL, "0-1,3-255" }, { "4-6", "" },
		  "04.0000-0001 04.0003 05.0000-0001 05.0003 06.0000-0001 06.0003" },
		{ "each bar leads another way", HOST, "04.0000 05.0001",
		  { "", "" }, { "", "" }, { "0-4,6-255", "1-255" }, { "4", "1" },
		  "04.0001-0003 06.0001" },
	};

	check_examples(examples, ARRAY_SIZE(examples));
}

/* On the square 04 and 05, 0000 and 0001, much costs the same. */
static void test_ties(void)
{
	static const char square[] = "04.0000-0001 05.0000-0001";
	const struct example examples[] = {
		{ "an adapter rather than a domain", square, "05.0000",
		  { "", "" }, { "", "" }, { ALL, ALL }, { "5", "" }, "05.0001" },
		{ "an adapter, where nothing is there", square, "08.0009",
		  { "", "" }, { "", "" }, { ALL, ALL }, { "8", "" }, "" },
		{ "one domain rather than two adapters", "04.0000-0001 05.0000 06.0000", "04.0000 05.0000",
		  { "", "" }, { "", "" }, { ALL, ALL }, { "", "0" }, "06.0000" },
		{ "two adapters rather than two domains", square, "04.0000-0001 05.0000-0001",
		  { "", "" }, { "", "" }, { ALL, ALL }, { "4-5", "" }, "" },
		{ "the lower adapter, on one diagonal", square, "04.0000 05.0001",
		  { "", "" }, { "", "" }, { ALL, ALL }, { "4", "1" }, "04.0001" },
		{ "the lower adapter, on the other", square, "04.0001 05.0000",
		  { "", "" }, { "", "" }, { ALL, ALL }, { "4", "0" }, "04.0000" },
		{ "what is taken decides", square, "04.0000 05.0001",
		  { "", "" }, { "", "0" }, { ALL, ALL }, { "5", "0" }, "05.0000" },
	};

	check_examples(examples, ARRAY_SIZE(examples));
}

static void test_impossible(void)
{
	static const struct example examples[] = {
		{ "neither may be taken", HOST, "04.0002", { "", "" }, { "", "" },
		  { "0-3,5-255", "0-1" }, { "", "" }, "" },
		{ "one of two domains may not", HOST, "04.0001-0002", { "", "" }, { "", "" },
		  { "0-3", "1" }, { "", "" }, "" },
		{ "whole adapter", HOST, "", { "4", "" }, { "", "" }, { "5", ALL }, { "", "" }, "" },
		{ "whole domain", HOST, "", { "", "4" }, { "", "" }, { ALL, "5" }, { "", "" }, "" },
		{ "taken adapter", HOST, "", { "", "" }, { "4", "" }, { "5", ALL }, { "", "" }, "" },
		{ "taken domain", HOST, "", { "", "" }, { "", "4" }, { ALL, "5" }, { "", "" }, "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(examples); i++) {
		struct mask_plan plan = { .effort = 42 };

		if (make_plan(&examples[i], &plan) != -ENOENT)
			CHECK_FAIL("%s: it is possible", examples[i].name);
		CHECK_INT(plan.effort, 42);
	}
}

static void test_choice(void)
{
	struct mask_choice a = choice_of("4-5", "1"), b = choice_of("5", "1-2");
	struct mask_choice either = mask_choice_or(&a, &b), rest = mask_choice_minus(&a, &b);
	struct mask four = mask_of("4"), none = mask_of("");

	CHECK(mask_choice_takes(&a, (struct apqn){ 4, 9 }));
	CHECK(mask_choice_takes(&a, (struct apqn){ 9, 1 }));
	CHECK(!mask_choice_takes(&a, (struct apqn){ 9, 4 }));
	CHECK(mask_choice_is_subset(&a, &either) && mask_choice_is_subset(&b, &either));
	CHECK(!mask_choice_is_subset(&a, &b) && !mask_choice_is_subset(&b, &a));
	CHECK(mask_equal(&rest.adapters, &four) && mask_equal(&rest.domains, &none));
}

int main(void)
{
	RUN(test_queues);
	RUN(test_bounds);
	RUN(test_ties);
	RUN(test_impossible);
	RUN(test_choice);
	return 0;
}
