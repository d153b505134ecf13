/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * daemon/store/locate: the line of a value, in texts that people write.
 */
#include "common/cleanup.h"
#include "common/json.h"
#include "common/macro.h"
#include "daemon/store/locate.h"
#include "tests/unit/check.h"

/* "a.b.2.c": keys and, of digits alone, entries of a list. */
static unsigned int line_of(const char *text, const char *way)
{
	CLEANUP_FREE char *copy = strdup(way);
	struct locate_path path = { 0 };
	char *rest = NULL;

	for (char *step = strtok_r(copy, ".", &rest); step; step = strtok_r(NULL, ".", &rest)) {
		bool is_entry = strspn(step, "0123456789") == strlen(step);

		path = is_entry ? locate_entry(&path, strtoul(step, NULL, 10)) :
				  locate_member(&path, step);
	}
	return locate_line(text, &path);
}

static void test_lines(void)
{
	static const char text[] = "\n"
				   "{\n"				/* 2 */
				   "  \"x\": 1, \"list\": [\n"
				   "    1, \"two\",\n"			/* 4 */
				   "    {\"x\": [], \"deep\":\n"
				   "      [[ ], [\n"			/* 6 */
				   "        null]]\n"
				   "    },\n"				/* 8 */
				   "    -3.5e7\n"
				   "  ],\n"				/* 10 */
				   "  \"trap\": \"}],\\\"deep\\\": {[\\\\\",\n"
				   "  \"deep\": {\"list\": {}, \"x\":\n"	/* 12 */
				   "    true,\n"
				   "    \"x y\":\n"			/* 14 */
				   "\n"
				   "    {\"x\"\n"			/* 16 */
				   "      :\n"
				   "      \"\"}\n"			/* 18 */
				   "  }, \"last\"\r\n"
				   "\t: false\n"			/* 20 */
				   "}\n";
	static const struct {
		const char *way;
		unsigned int line;
	} cases[] = {
		{ "", 2 },
		{ "x", 3 },
		{ "list", 3 },
		{ "list.0", 4 },
		{ "list.1", 4 },
		{ "list.2", 5 },
		{ "list.2.x", 5 },
		{ "list.2.deep", 6 },
		{ "list.2.deep.1", 6 },
		{ "list.2.deep.1.0", 7 },
		{ "list.3", 9 },
		{ "trap", 11 },
		{ "deep", 12 },
		{ "deep.list", 12 },
		{ "deep.x", 13 },
		{ "deep.x y", 16 },
		{ "deep.x y.x", 18 },
		{ "last", 20 },
		/* what is not there: as far as the way goes */
		{ "none", 2 },
		{ "y", 2 },
		{ "deep.none", 12 },
		{ "deep.list.x", 12 },
		{ "deep.0", 12 },
		{ "list.4", 3 },
		{ "list.x", 3 },
		{ "list.2.x.0", 5 },
		{ "list.2.deep.0.0", 6 },
		{ "trap.x", 11 },
	};
	CLEANUP_JSON struct json_object *object = NULL;

	CHECK_INT(json_parse(text, strlen(text), &object, NULL), 0);
	CHECK_INT(line_of("[\n]", "0"), 1);
	CHECK_INT(line_of("{\n}", "x"), 1);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (line_of(text, cases[i].way) != cases[i].line)
			CHECK_FAIL("%s is found on line %u, not %u", cases[i].way,
				   line_of(text, cases[i].way), cases[i].line);
}

/* A key is what it says, not how it is written. */
static void test_escapes(void)
{
	static const char text[] = "{\"\\u0061dapters\": 1,\n"
				   "\"say \\\"hi\\\"\": 2,\n"
				   "\"back\\\\\": 3,\n"
				   "\"\\u00e9\\ud83d\\ude00\": 4,\n"
				   "\"a\\/b\": 5,\n"
				   "\"plain\\n\": 6,\n"
				   "\"plain\": 7}\n";
	static const struct {
		const char *key;
		unsigned int line;
	} cases[] = {
		{ "adapters", 1 },
		{ "say \"hi\"", 2 },
		{ "back\\", 3 },
		{ "\303\251\360\237\230\200", 4 },
		{ "a/b", 5 },
		{ "plain\n", 6 },
		{ "plain", 7 },
	};
	CLEANUP_JSON struct json_object *object = NULL;

	CHECK_INT(json_parse(text, strlen(text), &object, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct json_object *value = NULL;

		CHECK(json_object_object_get_ex(object, cases[i].key, &value));
		CHECK_INT(line_of(text, cases[i].key), cases[i].line);
		CHECK_INT(json_object_get_int(value), cases[i].line);
	}
}

/* Whatever the text is, the search ends, and within it. */
static void test_other_texts(void)
{
	static const char *const texts[] = {
		"", " ", "5", "\"", "\"\\", "{", "{\"x", "{\"x\"", "{\"x\":", "{\"x\": {\"x\": \"\\",
		"{x: 1}", "[", "[,]", "[[[", "{\"x\": ]]}", "}", "]", ",", "{\"y\": }, \"x\": 1}",
		"{\"y\\", "{\"\\u12\": 1, \"x\": 2", "{\"y\": nonsense\n\"x\": 1}",
	};
	static const char *const ways[] = { "", "x", "x.x", "0", "1.x", "x.0", "5" };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		/* a copy, so that a sanitizer sees reads behind its end */
		CLEANUP_FREE char *copy = strdup(texts[i]);

		for (size_t k = 0; k < ARRAY_SIZE(ways); k++) {
			unsigned int line = line_of(copy, ways[k]);

			CHECK(line >= 1 && line <= 2);
		}
	}
}

int main(void)
{
	RUN(test_lines);
	RUN(test_escapes);
	RUN(test_other_texts);
	return 0;
}
