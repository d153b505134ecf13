/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli/layout.c: lists of numbers and strings share lines, and the value stays the same.
 */
#include <json-c/json.h>

#include "cli/layout.h"
#include "common/cleanup.h"
#include "common/json.h"
#include "common/macro.h"
#include "tests/unit/check.h"

static char *lay(const char *json)
{
	CLEANUP_JSON struct json_object *value = json_tokener_parse(json), *again = NULL;
	char *laid = layout_lists(json_lines(value));

	again = json_tokener_parse(laid);
	CHECK(json_object_equal(value, again));
	return laid;
}

static void test_lines(void)
{
	static const struct {
		const char *json, *laid;
	} cases[] = {
		{ "[1,2,3]", "[1, 2, 3]" },
		{ "{\"a\":[1],\"b\":2}", "{\n  \"a\": [1],\n  \"b\": 2\n}" },
		{ "[[1,2],[3]]", "[\n  [1, 2],\n  [3]\n]" },
		{ "[{\"a\":[\"x\",null]}]", "[\n  {\n    \"a\": [\"x\", null]\n  }\n]" },
		{ "[\"a [\",\"] b\",\"{\"]", "[\"a [\", \"] b\", \"{\"]" },
		{ "{\"a\":\"[\",\"b\":[1,{}]}", NULL },
		{ "[1,[2]]", NULL },
		{ "{}", NULL },
		{ "\"[\"", "\"[\"" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP_FREE char *laid = lay(cases[i].json);

		if (cases[i].laid)
			CHECK_STR(laid, cases[i].laid);
	}
}

/* 256 numbers need several lines, none of them too wide; so do strings that do not fit into one. */
static void test_width(void)
{
	CLEANUP_JSON struct json_object *list = json_object_new_array(), *outer = json_object_new_object();
	CLEANUP_FREE char *laid = NULL;
	size_t lines = 0;

	for (int i = 0; i < 256; i++)
		json_object_array_add(list, json_object_new_int(i));
	CHECK_INT(json_add(outer, "ids", TAKE_PTR(list)), 0);
	laid = lay(json_object_to_json_string(outer));
	for (const char *p = laid; *p; p += strcspn(p, "\n") + 1) {
		CHECK(strcspn(p, "\n") <= LAYOUT_WIDTH);
		lines++;
		if (!p[strcspn(p, "\n")])
			break;
	}
	CHECK_INT(lines, 20);
}

int main(void)
{
	RUN(test_lines);
	RUN(test_width);
	return 0;
}
