/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * common/idl.c and idl-check.c: interfaces, and JSON against their types.
 */
#include <errno.h>

#include "common/cleanup.h"
#include "common/error.h"
#include "common/idl.h"
#include "common/json.h"
#include "daemon/varlink/interface.h"
#include "tests/unit/check.h"

static const char everything[] =
	"# A comment\n"
	"interface org.example.every-thing\n"
	"type Pair (a: int, b: ?string)\n"
	"type Colour (red, green)\n"
	"method M(flag: bool, number: int, real: float, text: string, any: object,\n"
	"  list: []int, map: [string]int, pair: Pair, colour: Colour, inner: (x: int, y: (z: bool)),\n"
	"  word: (one, two), maybe: ?int, pairs: ?[]Pair, maps: ?[string][]Pair) -> (done: bool)\n"
	"method Empty() -> ()\n"
	"error E (why: string)\n"
	"error F ()\n";

static struct idl *load(const char *text)
{
	struct idl *idl = NULL;
	unsigned int line = 0;

	if (idl_parse(text, &idl, &line) != 0)
		CHECK_FAIL("the interface is refused in line %u", line);
	return idl;
}

static const char good[] =
	"{\"flag\":true,\"number\":-5,\"real\":1.5,\"text\":\"\",\"any\":{\"x\":[1]},\"list\":[1,2],"
	"\"map\":{\"a\":1,\"b\":2},\"pair\":{\"a\":1,\"b\":null},\"colour\":\"green\","
	"\"inner\":{\"x\":1,\"y\":{\"z\":false}},\"word\":\"two\",\"maps\":{\"k\":[{\"a\":3}]}}";

static void test_good(void)
{
	CLEANUP_IDL struct idl *idl = load(everything);
	CLEANUP_JSON struct json_object *value = NULL;
	char path[IDL_PATH_SIZE];

	CHECK_INT(json_parse(good, strlen(good), &value, NULL), 0);
	if (idl_check(idl, IDL_METHOD, "M", IDL_INPUT, value, path) != 0)
		CHECK_FAIL("refused at %s", path);
	/* a whole number is a fine floating point number */
	json_object_object_add(value, "real", json_object_new_int(7));
	CHECK_INT(idl_check(idl, IDL_METHOD, "M", IDL_INPUT, value, path), 0);
	CHECK_INT(idl_check(idl, IDL_METHOD, "Empty", IDL_INPUT, NULL, path), 0);
	CHECK_INT(idl_check(idl, IDL_METHOD, "Empty", IDL_OUTPUT, NULL, path), 0);
	CHECK_INT(idl_check(idl, IDL_ERROR, "F", IDL_CONTENT, NULL, path), 0);
}

/* One member replaced (by nothing where value is NULL), and where that must be noticed. */
static const struct {
	const char *member, *value, *path;
} mistakes[] = {
	{ "flag", "1", "flag" },
	{ "flag", "null", "flag" },
	{ "flag", NULL, "flag" },
	{ "number", "1.0", "number" },
	{ "number", "\"1\"", "number" },
	{ "real", "\"1\"", "real" },
	{ "text", "5", "text" },
	{ "any", "[]", "any" },
	{ "list", "{}", "list" },
	{ "list", "[1,\"2\"]", "list" },
	{ "list", "[null]", "list" },
	{ "map", "[]", "map" },
	{ "map", "{\"a\":1,\"bad\":\"x\"}", "map.bad" },
	{ "pair", "{\"b\":\"x\"}", "pair.a" },
	{ "pair", "{\"a\":1,\"b\":2}", "pair.b" },
	{ "pair", "{\"a\":1,\"c\":2}", "pair.c" },
	{ "colour", "\"blue\"", "colour" },
	{ "colour", "1", "colour" },
	{ "inner", "{\"x\":1,\"y\":{\"z\":5}}", "inner.y.z" },
	{ "inner", "{\"x\":1,\"y\":{\"z\":true,\"q\":0}}", "inner.y.q" },
	{ "word", "\"\"", "word" },
	{ "maybe", "\"x\"", "maybe" },
	{ "pairs", "[{\"a\":1},{\"a\":true}]", "pairs.a" },
	{ "maps", "{\"k\":[{\"a\":3},{}]}", "maps.k.a" },
	{ "unknown", "1", "unknown" },
	{ "unknown", "null", "unknown" },
};

static void test_mistakes(void)
{
	CLEANUP_IDL struct idl *idl = load(everything);

	for (size_t i = 0; i < ARRAY_SIZE(mistakes); i++) {
		CLEANUP_JSON struct json_object *value = NULL;
		struct json_object *member = NULL;
		char path[IDL_PATH_SIZE];

		CHECK_INT(json_parse(good, strlen(good), &value, NULL), 0);
		json_object_object_del(value, mistakes[i].member);
		if (mistakes[i].value) {
			CHECK_INT(json_parse(mistakes[i].value, strlen(mistakes[i].value), &member,
					     NULL),
				  0);
			json_object_object_add(value, mistakes[i].member, member);
		}
		if (idl_check(idl, IDL_METHOD, "M", IDL_INPUT, value, path) != -EINVAL)
			CHECK_FAIL("%s: %s is accepted", mistakes[i].member,
				   mistakes[i].value ? mistakes[i].value : "nothing");
		CHECK_STR(path, mistakes[i].path);
	}
}

static void test_top(void)
{
	CLEANUP_IDL struct idl *idl = load(everything);
	CLEANUP_JSON struct json_object *list = json_object_new_array();
	char path[IDL_PATH_SIZE];

	CHECK_INT(idl_check(idl, IDL_METHOD, "M", IDL_INPUT, list, path), -EINVAL);
	CHECK_STR(path, "");
	CHECK_INT(idl_check(idl, IDL_METHOD, "M", IDL_INPUT, NULL, path), -EINVAL);
	CHECK_STR(path, "flag");
	CHECK_INT(idl_check(idl, IDL_METHOD, "M", IDL_OUTPUT, NULL, path), -EINVAL);
	CHECK_STR(path, "done");
	CHECK_INT(idl_check(idl, IDL_ERROR, "E", IDL_CONTENT, NULL, path), -EINVAL);
	CHECK_STR(path, "why");
}

static void test_enum_as_type(void)
{
	CLEANUP_IDL struct idl *idl = load(everything);
	CLEANUP_JSON struct json_object *good_word = json_object_new_string("red");
	CLEANUP_JSON struct json_object *bad_word = json_object_new_string("blue");
	CLEANUP_JSON struct json_object *object = json_object_new_object();
	char path[IDL_PATH_SIZE];

	CHECK_INT(idl_check(idl, IDL_TYPE, "Colour", IDL_CONTENT, good_word, path), 0);
	CHECK_INT(idl_check(idl, IDL_TYPE, "Colour", IDL_CONTENT, bad_word, path), -EINVAL);
	CHECK_INT(idl_check(idl, IDL_TYPE, "Colour", IDL_CONTENT, object, path), -EINVAL);
	CHECK_INT(idl_check(idl, IDL_TYPE, "Colour", IDL_CONTENT, NULL, path), -EINVAL);
}

/* The name of a member comes from a client: it must not burst the path, nor be cut inside a character. */
static void test_long_names(void)
{
	CLEANUP_IDL struct idl *idl = load(everything);

	for (size_t prefix = 0; prefix < 130; prefix++) {
		CLEANUP_JSON struct json_object *value = json_object_new_object(), *back = NULL;
		char name[400] = "", path[IDL_PATH_SIZE], quoted[IDL_PATH_SIZE + 2];

		memset(name, 'x', prefix);
		while (strlen(name) + 3 < sizeof(name))
			strcat(name, "\342\202\254");
		json_object_object_add(value, name, NULL);
		CHECK_INT(idl_check(idl, IDL_METHOD, "Empty", IDL_INPUT, value, path), -EINVAL);
		CHECK(strlen(path) > 50);
		snprintf(quoted, sizeof(quoted), "\"%s\"", path);
		if (json_parse(quoted, strlen(quoted), &back, NULL) != 0)
			CHECK_FAIL("the path '%s' is not UTF-8", path);
	}
}

static void test_broken_interfaces(void)
{
	static const struct {
		const char *text;
		unsigned int line;
	} cases[] = {
		{ "", 1 },
		{ "type A ()\n", 1 },
		{ "interface ", 1 },
		{ "interface 5.a\n", 1 },
		{ "interface a.b\nmethod M()\n", 3 },
		{ "interface a.b\n\nmethod M( -> ()\n", 3 },
		{ "interface a.b\nmethod M() -> (a int)\n", 2 },
		{ "interface a.b\nmethod M() -> (a: )\n", 2 },
		{ "interface a.b\nmethod M() -> (a: int,)\n", 2 },
		{ "interface a.b\nmethod M() -> (a: int", 2 },
		{ "interface a.b\nmethod M() -> (one, two: int)\n", 2 },
		{ "interface a.b\nmethod M() -> (a: int, two)\n", 2 },
		{ "interface a.b\nmethod M() -> (a: [int]int)\n", 2 },
		{ "interface a.b\nmethod M() -> (a: ??int)\n", 2 },
		{ "interface a.b\nmethod 5() -> ()\n", 2 },
		{ "interface a.b\nmethod () -> ()\n", 2 },
		{ "interface a.b\nerror E\n", 3 },
		{ "interface a.b\ntype A (a: int)\ntype A (a: int)", 3 },
		{ "interface a.b\nmethod M() -> (a: Unknown)", 2 },
		{ "interface a.b\nmethod M() -> (a: []?[string](b: Unknown))", 2 },
		{ "interface a.b\nmethod M(one, two) -> ()\n", 2 },
		{ "interface a.b\nmethod M() -> (one)\n", 2 },
		{ "interface a.b\nerror E (one)", 2 },
		{ "interface a.b\nfunction F ()\n", 2 },
		{ "interface a.b\ntype A (a: int)\nrubbish", 3 },
		{ "interface a.b\ninterface c.d\n", 2 },
		{ "interface a.b\ntype A (a: (((((((((((((((((((b: int)))))))))))))))))))))\n", 2 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct idl *idl = NULL;
		unsigned int line = 0;

		if (idl_parse(cases[i].text, &idl, &line) != -EBADMSG)
			CHECK_FAIL("'%s' is accepted", cases[i].text);
		CHECK(!idl);
		if (line != cases[i].line)
			CHECK_FAIL("'%s': line %u, not %u", cases[i].text, line, cases[i].line);
	}
}

static void test_members(void)
{
	CLEANUP_IDL struct idl *idl = load(everything);

	CHECK_STR(idl_name(idl), "org.example.every-thing");
	CHECK(idl_has(idl, IDL_METHOD, "M") && idl_has(idl, IDL_TYPE, "Pair") &&
	      idl_has(idl, IDL_ERROR, "E"));
	CHECK(!idl_has(idl, IDL_METHOD, "E") && !idl_has(idl, IDL_METHOD, "m") &&
	      !idl_has(idl, IDL_METHOD, ""));
	CHECK_STR(idl_member(idl, IDL_METHOD, 0), "M");
	CHECK_STR(idl_member(idl, IDL_METHOD, 1), "Empty");
	CHECK(!idl_member(idl, IDL_METHOD, 2));
	CHECK_STR(idl_member(idl, IDL_ERROR, 1), "F");
	CHECK(!idl_free(NULL));
}

/* The errors in the table and those in an interface are the same ones. */
static void check_errors(const char *text, const char *name)
{
	CLEANUP_IDL struct idl *idl = load(text);
	size_t in_interface = 0, in_table = 0, prefix = strlen(name);

	CHECK_STR(idl_name(idl), name);
	for (const char *error; (error = idl_member(idl, IDL_ERROR, in_interface));
	     in_interface++) {
		char full[100];

		snprintf(full, sizeof(full), "%s.%s", name, error);
		if (error_from_name(full) == ERROR_OTHER)
			CHECK_FAIL("%s is not in the table of errors", full);
	}
	for (int code = 0; code < ERROR_CODES; code++) {
		const char *full = error_name(code);

		if (!full || strncmp(full, name, prefix) != 0 || full[prefix] != '.')
			continue;
		if (!idl_has(idl, IDL_ERROR, full + prefix + 1))
			CHECK_FAIL("%s is not in the interface", full);
		in_table++;
	}
	CHECK_INT(in_table, in_interface);
	CHECK(in_table >= 6);
}

static void test_our_interfaces(void)
{
	check_errors(interface_manager, "io.apqd.Manager");
	check_errors(interface_service, "org.varlink.service");
}

int main(void)
{
	RUN(test_good);
	RUN(test_mistakes);
	RUN(test_top);
	RUN(test_enum_as_type);
	RUN(test_long_names);
	RUN(test_broken_interfaces);
	RUN(test_members);
	RUN(test_our_interfaces);
	return 0;
}
