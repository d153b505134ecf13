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

/* machines: of the guests that have it, separated by blanks. */
static void put_started(struct observed *observed, const char *text, const char *machines)
{
	struct observed_device device = { .active_known = true };

	while (*machines) {
		struct observed_user *user = &device.users[device.users_count++];
		size_t length = strcspn(machines, " ");

		snprintf(user->machine, sizeof(user->machine), "%.*s", (int)length, machines);
		machines += length + (machines[length] == ' ');
	}
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
		{ "abc", -ENOTUNIQ, NULL }, /* a name, and a prefix of another device's UUID */
		{ "dddd", 0, UUID_ABC }, /* both mean the same device */
		{ "vm-web", 0, UUID_WEB }, /* a virtual machine */
		{ "db", 0, UUID_DB }, /* a machine that took a device's name takes nothing else */
		{ "abcd0", -ENOTUNIQ, NULL }, /* a machine, and a prefix of another device's UUID */
		{ "shared", -ENOTUNIQ, NULL }, /* a machine that has two devices */
	};
	struct desired desired = DESIRED_NONE;
	struct observed observed;

	observed_init(&observed);
	put_defined(&desired, UUID_WEB, "web");
	put_defined(&desired, UUID_DB, "db");
	put_started(&observed, UUID_WEB, "vm-web db abcd0 shared");
	put_started(&observed, UUID_ALIEN, "shared");
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
	put_started(&observed, UUID_WEB, "");
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

/* A name that would come to mean two devices is refused, and so is a UUID that would make it so. */
static void test_new_name(void)
{
	static const struct {
		const char *name;
		int result;
		const char *sentence;
	} cases[] = {
		{ "new", 0, NULL },
		{ "web", -ECANCELED, "The name 'web' is taken by device web (" UUID_WEB ")" },
		{ "aaaa1111", 0, NULL }, /* a prefix of its own UUID */
		{ "aaaa0000", -ECANCELED, "prefix of the UUID of device web (" UUID_WEB ")" },
		{ "AAAA0000", -ECANCELED, "prefix of the UUID of device web" },
		{ "abcd", -ECANCELED, "prefix of the UUID of device " UUID_ALIEN },
		{ "aaaa2", 0, NULL },
	};
	struct desired desired = DESIRED_NONE;
	struct observed observed;
	struct uuid db;

	observed_init(&observed);
	put_defined(&desired, UUID_WEB, "web");
	put_defined(&desired, UUID_DB, "db");
	put_started(&observed, UUID_ALIEN, "");
	CHECK_INT(uuid_parse(UUID_DB, &db), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP_ERROR struct error error = { 0 };
		CLEANUP_FREE char *text = NULL;

		CHECK_INT(resolve_check_new_name(&observed, &desired, cases[i].name, &db, &error),
			  cases[i].result);
		if (!cases[i].sentence)
			continue;
		CHECK_INT(error.code, ERROR_DEVICE_EXISTS);
		text = error_describe(error.code, NULL, error.parameters);
		CHECK_HAS(text, cases[i].sentence);
	}
	CHECK(!resolve_begins_with_name(&desired, &db));
	put_defined(&desired, UUID_WEB, "aaaa11");
	CHECK(resolve_begins_with_name(&desired, &db));
	observed_done(&observed);
	desired_done(&desired);
}

/* The error names those that are meant, and not all of thousands. */
static void test_ambiguous(void)
{
	struct desired desired = DESIRED_NONE;
	CLEANUP_ERROR struct error error = { 0 };
	CLEANUP_FREE char *text = NULL;
	struct observed observed;
	struct uuid uuid;

	observed_init(&observed);
	for (unsigned int i = 1; i < 30; i++)
		put_definition(&desired, i, "", (struct matrix){ 0 }, START_MANUAL);
	put_defined(&desired, UUID_WEB, "0000");
	CHECK_INT(resolve_or_explain(&observed, &desired, "0000", &uuid, &error), -ECANCELED);
	CHECK_INT(error.code, ERROR_AMBIGUOUS_DEVICE);
	text = error_describe(error.code, NULL, error.parameters);
	CHECK_HAS(text, "'0000' can mean more than one device");
	CHECK_HAS(text, "\n  0000 (" UUID_WEB ")\n  00000000-0000-0000-0000-000000000001\n");
	CHECK_HAS(text, "000000000007");
	CHECK(!strstr(text, "000000000008"));
	observed_done(&observed);
	desired_done(&desired);
}

/* The index follows every definition that comes, goes, or is called otherwise. */
static void test_index(void)
{
	struct desired desired = DESIRED_NONE;
	char name[16];
	size_t first;

	for (unsigned int round = 0; round < 3; round++)
		for (unsigned int i = 1; i < 100; i++) {
			struct uuid uuid = uuid_of(i);

			snprintf(name, sizeof(name), "n%u", (i * 7 + round) % 10);
			if (round == 2 && i % 2)
				desired_remove(&desired, &uuid);
			else
				put_definition(&desired, i, i % 3 ? name : "", (struct matrix){ 0 },
					       START_MANUAL);
		}
	for (unsigned int n = 0; n < 10; n++) {
		size_t count = 0;

		snprintf(name, sizeof(name), "n%u", n);
		for (size_t i = 0; i < desired.definitions.count; i++)
			count += !strcmp(((struct definition *)desired.definitions.items[i])->name, name);
		CHECK_INT(names_find(&desired.names, name, &first), count);
	}
	CHECK_INT(names_find(&desired.names, "n", &first), 0);
	desired_done(&desired);
}

int main(void)
{
	RUN(test_resolve);
	RUN(test_both_sides_are_one);
	RUN(test_each);
	RUN(test_name);
	RUN(test_new_name);
	RUN(test_ambiguous);
	RUN(test_index);
	return 0;
}
