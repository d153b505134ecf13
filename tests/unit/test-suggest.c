/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli/suggest.c: which word was meant.
 */
#include "cli/suggest.h"
#include "common/macro.h"
#include "tests/unit/check.h"

static void test_distance(void)
{
	static const struct {
		const char *a, *b;
		unsigned int distance;
	} cases[] = {
		{ "", "", 0 },
		{ "", "list", 4 },
		{ "list", "list", 0 },
		{ "lst", "list", 1 },
		{ "lists", "list", 1 },
		{ "lisp", "list", 1 },
		{ "lsit", "list", 1 },
		{ "sttus", "status", 1 },
		{ "kitten", "sitting", 3 },
		{ "abcdef", "badcfe", 3 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CHECK_INT(suggest_distance(cases[i].a, cases[i].b), cases[i].distance);
		CHECK_INT(suggest_distance(cases[i].b, cases[i].a), cases[i].distance);
	}
}

static void test_long(void)
{
	char a[400], b[400];

	memset(a, 'a', sizeof(a) - 1);
	memset(b, 'b', sizeof(b) - 1);
	a[sizeof(a) - 1] = b[sizeof(b) - 1] = '\0';
	CHECK_INT(suggest_distance(a, b), SUGGEST_LENGTH_MAX);
	CHECK_INT(suggest_distance(a, a), 0);
}

static void test_suggestions(void)
{
	static const char *const words[] = { "status", "list", "start", "stop", "undefine", "define", "web1" };
	static const struct {
		const char *typed, *meant;
	} cases[] = {
		{ "sttus", "status" },	{ "stat", "status" },	{ "strat", "start" },
		{ "undefin", "undefine" },	{ "dfine", "define" },	{ "web2", "web1" },
		{ "WEB1", NULL },	{ "x", NULL },		{ "", NULL },
		{ "frobnicate", NULL }, { "create", NULL },	{ "lists", "list" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct suggestion suggestion = { .typed = cases[i].typed };

		for (size_t k = 0; k < ARRAY_SIZE(words); k++)
			suggest_consider(&suggestion, words[k]);
		if (cases[i].meant)
			CHECK_STR(suggestion.word, cases[i].meant);
		else if (suggestion.word)
			CHECK_FAIL("'%s' is taken for '%s'", cases[i].typed, suggestion.word);
	}
}

int main(void)
{
	RUN(test_distance);
	RUN(test_long);
	RUN(test_suggestions);
	return 0;
}
