/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * daemon/varlink/tally.c: counts calls by the names of methods that are handed in.
 */
#include "common/cleanup.h"
#include "daemon/varlink/tally.h"
#include "tests/unit/check.h"

static const char *name_toy(unsigned int method)
{
	static const char *const names[] = { "Ping", "Watch" };

	return method < 2 ? names[method] : NULL;
}

static void expect(const struct tally *tally, const char *text)
{
	CLEANUP_JSON struct json_object *list = tally_describe_calls(tally, name_toy);

	CHECK_STR(json_object_to_json_string_ext(list, JSON_C_TO_STRING_PLAIN), text);
}

#define ROW(method, outcome, count) \
	"{\"method\":\"" method "\",\"outcome\":\"" outcome "\",\"count\":" count "}"

static void test_each_method_begins_with_zero(void)
{
	struct tally tally = { 0 };

	expect(&tally, "[" ROW("Ping", "done", "0") "," ROW("Watch", "done", "0") "]");
}

static void test_outcomes_are_counted_apart(void)
{
	struct tally tally = { 0 };

	tally_count_call(&tally, 0, ERROR_NONE);
	tally_count_call(&tally, 0, ERROR_NONE);
	tally_count_call(&tally, 0, ERROR_INVALID_PARAMETER);
	tally_count_call(&tally, 1, TALLY_ABANDONED);
	expect(&tally, "[" ROW("Ping", "done", "2") "," ROW("Ping", "InvalidParameter", "1") ","
	       ROW("Watch", "done", "0") "," ROW("Watch", "abandoned", "1") "]");
}

/* A client chooses the names of unknown methods, so these have one place together. */
static void test_unknown_methods_share_a_place(void)
{
	struct tally tally = { 0 };

	tally_count_call(&tally, TALLY_OTHER, ERROR_METHOD_NOT_FOUND);
	tally_count_call(&tally, TALLY_OTHER, ERROR_INTERFACE_NOT_FOUND);
	tally_count_call(&tally, TALLY_OTHER, ERROR_METHOD_NOT_FOUND);
	CHECK_INT(tally.calls[TALLY_OTHER][ERROR_METHOD_NOT_FOUND], 2);
	CHECK_INT(tally.calls[TALLY_OTHER][ERROR_INTERFACE_NOT_FOUND], 1);
	CHECK_INT(tally.calls[TALLY_OTHER][ERROR_NONE], 0);
}

int main(void)
{
	RUN(test_each_method_begins_with_zero);
	RUN(test_outcomes_are_counted_apart);
	RUN(test_unknown_methods_share_a_place);
	return 0;
}
