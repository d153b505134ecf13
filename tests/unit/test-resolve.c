/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * daemon/model/resolve.c: which device somebody means.
 */
#include <errno.h>

#include "daemon/model/resolve.h"
#include "tests/unit/check.h"
#include "tests/unit/model.h"

static void put_defined(struct desired *desired, const char *text, const char *name)
{
	struct definition definition = { 0 };

	CHECK_INT(uuid_parse(text, &definition.uuid), 0);
	snprintf(definition.name, sizeof(definition.name), "%s", name);
	CHECK_INT(desired_put(desired, &definition), 0);
}

static void put_started(struct observed *observed, const char *text)
{
	struct observed_device device = { .active_known = true };

	CHECK_INT(uuid_parse(text, &device.uuid), 0);
	CHECK_INT(observed_put_device(observed, &device), 0);
}

#define UUID_WEB "aaaa0000-0000-0000-0000-000000000001"
#define UUID_DB "aaaa1111-0000-0000-0000-000000000002"
#define UUID_ALIEN "abcd0000-0000-0000-0000-000000000003"
#define UUID_ABC "dddd0000-0000-0000-0000-000000000001"

static void test_resolve(void)
{
	static const struct {
		const char *text;
		int result;
		const char *uuid;
	} cases[] = {
		{ UUID_WEB, 0, UUID_WEB },
		{ "AAAA0000-0000-0000-0000-000000000001", 0, UUID_WEB },
		{ UUID_ALIEN, 0, UUID_ALIEN },
		{ "web", 0, UUID_WEB },
		{ "db", 0, UUID_DB },
		{ "aaaa0", 0, UUID_WEB },
		{ "AAAA0", 0, UUID_WEB },
		{ "aaaa1111-", 0, UUID_DB },
		{ "ab", 0, UUID_ALIEN },
		{ "aaaa", -ENOTUNIQ, NULL },
		{ "a", -ENOTUNIQ, NULL },
		{ "", -ENOENT, NULL },
		{ "b", -ENOENT, NULL },
		{ "WEB", -ENOENT, NULL }, /* a name is what it is */
		{ "we", -ENOENT, NULL },
		{ "bbbb0000-0000-0000-0000-000000000001", -ENOENT, NULL },
		{ UUID_WEB "0", -ENOENT, NULL },
		{ "twice", -ENOTUNIQ, NULL },
		{ "abc", 0, UUID_ABC }, /* a name goes before the beginning of a UUID */
	};
	struct desired desired = DESIRED_NONE;
	struct observed observed;

	observed_init(&observed);
	put_defined(&desired, UUID_WEB, "web");
	put_defined(&desired, UUID_DB, "db");
	put_started(&observed, UUID_WEB);
	put_started(&observed, UUID_ALIEN);
	put_defined(&desired, "cccc0000-0000-0000-0000-000000000001", "twice");
	put_defined(&desired, "cccc0000-0000-0000-0000-000000000002", "twice");
	put_defined(&desired, UUID_ABC, "abc");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct uuid uuid = { "untouched" };

		if (resolve_device(&observed, &desired, cases[i].text, &uuid) != cases[i].result)
			CHECK_FAIL("'%s' is not answered by %d", cases[i].text, cases[i].result);
		CHECK_STR(uuid.text, cases[i].uuid ? cases[i].uuid : "untouched");
	}
	observed_done(&observed);
	desired_done(&desired);
}

/* A device that is both defined and started is one device. */
static void test_both_sides_are_one(void)
{
	struct desired desired = DESIRED_NONE;
	struct observed observed;
	struct uuid uuid;

	observed_init(&observed);
	put_defined(&desired, UUID_WEB, "");
	put_started(&observed, UUID_WEB);
	CHECK_INT(resolve_device(&observed, &desired, "a", &uuid), 0);
	CHECK_STR(uuid.text, UUID_WEB);
	observed_done(&observed);
	desired_done(&desired);
}

static void collect(void *userdata, const struct uuid *uuid)
{
	strcat(userdata, uuid->text + UUID_TEXT_SIZE - 2);
}

static void test_each(void)
{
	static const struct {
		const char *defined, *started, *expected;
	} cases[] = {
		{ "", "", "" },		  { "1", "", "1" },	    { "", "1", "1" },
		{ "123", "123", "123" },  { "135", "24", "12345" }, { "12", "2345", "12345" },
		{ "45", "123", "12345" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct desired desired = DESIRED_NONE;
		struct observed observed;
		char seen[20] = "";

		observed_init(&observed);
		for (const char *p = cases[i].defined; *p; p++)
			put_definition(&desired, *p - '0', "", (struct matrix){ 0 }, START_MANUAL);
		for (const char *p = cases[i].started; *p; p++)
			put_device(&observed, *p - '0', (struct matrix){ 0 }, false);
		resolve_each_device(&observed, &desired, collect, seen);
		CHECK_STR(seen, cases[i].expected);
		observed_done(&observed);
		desired_done(&desired);
	}
}

static void test_name(void)
{
	struct desired desired = DESIRED_NONE;
	struct uuid one = uuid_of(1), two = uuid_of(2);

	put_definition(&desired, 1, "web", (struct matrix){ 0 }, START_MANUAL);
	CHECK_STR(resolve_name(&desired, "web", NULL)->uuid.text, one.text);
	CHECK_STR(resolve_name(&desired, "web", &two)->uuid.text, one.text);
	CHECK(!resolve_name(&desired, "web", &one));
	CHECK(!resolve_name(&desired, "we", NULL));
	desired_done(&desired);
}

int main(void)
{
	RUN(test_resolve);
	RUN(test_both_sides_are_one);
	RUN(test_each);
	RUN(test_name);
	return 0;
}
