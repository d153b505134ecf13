/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * common/varlink.c: the envelopes of calls and replies.
 */
#include <errno.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "common/varlink.h"
#include "tests/unit/check.h"

static struct json_object *parse(const char *text)
{
	struct json_object *value = NULL;

	if (json_parse(text, strlen(text), &value, NULL) != 0)
		CHECK_FAIL("'%s' is not JSON", text);
	return value;
}

static void test_read_call(void)
{
	static const struct {
		const char *text, *method;
		bool more, oneway, upgrade, parameters;
	} cases[] = {
		{ "{\"method\":\"a.b.C\"}", "a.b.C", false, false, false, false },
		{ "{\"method\":\"\"}", "", false, false, false, false },
		{ "{\"method\":\"a.b.C\",\"parameters\":{}}", "a.b.C", false, false, false, true },
		{ "{\"method\":\"a.b.C\",\"parameters\":null,\"more\":null}", "a.b.C", false, false,
		  false, false },
		{ "{\"more\":true,\"method\":\"a.b.C\",\"oneway\":false}", "a.b.C", true, false,
		  false, false },
		{ "{\"method\":\"a.b.C\",\"oneway\":true}", "a.b.C", false, true, false, false },
		{ "{\"method\":\"a.b.C\",\"upgrade\":true}", "a.b.C", false, false, true, false },
		{ "{\"method\":\"a.b.C\",\"com.example.trace\":[1]}", "a.b.C", false, false, false,
		  false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP_JSON struct json_object *message = parse(cases[i].text);
		struct varlink_call call;

		if (varlink_read_call(message, &call) != 0)
			CHECK_FAIL("%s is refused", cases[i].text);
		CHECK_STR(call.method, cases[i].method);
		CHECK_INT(call.more, cases[i].more);
		CHECK_INT(call.oneway, cases[i].oneway);
		CHECK_INT(call.upgrade, cases[i].upgrade);
		CHECK_INT(call.parameters != NULL, cases[i].parameters);
	}
}

static void test_bad_calls(void)
{
	static const char *const cases[] = {
		"null",
		"[]",
		"5",
		"\"a.b.C\"",
		"{}",
		"{\"method\":null}",
		"{\"method\":5}",
		"{\"parameters\":{}}",
		"{\"method\":\"a.b.C\",\"parameters\":[]}",
		"{\"method\":\"a.b.C\",\"parameters\":\"x\"}",
		"{\"method\":\"a.b.C\",\"more\":1}",
		"{\"method\":\"a.b.C\",\"more\":\"true\"}",
		"{\"method\":\"a.b.C\",\"more\":true,\"oneway\":true}",
		"{\"method\":\"a.b.C\",\"more\":true,\"upgrade\":true}",
		"{\"method\":\"a.b.C\",\"unknown\":1}",
		"{\"method\":\"a.b.C\",\"error\":\"x\"}",
		"{\"method\":\"a.b.C\",\"continues\":true}",
		"{\"method\":\"a.b.C\",\"\":1}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP_JSON struct json_object *message = parse(cases[i]);
		struct varlink_call call = { .method = "untouched" };

		if (varlink_read_call(message, &call) != -EBADMSG)
			CHECK_FAIL("%s is accepted", cases[i]);
		CHECK_STR(call.method, "untouched");
	}
}

static void test_replies(void)
{
	static const char *const bad[] = {
		"[]",
		"{\"parameters\":[]}",
		"{\"error\":5}",
		"{\"error\":\"a.b.C\",\"continues\":true}",
		"{\"continues\":\"x\"}",
		"{\"method\":\"a.b.C\"}",
	};
	CLEANUP_JSON struct json_object *good =
		parse("{\"parameters\":{\"x\":1},\"continues\":true}");
	CLEANUP_JSON struct json_object *error = parse("{\"error\":\"a.b.C\"}");
	CLEANUP_JSON struct json_object *nothing = parse("{}");
	struct varlink_reply reply;

	CHECK_INT(varlink_read_reply(good, &reply), 0);
	CHECK(!reply.error && reply.parameters && reply.continues);
	CHECK_INT(varlink_read_reply(error, &reply), 0);
	CHECK_STR(reply.error, "a.b.C");
	CHECK(!reply.parameters && !reply.continues);
	CHECK_INT(varlink_read_reply(nothing, &reply), 0);
	CHECK(!reply.error && !reply.parameters && !reply.continues);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		CLEANUP_JSON struct json_object *message = parse(bad[i]);

		if (varlink_read_reply(message, &reply) != -EBADMSG)
			CHECK_FAIL("%s is accepted", bad[i]);
	}
}

static void check_text(struct json_object *message, const char *expected)
{
	CHECK_STR(json_text(message, NULL), expected);
	json_object_put(message);
}

static void test_make(void)
{
	check_text(varlink_make_call("a.b.C", NULL, false, false), "{\"method\":\"a.b.C\"}");
	check_text(varlink_make_call("a.b.C", parse("{\"x\":1}"), true, false),
		   "{\"method\":\"a.b.C\",\"parameters\":{\"x\":1},\"more\":true}");
	check_text(varlink_make_call("a.b.C", NULL, false, true),
		   "{\"method\":\"a.b.C\",\"oneway\":true}");
	check_text(varlink_make_reply(NULL, false), "{\"parameters\":{}}");
	check_text(varlink_make_reply(parse("{\"x\":1}"), true),
		   "{\"parameters\":{\"x\":1},\"continues\":true}");
	check_text(varlink_make_error("a.b.C", NULL), "{\"error\":\"a.b.C\",\"parameters\":{}}");
	check_text(varlink_make_error("a.b.C", parse("{\"x\":1}")),
		   "{\"error\":\"a.b.C\",\"parameters\":{\"x\":1}}");
}

static void test_there_and_back(void)
{
	CLEANUP_JSON struct json_object *call =
		varlink_make_call("a.b.C", parse("{\"x\":[1,2]}"), true, false);
	CLEANUP_JSON struct json_object *error = varlink_make_error("a.b.D", parse("{\"y\":2}"));
	struct varlink_call seen_call;
	struct varlink_reply seen_error;

	CHECK_INT(varlink_read_call(call, &seen_call), 0);
	CHECK(seen_call.more && !seen_call.oneway);
	CHECK_STR(json_text(seen_call.parameters, NULL), "{\"x\":[1,2]}");
	CHECK_INT(varlink_read_reply(error, &seen_error), 0);
	CHECK_STR(seen_error.error, "a.b.D");
	CHECK_STR(json_text(seen_error.parameters, NULL), "{\"y\":2}");
}

int main(void)
{
	RUN(test_read_call);
	RUN(test_bad_calls);
	RUN(test_replies);
	RUN(test_make);
	RUN(test_there_and_back);
	return 0;
}
