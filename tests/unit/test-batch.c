/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * daemon/store/batch.h: files that change together, and what a power cut leaves of that.
 */
#include <errno.h>

#include "tests/unit/model.h"
#include "tests/unit/store.h"

#define DEFINITIONS "/etc/mdevctl.d/matrix"
#define DEVICES "/etc/apqd/devices.d"
#define HOST "/etc/apqd"
#define UUID_1 "00000000-0000-0000-0000-000000000001"
#define UUID_2 "00000000-0000-0000-0000-000000000002"
#define OLD_1 "{\"mdev_type\":\"vfio_ap-passthrough\",\"start\":\"auto\",\"attrs\":[{\"assign_adapter\":\"1\"}],\"x\":1}"
#define OLD_2 "{\"mdev_type\":\"vfio_ap-passthrough\",\"start\":\"auto\",\"attrs\":[{\"assign_adapter\":\"2\"}]}"

static struct definition definition_of(unsigned int number, const char *adapters, const char *name)
{
	struct definition definition = { .uuid = uuid_of(number), .matrix = matrix_of(adapters, "", "") };

	snprintf(definition.name, sizeof(definition.name), "%s", name);
	return definition;
}

static void check_file(const char *folder, const char *name, const char *expected)
{
	CLEANUP_FREE char *text = NULL;

	CHECK_INT(has_file(folder, name), expected != NULL);
	if (!expected)
		return;
	text = get_file(folder, name);
	CHECK(strstr(text, expected));
}

/* Definition 1 gets adapter 5 and a name, 2 goes, and the policy wants something. */
static struct store_batch *make_batch(void)
{
	struct definition first = definition_of(1, "5", "web1");
	struct uuid second = uuid_of(2);
	struct host_policy policy;
	struct store_batch *batch;

	put_file(DEFINITIONS, UUID_1, OLD_1);
	put_file(DEFINITIONS, UUID_2, OLD_2);
	put_file(DEVICES, UUID_2 ".json", "{\"name\":\"two\"}");
	host_policy_init(&policy);
	policy.enforce = true;
	CHECK_INT(store_batch_new(store, 3, &batch), 0);
	CHECK(store_batch_is_empty(batch));
	store_batch_write_definition(batch, &first);
	store_batch_remove_definition(batch, &second);
	store_batch_write_policy(batch, &policy);
	CHECK(!store_batch_is_empty(batch));
	return batch;
}

static void check_old(void)
{
	check_file(DEFINITIONS, UUID_1, OLD_1);
	check_file(DEVICES, UUID_1 ".json", NULL);
	check_file(DEFINITIONS, UUID_2, OLD_2);
	check_file(DEVICES, UUID_2 ".json", "{\"name\":\"two\"}");
	check_file(HOST, "host.json", NULL);
}

static void check_new(void)
{
	check_file(DEFINITIONS, UUID_1, "\"assign_adapter\": \"5\"");
	check_file(DEFINITIONS, UUID_1, "\"x\": 1");
	check_file(DEVICES, UUID_1 ".json", "web1");
	check_file(DEFINITIONS, UUID_2, NULL);
	check_file(DEVICES, UUID_2 ".json", NULL);
	check_file(HOST, "host.json", "\"enforce\": true");
}

static void check_tidy(void)
{
	check_file(HOST, ".commit.json", NULL);
	check_file(HOST, ".host.json.apqd", NULL);
	check_file(DEFINITIONS, "." UUID_1 ".apqd", NULL);
	check_file(DEVICES, "." UUID_1 ".json.apqd", NULL);
}

static void test_together(void)
{
	struct store_batch *batch;

	start();
	batch = make_batch();
	CHECK_INT(store_batch_stage(batch), 0);
	check_old();
	check_file(DEFINITIONS, "." UUID_1 ".apqd", "\"5\"");
	CHECK_INT(store_batch_commit(batch), 0);
	check_new();
	store_batch_free(batch);
	check_new();
	check_tidy();
	done();
}

static void test_dropped(void)
{
	struct store_batch *batch;

	start();
	batch = make_batch();
	CHECK_INT(store_batch_stage(batch), 0);
	store_batch_free(batch);
	check_old();
	check_tidy();
	done();
}

/* Each of the files in turn is what fails: staging it, and giving it its place. */
static void test_each_fails(void)
{
	static const struct {
		const char *folder, *name, *failed;
	} cases[] = {
		{ DEVICES, "." UUID_1 ".json.apqd", "write the definition" },
		{ DEFINITIONS, "." UUID_1 ".apqd", "write the definition" },
		{ HOST, ".host.json.apqd", "write the host policy" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct store_batch *batch;
		CLEANUP_CLOSE int fd = -1;

		start();
		fd = open_folder(cases[i].folder);
		batch = make_batch();
		CHECK_INT(mkdirat(fd, cases[i].name, 0755), 0);
		CHECK_INT(store_batch_stage(batch), -EISDIR);
		CHECK_STR(store_batch_failed(batch), cases[i].failed);
		check_old();
		CHECK_INT(unlinkat(fd, cases[i].name, AT_REMOVEDIR), 0);
		check_tidy();
		CHECK_INT(store_batch_stage(batch), 0);
		CHECK_INT(unlinkat(fd, cases[i].name, 0), 0);
		CHECK_INT(store_batch_commit(batch), -ENOENT);
		CHECK_STR(store_batch_failed(batch), cases[i].failed);
		check_old();
		store_batch_free(batch);
		check_tidy();
		done();
	}
}

/* A folder where a file belongs: nothing of ours can be written, and nothing of either file changes. */
static void test_failed_write(void)
{
	struct definition definition = { .uuid = uuid_of(1),
					 .name = "web1",
					 .matrix = matrix_of("5", "", "") };
	CLEANUP_CLOSE int fd = -1;
	CLEANUP_FREE char *text = NULL;

	start();
	put_file(DEFINITIONS, UUID_1, OLD_1);
	fd = open_folder(DEVICES);
	CHECK_INT(mkdirat(fd, "." UUID_1 ".json.apqd", 0755), 0);
	CHECK(write_definition(&definition) < 0);
	text = get_file(DEFINITIONS, UUID_1);
	CHECK_STR(text, OLD_1);
	CHECK(!has_file(DEVICES, UUID_1 ".json"));
	done();
}

/* The second of the two files fails: the first is put back as it was. */
static void test_failed_second_write(void)
{
	struct definition definition = { .uuid = uuid_of(1),
					 .name = "web1",
					 .matrix = matrix_of("5", "", "") };
	CLEANUP_CLOSE int fd = -1;
	CLEANUP_FREE char *text = NULL, *own = NULL;

	start();
	put_file(DEFINITIONS, UUID_1, OLD_1);
	fd = open_folder(DEFINITIONS);
	CHECK_INT(mkdirat(fd, "." UUID_1 ".apqd", 0755), 0);
	CHECK(write_definition(&definition) < 0);
	CHECK(!has_file(DEVICES, UUID_1 ".json"));
	put_file(DEVICES, UUID_1 ".json", "{\"name\":\"old\"}");
	CHECK(write_definition(&definition) < 0);
	own = get_file(DEVICES, UUID_1 ".json");
	CHECK_STR(own, "{\"name\":\"old\"}");
	text = get_file(DEFINITIONS, UUID_1);
	CHECK_STR(text, OLD_1);
	done();
}

/* Somebody else writes a file between the two halves: what is theirs is kept, or it is refused. */
static void test_changed_in_between(void)
{
	struct store_batch *batch;

	start();
	batch = make_batch();
	CHECK_INT(store_batch_stage(batch), 0);
	put_file(DEFINITIONS, UUID_1, "{\"mdev_type\":\"vfio_ap-passthrough\",\"x\": 1, \"new\": 2}");
	put_file(DEVICES, UUID_1 ".json", "{\"name\":\"theirs\",\"other\":3}");
	CHECK_INT(store_batch_commit(batch), 0);
	check_new();
	check_file(DEFINITIONS, UUID_1, "\"new\": 2");
	check_file(DEVICES, UUID_1 ".json", "\"other\": 3");
	store_batch_free(batch);
	done();
	start();
	batch = make_batch();
	CHECK_INT(store_batch_stage(batch), 0);
	put_file(DEFINITIONS, UUID_1, "{");
	CHECK_INT(store_batch_commit(batch), -EBADMSG);
	store_batch_free(batch);
	check_file(DEFINITIONS, UUID_1, "{");
	check_file(DEFINITIONS, UUID_2, OLD_2);
	check_tidy();
	done();
}

/* More than are synced one by one. */
static void test_many(void)
{
	struct store_batch *batch;

	start();
	CHECK_INT(store_batch_new(store, 100, &batch), 0);
	for (unsigned int i = 0; i < 100; i++) {
		struct definition definition = definition_of(i + 1, "5", "");

		/* A name is what makes a file of our own necessary. */
		if (i % 2 == 0)
			snprintf(definition.name, sizeof(definition.name), "web%u", i);
		store_batch_write_definition(batch, &definition);
	}
	CHECK_INT(store_batch_stage(batch), 0);
	CHECK(!has_file(DEFINITIONS, UUID_1));
	CHECK_INT(store_batch_commit(batch), 0);
	store_batch_free(batch);
	CHECK_INT(store_load(store, &desired), 0);
	CHECK_INT(desired.definitions.count, 100);
	check_file(DEVICES, UUID_1 ".json", "web0");
	check_file(DEVICES, UUID_2 ".json", NULL);
	check_tidy();
	done();
}

#define LIST(text) "[" text "]"
#define REPLACE(folder, name) "{\"folder\":\"" folder "\",\"name\":\"" name "\",\"remove\":false}"
#define REMOVE(folder, name) "{\"folder\":\"" folder "\",\"name\":\"" name "\",\"remove\":true}"
#define WHOLE                                                                               \
	LIST(REPLACE("devices", UUID_1 ".json") "," REPLACE("definitions", UUID_1) "," REMOVE( \
		"definitions", UUID_2) "," REMOVE("devices", UUID_2 ".json") "," REPLACE("host", \
										     "host.json"))

/* What make_batch() leaves where the power fails: with the first files of the list in their places. */
static void cut_off(unsigned int done_files)
{
	static const struct {
		const char *folder, *from, *to;
	} steps[] = {
		{ DEVICES, "." UUID_1 ".json.apqd", UUID_1 ".json" },
		{ DEFINITIONS, "." UUID_1 ".apqd", UUID_1 },
		{ DEFINITIONS, UUID_2, NULL },
		{ DEVICES, UUID_2 ".json", NULL },
		{ HOST, ".host.json.apqd", "host.json" },
	};

	put_file(DEFINITIONS, UUID_1, OLD_1);
	put_file(DEFINITIONS, UUID_2, OLD_2);
	put_file(DEVICES, UUID_2 ".json", "{\"name\":\"two\"}");
	put_file(DEVICES, "." UUID_1 ".json.apqd", "{\"name\": \"web1\"}");
	put_file(DEFINITIONS, "." UUID_1 ".apqd", "{\"x\": 1,\"attrs\":[{\"assign_adapter\": \"5\"}]}");
	put_file(HOST, ".host.json.apqd", "{\"enforce\": true}");
	for (unsigned int i = 0; i < done_files; i++) {
		CLEANUP_CLOSE int fd = open_folder(steps[i].folder);

		if (steps[i].to)
			CHECK_INT(renameat(fd, steps[i].from, fd, steps[i].to), 0);
		else
			CHECK_INT(unlinkat(fd, steps[i].from, 0), 0);
	}
}

static void test_power_cut(void)
{
	for (unsigned int files = 0; files <= 5; files++) {
		start();
		cut_off(files);
		put_file(HOST, ".commit.json", WHOLE);
		CHECK_INT(store_finish_commit(store), 1);
		check_new();
		check_tidy();
		CHECK_INT(store_finish_commit(store), 0);
		done();
	}
	/* Before there was a list nothing has changed. */
	start();
	cut_off(0);
	CHECK_INT(store_finish_commit(store), 0);
	check_old();
	check_tidy();
	done();
}

/* The list is what a batch writes: one that is stopped before its first file can be finished by it. */
static void test_list_of_a_batch(void)
{
	struct store_batch *batch;
	CLEANUP_CLOSE int fd = -1;

	start();
	fd = open_folder(HOST);
	batch = make_batch();
	CHECK_INT(store_batch_stage(batch), 0);
	CHECK_INT(mkdirat(fd, "..commit.json.apqd", 0755), 0);
	CHECK_INT(store_batch_commit(batch), -EISDIR);
	check_old();
	store_batch_free(batch);
	CHECK_INT(unlinkat(fd, "..commit.json.apqd", AT_REMOVEDIR), 0);
	check_tidy();
	done();
}

static void test_hostile_list(void)
{
	static const char *const lists[] = {
		"", "{", "{}", "null", LIST("1"), LIST("{}"),
		LIST(REMOVE("definitions", "../../apqd/kept")),
		LIST(REMOVE("host", "kept")),
		LIST(REMOVE("definitions", UUID_1) "," REMOVE("host", "kept")),
		LIST(REMOVE("pending", "host.json")),
		LIST(REMOVE("devices", "kept")),
		LIST(REPLACE("nowhere", "kept")),
		LIST("{\"folder\":1,\"name\":\"" UUID_1 "\",\"remove\":true}"),
		LIST("{\"folder\":\"definitions\",\"name\":[],\"remove\":true}"),
		LIST("{\"folder\":\"definitions\",\"name\":\"" UUID_1 "\"}"),
	};

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		start();
		put_file(HOST, "kept", "kept");
		put_file(DEVICES, "kept", "kept");
		put_file(DEFINITIONS, UUID_1, OLD_1);
		put_file(HOST, ".commit.json", lists[i]);
		CHECK(store_finish_commit(store) >= 0);
		check_file(HOST, "kept", "kept");
		check_file(DEVICES, "kept", "kept");
		check_file(DEFINITIONS, UUID_1, OLD_1);
		check_tidy();
		done();
	}
}

int main(void)
{
	RUN(test_together);
	RUN(test_dropped);
	RUN(test_each_fails);
	RUN(test_failed_write);
	RUN(test_failed_second_write);
	RUN(test_changed_in_between);
	RUN(test_many);
	RUN(test_power_cut);
	RUN(test_list_of_a_batch);
	RUN(test_hostile_list);
	return 0;
}
