/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * common/json.c: how strict the reader is, and tables of fields both ways.
 */
#include <errno.h>

#include "common/cleanup.h"
#include "common/json-text.h"
#include "common/utf8.h"
#include "tests/unit/check.h"
#include "tests/unit/json-cases.h"
#include "tests/unit/model.h"

static struct json_object *parse(const char *text)
{
	struct json_object *value = NULL;
	struct json_mistake mistake;

	if (json_parse(text, strlen(text), &value, &mistake) != 0)
		CHECK_FAIL("'%s' is refused: %s", text, mistake.reason);
	return value;
}

static void test_accepted(void)
{
	static const struct {
		const char *text, *back;
	} cases[] = {
		{ "{}", "{}" },
		{ " \t\r\n[ ]\n", "[]" },
		{ "null", "null" },
		{ "true", "true" },
		{ "-0", "0" },
		{ "0.5e-3", "0.5e-3" },
		{ "9223372036854775807", "9223372036854775807" },
		{ "-9223372036854775808", "-9223372036854775808" },
		{ "\"NaN Infinity ' /: \\\\u0000\"", "\"NaN Infinity ' /: \\\\u0000\"" },
		{ "\"\\u00e9\\n\\/\\\"\"", "\"\303\251\\n/\\\"\"" },
		{ "\"\\ud83d\\ude00\"", "\"\360\237\230\200\"" },
		{ "\"\303\251 \342\202\254 \364\217\277\277\"",
		  "\"\303\251 \342\202\254 \364\217\277\277\"" },
		{ "{\"a\":{\"a\":{\"a\":1}},\"b\":[{\"a\":1},{\"a\":2}]}",
		  "{\"a\":{\"a\":{\"a\":1}},\"b\":[{\"a\":1},{\"a\":2}]}" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP_JSON struct json_object *value = parse(cases[i].text);
		size_t length;

		CHECK_STR(json_text(value, &length), cases[i].back);
		CHECK_INT(length, strlen(cases[i].back));
	}
}

/* Each is read, and what is written of it is read again as the same. */
static void test_all_that_is_json(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(json_accepted); i++) {
		CLEANUP_JSON struct json_object *value = NULL, *again = NULL;
		const char *text;
		size_t length;

		if (json_parse(json_accepted[i].text, json_accepted[i].length, &value, NULL) != 0) {
			CHECK_FAIL("'%s' is refused", json_accepted[i].text);
			continue;
		}
		text = json_text(value, &length);
		CHECK_INT(json_parse(text, length, &again, NULL), 0);
		CHECK_STR(json_text(again, NULL), text);
	}
}

static void test_all_that_is_none(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(json_refused); i++) {
		struct json_mistake mistake = { 0 };
		struct json_object *value = NULL;

		if (json_parse(json_refused[i].text, json_refused[i].length, &value, &mistake) != -EBADMSG)
			CHECK_FAIL("case %zu, '%s', is accepted", i, json_refused[i].text);
		CHECK(!value && mistake.line > 0 && mistake.column > 0 && mistake.reason[0]);
	}
}

/* Nothing behind length is looked at. */
static void test_length(void)
{
	static const char text[] = { '[', '1', ',', '1', '2', ']', '3' };
	CLEANUP_JSON struct json_object *value = NULL;

	CHECK_INT(json_parse(text, 6, &value, NULL), 0);
	CHECK_INT(json_object_get_int(json_object_array_get_idx(value, 1)), 12);
	CHECK_INT(json_parse(text, 5, &value, NULL), -EBADMSG);
}

static void test_depth(void)
{
	char text[2 * JSON_DEPTH_MAX + 2];

	for (size_t depth = 1; depth <= JSON_DEPTH_MAX; depth++) {
		struct json_object *value = NULL;
		int r;

		/* the value inside the lists is a level too */
		memset(text, '[', depth);
		text[depth] = '1';
		memset(text + depth + 1, ']', depth);
		r = json_parse(text, 2 * depth + 1, &value, NULL);
		CHECK_INT(r, depth < JSON_DEPTH_MAX ? 0 : -EBADMSG);
		json_object_put(value);
	}
}

/* Neither the depth nor the number of values is a matter of the stack or of gigabytes. */
static void test_far_too_much(void)
{
	static const char *const units[] = { "[", "{\"a\":", "[],", "{},", "1," };
	const size_t size = 16u << 20;
	char *text = malloc(size);

	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		size_t step = strlen(units[i]), at = 1;
		struct json_object *value = NULL;

		text[0] = '[';
		for (; at + step + 2 < size; at += step)
			memcpy(text + at, units[i], step);
		memcpy(text + at, "0]", 2);
		CHECK_INT(json_parse(text, at + 2, &value, NULL), -EBADMSG);
		CHECK(!value);
	}
	free(text);
}

/* As many ids as a call or an answer can be long are no more than that. */
static void test_much(void)
{
	static const char unit[] = "255,";
	const size_t size = 16u << 20, step = sizeof(unit) - 1;
	char *text = malloc(size);
	CLEANUP_JSON struct json_object *value = NULL;
	size_t at = 1;

	text[0] = '[';
	for (; at + step + 2 < size; at += step)
		memcpy(text + at, unit, step);
	memcpy(text + at, "0]", 2);
	CHECK_INT(json_parse(text, at + 2, &value, NULL), 0);
	CHECK_INT(json_object_array_length(value), (at - 1) / step + 1);
	free(text);
}

static void test_where(void)
{
	static const struct {
		const char *text;
		unsigned int line, column;
	} cases[] = {
		{ "[1,x]", 1, 4 },
		{ "{\n  \"a\": 1,\n  \"b\": NaN\n}\n", 3, 8 },
		{ "{\n\"a\": \"x\001\"}", 2, 8 },
		{ "\n\n[01]", 3, 2 },
		{ "{\"a\":\n", 2, 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct json_mistake mistake = { 0 };
		struct json_object *value;

		CHECK_INT(json_parse(cases[i].text, strlen(cases[i].text), &value, &mistake),
			  -EBADMSG);
		CHECK_INT(mistake.line, cases[i].line);
		CHECK_INT(mistake.column, cases[i].column);
		CHECK(mistake.reason && mistake.reason[0]);
	}
}

struct thing {
	const char *string;
	char text[8], other_text[8];
	bool flag;
	int8_t tristate;
	uint8_t byte;
	int64_t number;
	struct mask mask;
	struct matrix matrix;
	struct json_object *object;
};

static const struct json_field fields[] = {
	JSON_FIELD(struct thing, string, "string", JSON_KIND_STRING, 0),
	JSON_FIELD(struct thing, flag, "flag", JSON_KIND_BOOL, JSON_REQUIRED),
	JSON_FIELD(struct thing, tristate, "tristate", JSON_KIND_TRISTATE, 0),
	JSON_FIELD(struct thing, byte, "byte", JSON_KIND_BYTE, 0),
	JSON_FIELD(struct thing, number, "number", JSON_KIND_INT, 0),
	JSON_FIELD(struct thing, mask, "mask", JSON_KIND_MASK, 0),
	JSON_FIELD(struct thing, matrix, "matrix", JSON_KIND_MATRIX, 0),
	JSON_FIELD(struct thing, object, "object", JSON_KIND_OBJECT, 0),
};

static void test_read(void)
{
	CLEANUP_JSON struct json_object *object =
		parse("{\"string\":\"s\",\"flag\":true,\"tristate\":false,\"byte\":255,"
		      "\"number\":-9223372036854775807,\"mask\":[3,0,255,3],\"object\":{\"x\":1},"
		      "\"matrix\":{\"adapters\":[4],\"domains\":[],\"controlDomains\":[1]}}");
	struct matrix matrix = matrix_of("4", "", "1");
	struct thing thing = { .tristate = -1 };
	const char *bad;

	CHECK_INT(json_read(object, fields, ARRAY_SIZE(fields), true, &thing, &bad), 0);
	CHECK_STR(thing.string, "s");
	CHECK(thing.flag);
	CHECK_INT(thing.tristate, 0);
	CHECK_INT(thing.byte, 255);
	CHECK_INT(thing.number, INT64_MIN + 1);
	CHECK_INT(mask_count(&thing.mask), 3);
	CHECK(matrix_equal(&thing.matrix, &matrix));
	CHECK(json_object_is_type(thing.object, json_type_object));
}

static void test_read_keeps_defaults(void)
{
	CLEANUP_JSON struct json_object *object =
		parse("{\"flag\":false,\"string\":null,\"tristate\":null,\"number\":null}");
	struct thing thing = { .string = "default",
			       .flag = true,
			       .tristate = -1,
			       .byte = 7,
			       .number = JSON_INT_NULL };
	const char *bad;

	CHECK_INT(json_read(object, fields, ARRAY_SIZE(fields), true, &thing, &bad), 0);
	CHECK_STR(thing.string, "default");
	CHECK(!thing.flag);
	CHECK_INT(thing.tristate, -1);
	CHECK_INT(thing.byte, 7);
	CHECK(thing.number == JSON_INT_NULL);
}

static void test_read_refuses(void)
{
	static const struct {
		const char *text, *bad;
	} cases[] = {
		{ "[]", "" },
		{ "null", "" },
		{ "{}", "flag" },
		{ "{\"flag\":null}", "flag" },
		{ "{\"flag\":1}", "flag" },
		{ "{\"flag\":true,\"string\":5}", "string" },
		{ "{\"flag\":true,\"tristate\":\"yes\"}", "tristate" },
		{ "{\"flag\":true,\"byte\":256}", "byte" },
		{ "{\"flag\":true,\"byte\":-1}", "byte" },
		{ "{\"flag\":true,\"byte\":1.0}", "byte" },
		{ "{\"flag\":true,\"number\":\"5\"}", "number" },
		{ "{\"flag\":true,\"number\":-9223372036854775808}",
		  "number" }, /* it stands for null */
		{ "{\"flag\":true,\"mask\":[256]}", "mask" },
		{ "{\"flag\":true,\"mask\":[-1]}", "mask" },
		{ "{\"flag\":true,\"mask\":[4294967296]}", "mask" },
		{ "{\"flag\":true,\"mask\":[\"1\"]}", "mask" },
		{ "{\"flag\":true,\"mask\":{}}", "mask" },
		{ "{\"flag\":true,\"matrix\":{\"adapters\":[],\"domains\":[]}}", "matrix" },
		{ "{\"flag\":true,\"matrix\":{\"adapters\":[],\"domains\":[],\"controlDomains\":[],\"x\":1}}",
		  "matrix" },
		{ "{\"flag\":true,\"more\":1}", "more" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP_JSON struct json_object *object = parse(cases[i].text);
		struct thing thing = { 0 };
		const char *bad = "untouched";

		if (json_read(object, fields, ARRAY_SIZE(fields), true, &thing, &bad) != -EINVAL)
			CHECK_FAIL("'%s' is accepted", cases[i].text);
		CHECK_STR(bad, cases[i].bad);
	}
}

static void test_unknown_members_may_pass(void)
{
	CLEANUP_JSON struct json_object *object = parse("{\"flag\":true,\"more\":1}");
	struct thing thing = { 0 };
	const char *bad;

	CHECK_INT(json_read(object, fields, ARRAY_SIZE(fields), false, &thing, &bad), 0);
	CHECK(thing.flag);
}

static void test_write(void)
{
	static const struct json_field written[] = {
		JSON_FIELD(struct thing, string, "string", JSON_KIND_STRING, 0),
		JSON_FIELD(struct thing, text, "text", JSON_KIND_TEXT, 0),
		JSON_FIELD(struct thing, other_text, "other", JSON_KIND_TEXT, JSON_NULLABLE),
		JSON_FIELD(struct thing, flag, "flag", JSON_KIND_BOOL, 0),
		JSON_FIELD(struct thing, tristate, "tristate", JSON_KIND_TRISTATE, 0),
		JSON_FIELD(struct thing, byte, "byte", JSON_KIND_BYTE, 0),
		JSON_FIELD(struct thing, number, "number", JSON_KIND_INT, 0),
		JSON_FIELD(struct thing, mask, "mask", JSON_KIND_MASK, 0),
		JSON_FIELD(struct thing, matrix, "matrix", JSON_KIND_MATRIX, 0),
		JSON_FIELD(struct thing, object, "object", JSON_KIND_OBJECT, 0),
	};
	struct thing thing = { .string = "a/\"b",
			       .tristate = -1,
			       .byte = 200,
			       .number = JSON_INT_NULL,
			       .mask = mask_of("0,255"),
			       .matrix = matrix_of("1", "2", "3") };
	CLEANUP_JSON struct json_object *object = json_write(written, ARRAY_SIZE(written), &thing);
	CLEANUP_JSON struct json_object *second = NULL;

	CHECK_STR(json_text(object, NULL),
		  "{\"string\":\"a/\\\"b\",\"text\":\"\",\"other\":null,\"flag\":false,\"tristate\":null,"
		  "\"byte\":200,\"number\":null,\"mask\":[0,255],\"matrix\":{\"adapters\":[1],"
		  "\"domains\":[2],\"controlDomains\":[3]},\"object\":null}");
	thing = (struct thing){ .text = "t",
				.other_text = "o",
				.flag = true,
				.tristate = 1,
				.number = -5,
				.object = object };
	second = json_write(written, ARRAY_SIZE(written), &thing);
	CHECK_HAS(json_text(second, NULL),
		  "{\"string\":null,\"text\":\"t\",\"other\":\"o\",\"flag\":true,\"tristate\":true,"
		  "\"byte\":0,\"number\":-5,\"mask\":[],\"matrix\":{\"adapters\":[],\"domains\":[],"
		  "\"controlDomains\":[]},\"object\":{\"string\"");
}

static void test_text(void)
{
	static const struct json_field simple[] = {
		JSON_FIELD(struct thing, string, "string", JSON_KIND_STRING, 0),
		JSON_FIELD(struct thing, text, "text", JSON_KIND_TEXT, JSON_NULLABLE),
		JSON_FIELD(struct thing, other_text, "other", JSON_KIND_TEXT, 0),
		JSON_FIELD(struct thing, flag, "flag", JSON_KIND_BOOL, 0),
		JSON_FIELD(struct thing, tristate, "tristate", JSON_KIND_TRISTATE, 0),
		JSON_FIELD(struct thing, byte, "byte", JSON_KIND_BYTE, 0),
		JSON_FIELD(struct thing, number, "number", JSON_KIND_INT, JSON_NULLABLE),
	};
	static const struct json_field unfit[] = {
		JSON_FIELD(struct thing, mask, "mask", JSON_KIND_MASK, 0),
	};
	char longer[2000];
	struct thing things[] = {
		{ .string = "s", .tristate = -1, .number = JSON_INT_NULL },
		{ .string = NULL, .text = "t", .flag = true, .tristate = 0, .byte = 255, .number = -5 },
		{ .string = "\"\\/\n\001\177\303\251", .text = "\"", .tristate = 1, .number = INT64_MAX },
		{ .string = longer, .number = INT64_MIN + 1 },
	};

	memset(longer, 'x', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(things); i++) {
		CLEANUP_JSON struct json_object *tree =
			json_write(simple, ARRAY_SIZE(simple), &things[i]);
		CLEANUP_JSON struct json_object *list = json_object_new_array();

		json_append(list, json_write_text(simple, ARRAY_SIZE(simple), &things[i]));
		json_append(list, tree);
		json_object_get(tree);
		CHECK_STR(json_text(json_object_array_get_idx(list, 0), NULL), json_text(tree, NULL));
		CHECK_HAS(json_text(list, NULL), "},{\"string\":");
	}
	CHECK(!json_write_text(unfit, ARRAY_SIZE(unfit), &things[0]));
}

static void test_as_text(void)
{
	CLEANUP_JSON struct json_object *list = json_object_new_array();
	static const char text[] = "{\"a\":[1,null,{\"b\":\"\\u0007/\\\"\"}]}";
	struct json_object *value;

	CHECK_INT(json_parse(text, strlen(text), &value, NULL), 0);
	json_append(list, json_as_text(value));
	json_append(list, json_as_text(json_object_new_int(7)));
	CHECK_HAS(json_text(list, NULL), text);
	CHECK_HAS(json_text(list, NULL), "]},7]");
	CHECK(!json_as_text(NULL));
}

static void test_by_hand(void)
{
	CLEANUP_JSON struct json_object *object = json_object_new_object();

	CHECK_INT(json_add_string(object, "s", "x"), 0);
	CHECK_INT(json_add_string(object, "n", NULL), 0);
	CHECK_INT(json_add_int(object, "i", 7), 0);
	CHECK_INT(json_add_bool(object, "b", true), 0);
	CHECK_INT(json_add(NULL, "lost", json_object_new_int(1)), -ENOMEM);
	CHECK_STR(json_text(object, NULL), "{\"s\":\"x\",\"n\":null,\"i\":7,\"b\":true}");
	CHECK_STR(json_get_string(object, "s"), "x");
	CHECK(!json_get_string(object, "n") && !json_get_string(object, "i"));
	CHECK(!json_get_string(object, "absent") && !json_get_string(NULL, "s"));
}

static void test_utf8_fitting(void)
{
	char broken[] = "a\303\251\377b\342\202";

	CHECK_INT(utf8_fitting("abc", 2), 2);
	CHECK_INT(utf8_fitting("abc", 9), 3);
	CHECK_INT(utf8_fitting("a\303\251", 3), 3);
	CHECK_INT(utf8_fitting("a\303\251", 2), 1);
	CHECK_INT(utf8_fitting("\342\202\254", 2), 0);
	utf8_repair(broken);
	CHECK_STR(broken, "a\303\251?b??");
}

int main(void)
{
	RUN(test_accepted);
	RUN(test_all_that_is_json);
	RUN(test_all_that_is_none);
	RUN(test_length);
	RUN(test_depth);
	RUN(test_far_too_much);
	RUN(test_much);
	RUN(test_where);
	RUN(test_read);
	RUN(test_read_keeps_defaults);
	RUN(test_read_refuses);
	RUN(test_unknown_members_may_pass);
	RUN(test_write);
	RUN(test_text);
	RUN(test_as_text);
	RUN(test_by_hand);
	RUN(test_utf8_fitting);
	return 0;
}
