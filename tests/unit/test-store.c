/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * daemon/store/: mdevctl's files as they are found in the world, our own beside them, and records.
 */
#include <errno.h>

#include "common/json.h"
#include "common/utf8.h"
#include "daemon/plan/reserve.h"
#include "tests/unit/model.h"
#include "tests/unit/store.h"

#define DEFINITIONS "/etc/mdevctl.d/matrix"
#define DEVICES "/etc/apqd/devices.d"
#define UUID_1 "00000000-0000-0000-0000-000000000001"

/* Reads definition 1 from both its files. */
static const struct definition *read_definition(void)
{
	struct uuid uuid = uuid_of(1);

	CHECK_INT(store_read_definition(store, &desired, &uuid), 0);
	return desired_find(&desired, &uuid);
}

#define FILE_OF(attrs) \
	"{\"mdev_type\":\"vfio_ap-passthrough\",\"start\":\"auto\",\"attrs\":[" attrs "]}"

static void test_matrices(void)
{
	static const struct {
		const char *text, *matrix;
	} cases[] = {
		{ FILE_OF(""), "no queues" },
		{ FILE_OF("{\"assign_adapter\":\"5\"},{\"assign_adapter\":\"0x1F\"},{\"assign_domain\":\"0x8\"}"),
		  "adapters 05,1f domains 0008" },
		/* a leading zero, and the same number to everybody */
		{ FILE_OF("{\"assign_adapter\":\"00,05,+007\"},{\"assign_domain\":\"0007\"}"),
		  "adapters 00,05,07 domains 0007" },
		{ FILE_OF("{\"assign_adapter\":5},{\"assign_domain\":\"171\\n\"}"),
		  "adapters 05 domains 00ab" },
		{ FILE_OF("{\"assign_adapter\":\"5,6, 0x10\"},{\"assign_control_domain\":\"4 ,7\"}"),
		  "adapters 05-06,10 control domains 0004,0007" },
		{ FILE_OF("{\"assign_adapter\":\"5,6\",\"assign_domain\":\"1\"}"),
		  "adapters 05-06 domains 0001" },
		{ FILE_OF("{\"assign_adapter\":\"5,6\"},{\"unassign_adapter\":\"6\"},{\"unassign_domain\":\"3\"}"),
		  "adapters 05" },
		/* one after the other, as mdevctl writes them: ap_config replaces what came before */
		{ FILE_OF("{\"assign_adapter\":\"9\"},{\"ap_config\":\"0x04,0x8,0x0\"},{\"assign_domain\":\"1\"}"),
		  "adapters 05 domains 0000-0001" },
		{ FILE_OF("{\"unknown\":\"x\"},{\"assign_adapter\":\"5\"},{\"other\":null}"),
		  "adapters 05" },
		{ "{\"mdev_type\":\"vfio_ap-passthrough\"}", "no queues" },
		{ "{\"mdev_type\":\"vfio_ap-passthrough\",\"attrs\":null,\"start\":null}",
		  "no queues" },
		{ "{\"mdev_type\":\"vfio_ap-passthrough\",\"start\":\"Never\"}", "no queues" },
		{ FILE_OF("{\"assign_adapter\":\"+5,+0x6\"}"), "adapters 05-06" },
	};

	start();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP_FREE char *text = NULL;
		const struct definition *definition;

		put_file(DEFINITIONS, UUID_1, cases[i].text);
		definition = read_definition();
		if (definition->problem)
			CHECK_FAIL("%s: %s", cases[i].text, definition->problem);
		text = matrix_describe(&definition->matrix);
		CHECK_STR(text, cases[i].matrix);
		/* one without "start" is started by hand */
		CHECK_INT(definition->start,
			  strstr(cases[i].text, "auto") ? START_AUTO : START_MANUAL);
	}
	done();
}

static void test_bad_files(void)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{ "", "line 1, column 1: the text ends too early" },
		{ "{\n  \"start\": auto\n}\n", "line 2, column 12: " },
		{ "[]", "it is not a JSON object" },
		{ "{}", "'mdev_type' is '', and only 'vfio_ap-passthrough' is accepted" },
		{ "{\"mdev_type\":\"i915-GVTg\"}", "'mdev_type' is 'i915-GVTg'" },
		{ "{\"mdev_type\":\"vfio_ap-passthrough\",\"attrs\":{}}", "'attrs' is not a list" },
		{ FILE_OF("5"), "'attrs' holds something that is not {name: value}" },
		{ FILE_OF("{\"assign_adapter\":\"256\"}"),
		  "attribute assign_adapter has the value '256': numbers from 0 to 255 are accepted" },
		{ FILE_OF("{\"assign_adapter\":\"\"}"), "has the value ''" },
		{ FILE_OF("{\"assign_adapter\":null}"), "has the value ''" },
		{ FILE_OF("{\"assign_adapter\":\"-1\"}"), "has the value '-1'" },
		{ FILE_OF("{\"assign_adapter\":\"++1\"}"), "has the value '++1'" },
		{ FILE_OF("{\"assign_adapter\":\"+ 1\"}"), "has the value '+ 1'" },
		{ FILE_OF("{\"assign_adapter\":\"1,\"}"), "has the value '1,'" },
		{ FILE_OF("{\"assign_adapter\":\"1,-1\"}"), "has the value '1,-1'" },
		{ FILE_OF("{\"assign_adapter\":\"1 2\"}"), "has the value '1 2'" },
		{ FILE_OF("{\"assign_adapter\":\" -0\"}"), "has the value ' -0'" },
		{ FILE_OF("{\"assign_domain\":\"18446744073709551617\"}"), "assign_domain" },
		{ FILE_OF("{\"unassign_domain\":\"x\"}"), "unassign_domain" },
		{ FILE_OF("{\"assign_domain\":[1]}"), "assign_domain" },
		/* octal to the kernel, decimal or hexadecimal to people */
		{ FILE_OF("{\"assign_domain\":\"0047\"}"),
		  "has the value '0047': the kernel reads a leading zero as octal: write 47 or 0x47." },
		{ FILE_OF("{\"assign_adapter\":\"5,010,7\"}"), "write 10 or 0x10." },
		{ FILE_OF("{\"unassign_adapter\":\"+08\"}"), "write 8 or 0x8." },
		{ FILE_OF("{\"assign_adapter\":\"0200\"}"), "write 200." },
		{ FILE_OF("{\"assign_adapter\":\"4f\"}"), "write 0x4f." },
		{ FILE_OF("{\"assign_control_domain\":\"00ff\"}"), "write 0xff." },
		{ FILE_OF("{\"assign_domain\":\"0300\"}"), "numbers from 0 to 255 are accepted" },
		{ FILE_OF("{\"ap_config\":\"0x0,0x0\"}"),
		  "attribute ap_config has the value '0x0,0x0': three masks of 0x and up to 64 hexadecimal "
		  "digits are accepted" },
		/* what is quoted is not cut within a character */
		{ FILE_OF("{\"assign_domain\":\"12345678901234567890123456789012345678901234567890123456789\303\251\"}"),
		  "'12345678901234567890123456789012345678901234567890123456789':" },
	};

	start();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct definition *definition;
		CLEANUP_FREE char *after = NULL;
		struct definition wanted = { .uuid = uuid_of(1) };

		put_file(DEFINITIONS, UUID_1, cases[i].text);
		definition = read_definition();
		CHECK_HAS(definition->problem, cases[i].why);
		CHECK_HAS(definition->problem, "/etc/mdevctl.d/matrix/" UUID_1
					       " cannot be used, and is left as it is: ");
		/* and it is: what it meant is not replaced by a guess */
		if (strcmp(cases[i].text, "{}") == 0)
			continue;
		CHECK_INT(write_definition(&wanted), -EBADMSG);
		after = get_file(DEFINITIONS, UUID_1);
		CHECK_STR(after, cases[i].text);
		CHECK(!has_file(DEVICES, UUID_1 ".json"));
	}
	done();
}

/* A definition that another program has changed since is not replaced, nor are its own keys. */
static void test_replace(void)
{
	struct definition was = { .uuid = uuid_of(1), .matrix = matrix_of("5", "171", ""),
				  .start = START_MANUAL },
			  theirs = was, ours = was;

	theirs.start = START_AUTO;
	ours.matrix = matrix_of("6", "171", "");
	strcpy(ours.name, "web1");
	start();
	CHECK_INT(replace_definition(&was, &ours), STORE_OVERTAKEN);
	CHECK_INT(replace_definition(NULL, &was), 0);
	CHECK_INT(replace_definition(NULL, &ours), STORE_OVERTAKEN);
	CHECK_INT(write_definition(&theirs), 0);
	CHECK_INT(replace_definition(&was, &ours), STORE_OVERTAKEN);
	CHECK(definition_equal(read_definition(), &theirs));
	CHECK(!has_file(DEVICES, UUID_1 ".json"));
	CHECK_INT(replace_definition(&theirs, &ours), 0);
	CHECK(definition_equal(read_definition(), &ours));
	put_file(DEFINITIONS, UUID_1, "{");
	CHECK_INT(replace_definition(&ours, &was), -EBADMSG);
	CHECK_INT(replace_definition(NULL, &was), -EBADMSG);
	done();
}

static void test_write_new(void)
{
	struct definition definition = { .uuid = uuid_of(1),
					 .matrix = matrix_of("5,16", "171", "4"),
					 .start = START_AUTO };
	CLEANUP_FREE char *text = NULL, *own = NULL;
	CLEANUP_JSON struct json_object *object = NULL;

	start();
	CHECK_INT(write_definition(&definition), 0);
	text = get_file(DEFINITIONS, UUID_1);
	CHECK_INT(text[strlen(text) - 1], '\n');
	CHECK_INT(json_parse(text, strlen(text), &object, NULL), 0);
	/* decimal numbers as strings: what all readers of these files understand */
	CHECK_STR(json_text(object, NULL),
		  FILE_OF("{\"assign_adapter\":\"5\"},{\"assign_adapter\":\"16\"},{\"assign_domain\":\"171\"},"
			  "{\"assign_control_domain\":\"4\"}"));
	CHECK(!has_file(DEVICES, UUID_1 ".json"));
	CHECK(definition_equal(read_definition(), &definition));
	strcpy(definition.name, "web1");
	definition.interrupts = INTERRUPTS_REQUIRED;
	CHECK_INT(write_definition(&definition), 0);
	own = get_file(DEVICES, UUID_1 ".json");
	CHECK_HAS(own, "\"web1\"");
	CHECK_HAS(own, "\"required\"");
	CHECK(definition_equal(read_definition(), &definition));
	definition.name[0] = '\0';
	definition.interrupts = INTERRUPTS_ANY;
	CHECK_INT(write_definition(&definition), 0);
	CHECK(definition_equal(read_definition(), &definition));
	CHECK_INT(remove_definition(&definition.uuid), 0);
	CHECK_INT(remove_definition(&definition.uuid), 0);
	CHECK(!read_definition() && !has_file(DEVICES, UUID_1 ".json"));
	done();
}

/* What others wrote besides stays, in its place and with its value. */
static void test_rewrite_keeps(void)
{
	static const char before[] =
		"{\"note\":{\"x\":[1.50,null]},\"mdev_type\":\"vfio_ap-passthrough\",\"attrs\":["
		"{\"unassign_adapter\":\"9\"},{\"foreign\":\"1\"},{\"assign_adapter\":\"0x5\"},"
		"{\"ap_config\":\"0x04,0x8,0x0\"},{\"assign_domain\":\"1\",\"mixed\":\"2\"}],\"start\":\"manual\"}";
	struct definition definition = { .uuid = uuid_of(1), .matrix = matrix_of("6", "1", "") };
	CLEANUP_FREE char *text = NULL, *same = NULL;
	CLEANUP_JSON struct json_object *object = NULL, *unchanged = NULL;

	start();
	put_file(DEFINITIONS, UUID_1, before);
	put_file(DEVICES, UUID_1 ".json", "{\"version\":1,\"theirs\":true}");
	definition.matrix = matrix_of("5", "0-1", "");
	definition.start = START_AUTO;
	/* the matrix is what it was: it stays in the words in which it is written */
	CHECK_INT(write_definition(&definition), 0);
	same = get_file(DEFINITIONS, UUID_1);
	CHECK_INT(json_parse(same, strlen(same), &unchanged, NULL), 0);
	CHECK_HAS(json_text(unchanged, NULL), "{\"ap_config\":\"0x04,0x8,0x0\"}");
	CHECK_HAS(json_text(unchanged, NULL), "\"start\":\"auto\"");
	definition.matrix = matrix_of("6", "2", "");
	CHECK_INT(write_definition(&definition), 0);
	text = get_file(DEFINITIONS, UUID_1);
	CHECK_INT(json_parse(text, strlen(text), &object, NULL), 0);
	CHECK_STR(json_text(object, NULL),
		  "{\"note\":{\"x\":[1.50,null]},\"mdev_type\":\"vfio_ap-passthrough\",\"attrs\":["
		  "{\"assign_adapter\":\"6\"},{\"assign_domain\":\"2\"},{\"foreign\":\"1\"},{\"mixed\":\"2\"}],"
		  "\"start\":\"auto\"}");
	CHECK(definition_equal(read_definition(), &definition));
	free(text);
	text = get_file(DEVICES, UUID_1 ".json");
	CHECK_HAS(text, "theirs");
	done();
}

static void test_own_file_bad(void)
{
	static const char *const bad[] = {
		"{",
		"[]",
		"{\"name\":5}",
		"{\"name\":\"no good\"}",
		"{\"name\":\"\"}",
		"{\"interrupts\":\"perhaps\"}",
		"{\"interrupts\":[]}",
	};
	struct definition wanted = { .uuid = uuid_of(1), .name = "x" };

	start();
	put_file(DEFINITIONS, UUID_1, FILE_OF("{\"assign_adapter\":\"5\"}"));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		put_file(DEVICES, UUID_1 ".json", bad[i]);
		CHECK_HAS(read_definition()->problem,
			  "/etc/apqd/devices.d/" UUID_1 ".json cannot be used");
	}
	put_file(DEVICES, UUID_1 ".json", "{\"name\":");
	CHECK_INT(write_definition(&wanted), -EBADMSG);
	put_file(DEVICES, UUID_1 ".json", "{\"name\":null,\"interrupts\":null}");
	CHECK(!read_definition()->problem);
	done();
}

static void test_load(void)
{
	static const char *const strange[] = {
		"notes.txt",
		UUID_1 ".bak",
		"00000000-0000-0000-0000-00000000000A",
		"bad\n\377name",
	};
	struct uuid uuid = uuid_of(3);
	char long_name[201];

	start();
	put_file(DEFINITIONS, UUID_1, FILE_OF(""));
	put_file(DEFINITIONS, uuid_of(2).text, "rubbish");
	put_file(DEFINITIONS, ".hidden", "rubbish");
	for (size_t i = 0; i < ARRAY_SIZE(strange); i++)
		put_file(DEFINITIONS, strange[i], "{}");
	memset(long_name, 'n', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	put_file(DEFINITIONS, long_name, "{}");
	put_file("/etc/apqd", "host.json", "{\"enforce\":true,\"theirs\":1}");
	CHECK_INT(store_load(store, &desired), 0);
	CHECK_INT(desired.definitions.count, 2);
	CHECK(!desired_find(&desired, &uuid));
	uuid = uuid_of(2);
	CHECK(desired_find(&desired, &uuid)->problem);
	CHECK(desired.policy.enforce);
	CHECK_INT(desired.problems.count, 5);
	for (size_t i = 0; i < desired.problems.count; i++) {
		CHECK_STR(desired.problems.items[i].code, PROBLEM_STRANGE_FILE);
		CHECK_INT(utf8_fitting(desired.problems.items[i].message, 10000),
			  strlen(desired.problems.items[i].message));
	}
	put_file("/etc/apqd", "host.json", "{\"enforce\":\"yes\"}");
	CHECK_INT(store_read_shared(store, &desired), 0);
	CHECK(!desired.policy.enforce);
	CHECK_STR(desired.problems.items[0].code, PROBLEM_BAD_POLICY);
	/* and nothing else is disturbed */
	CHECK_INT(desired.definitions.count, 2);
	CHECK_INT(desired.problems.count, 6);
	done();
}

static void test_notes(void)
{
	static const char *const broken[] = { "{", "[]", "{}", "{\"stopped\":\"nonsense\"}" };
	struct device_note note = { .uuid = uuid_of(1),
				    .stopped = STOPPED_BY_OTHER,
				    .settled = true };
	const struct device_note *found;

	start();
	CHECK_INT(store_write_note(store, &note), 0);
	CHECK_INT(store_load(store, &desired), 0);
	found = desired_find_note(&desired, &note.uuid);
	CHECK(found && found->stopped == STOPPED_BY_OTHER && found->settled);
	desired_done(&desired);
	/* nothing to remember: no file */
	note.stopped = STOPPED_BY_NOBODY;
	note.settled = false;
	CHECK_INT(store_write_note(store, &note), 0);
	CHECK(!has_file("/run/apqd/devices", UUID_1 ".json"));
	/* a name without a UUID is none of ours */
	put_file("/run/apqd/devices", ".json", "{\"stopped\":\"client\"}");
	CHECK_INT(store_load(store, &desired), 0);
	CHECK_INT(desired.notes.count, 0);
	/* what was cut off is thrown away */
	for (size_t i = 0; i < ARRAY_SIZE(broken); i++) {
		put_file("/run/apqd/devices", UUID_1 ".json", broken[i]);
		CHECK_INT(store_load(store, &desired), 0);
		CHECK(!desired_find_note(&desired, &note.uuid));
		CHECK(!has_file("/run/apqd/devices", UUID_1 ".json"));
		desired_done(&desired);
	}
	done();
}

static unsigned int found_count;
static struct pending found;

static void find_pending(void *userdata, struct pending *pending)
{
	CHECK(userdata == &found);
	change_done(&found.change);
	found = *pending;
	pending->change.devices = NULL;
	found_count++;
}

static void test_pending(void)
{
	struct pending pending = {
		.change = change_of((struct device_change){
			.uuid = uuid_of(1),
			.live = true,
			.started = true,
			.active = matrix_of("5", "1", "2"),
			.definition_action = DEFINITION_WRITE,
			.definition = { .uuid = uuid_of(1),
					.name = "web",
					.matrix = matrix_of("6", "", ""),
					.start = START_AUTO,
					.interrupts = INTERRUPTS_POLLED },
			.was = { .started = true,
				 .active = matrix_of("7", "3", ""),
				 .defined = true,
				 .definition = { .uuid = uuid_of(1), .matrix = matrix_of("6", "", "9") } },
		}),
	};
	static const char *const broken[] = { "{", "{}", "[]", "{\"live\":true}" };

	start();
	found_count = 0;
	pending.change.force = true;
	CHECK_INT(store_write_pending(store, &pending), 0);
	CHECK_INT(store_load_pending(store, find_pending, &found), 0);
	CHECK_INT(found_count, 1);
	CHECK(found.change.devices->live && found.change.devices->started && found.change.force &&
	      found.change.devices->was.started && found.change.devices->was.defined);
	CHECK_INT(found.change.devices->definition_action, DEFINITION_WRITE);
	CHECK(uuid_equal(&found.change.devices->uuid, &pending.change.devices->uuid));
	CHECK(matrix_equal(&found.change.devices->active, &pending.change.devices->active));
	CHECK(matrix_equal(&found.change.devices->was.active, &pending.change.devices->was.active));
	CHECK(definition_equal(&found.change.devices->was.definition,
			       &pending.change.devices->was.definition));
	CHECK(definition_equal(&found.change.devices->definition, &pending.change.devices->definition));
	CHECK_INT(store_remove_pending(store, &pending.change), 0);
	CHECK_INT(store_load_pending(store, find_pending, &found), 0);
	CHECK_INT(found_count, 1);
	for (size_t i = 0; i < ARRAY_SIZE(broken); i++) {
		put_file("/run/apqd/pending", UUID_1 ".json", broken[i]);
		CHECK_INT(store_load_pending(store, find_pending, &found), 0);
		CHECK(!has_file("/run/apqd/pending", UUID_1 ".json"));
	}
	CHECK_INT(found_count, 1);
	done();
}

static struct queue_set queues_of(const char *runs)
{
	CLEANUP_FREE char *text = strdup(runs);
	struct queue_set set = { 0 };
	char *rest = NULL;

	for (char *run = strtok_r(text, ",", &rest); run; run = strtok_r(NULL, ",", &rest))
		CHECK_INT(queue_set_parse(run, &set), 0);
	return set;
}

static bool host_changes_equal(const struct host_change *a, const struct host_change *b)
{
	return a->ownership == b->ownership && a->set_interrupts == b->set_interrupts && mask_equal(&a->apmask, &b->apmask) &&
	       mask_equal(&a->aqmask, &b->aqmask) && queue_set_equal(&a->take, &b->take) &&
	       queue_set_equal(&a->give, &b->give) && a->interrupts.gisa == b->interrupts.gisa &&
	       a->interrupts.poll_thread == b->interrupts.poll_thread &&
	       a->interrupts.poll_timeout == b->interrupts.poll_timeout &&
	       a->write_policy == b->write_policy && host_policy_equal(&a->policy, &b->policy);
}

/* A change of the host alone: it has no UUID, and a file of its own. */
static void test_pending_host(void)
{
	struct pending pending = { 0 }, other;
	struct host_change *host = &pending.change.host, *was = &pending.was_host;

	start();
	found_count = 0;
	host_change_init(host);
	host_change_init(was);
	CHECK_INT(store_write_pending(store, &pending), 0);
	CHECK(has_file("/run/apqd/pending", "host.json"));
	CHECK_INT(store_load_pending(store, find_pending, &found), 0);
	CHECK_INT(found_count, 1);
	CHECK_INT(found.change.count, 0);
	CHECK(host_changes_equal(&found.change.host, host));
	host->ownership = host->write_policy = true;
	host->apmask = mask_of("0-3,255");
	host->take = queues_of("05.0010,05.0012-0014,ff.00ff");
	host->set_interrupts = was->set_interrupts = true;
	host->interrupts = (struct interrupts_wish){ .gisa = 0, .poll_thread = 1, .poll_timeout = 0 };
	host->policy.mechanism = MECHANISM_MASKS;
	host->policy.has_reservation = host->policy.has_masks = host->policy.enforce = true;
	host->policy.reserved.queues = queues_of("06.0000");
	host->policy.masks.domains = mask_of("0");
	host->policy.interrupts = host->interrupts;
	was->ownership = true;
	was->aqmask = mask_of("0-255");
	was->give = host->take;
	was->interrupts.gisa = 1;
	was->interrupts.poll_timeout = POLL_TIMEOUT_MAX;
	was->policy.has_reservation = true;
	CHECK_INT(store_write_pending(store, &pending), 0);
	CHECK_INT(store_load_pending(store, find_pending, &found), 0);
	CHECK_INT(found_count, 2);
	CHECK(host_changes_equal(&found.change.host, host));
	CHECK(host_changes_equal(&found.was_host, was));
	/* beside one of a device, which has a host's part too */
	other = pending;
	other.change.devices = change_of((struct device_change){ .uuid = uuid_of(1) }).devices;
	other.change.count = 1;
	CHECK_INT(store_write_pending(store, &other), 0);
	CHECK_INT(store_remove_pending(store, &pending.change), 0);
	CHECK(!has_file("/run/apqd/pending", "host.json"));
	CHECK_INT(store_load_pending(store, find_pending, &found), 0);
	CHECK_INT(found_count, 3);
	CHECK_STR(found.change.devices->uuid.text, UUID_1);
	CHECK(host_changes_equal(&found.change.host, host));
	done();
}

/* Each of these spoils a good record's text in one place: it is thrown away, never half believed. */
static void test_pending_host_broken(void)
{
	static const struct {
		const char *part, *instead;
	} cases[] = {
		{ "\"ownership\":false", "\"ownership\":0" },
		{ "\"take\":[]", "\"take\":[\"0100.0000\"]" },
		{ "\"take\":[]", "\"take\":{}" },
		{ "\"give\":[]", "\"give\":null" },
		{ "\"give\":[]", "\"give\":[5]" },
		{ "\"writePolicy\":false", "\"writePolicy\":null" },
		{ "\"policy\":{}", "\"policy\":[]" },
		{ "\"policy\":{}", "\"policy\":{\"enforce\":1}" },
		{ "\"policy\":{}", "\"policy\":{},\"interrupts\":{\"gisa\":2}" },
		{ "\"apmask\":\"0x0", "\"apmask\":\"0xg" },
		{ "\"aqmask\":\"0x0", "\"aqmask\":\"+0" },
		{ "\"wasHost\":{\"ownership\":", "\"wasHost\":{\"ownershop\":" },
	};
	struct pending pending = { 0 };
	CLEANUP_FREE char *good = NULL;

	start();
	found_count = 0;
	host_change_init(&pending.change.host);
	host_change_init(&pending.was_host);
	CHECK_INT(store_write_pending(store, &pending), 0);
	good = get_file("/run/apqd/pending", "host.json");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *at = strstr(good, cases[i].part);
		CLEANUP_FREE char *bad = NULL;

		CHECK_HAS(good, cases[i].part);
		CHECK(asprintf(&bad, "%.*s%s%s", (int)(at - good), good, cases[i].instead,
			       at + strlen(cases[i].part)) > 0);
		put_file("/run/apqd/pending", "host.json", bad);
		CHECK_INT(store_load_pending(store, find_pending, &found), 0);
		if (found_count > 0 || has_file("/run/apqd/pending", "host.json"))
			CHECK_FAIL("%s was believed", cases[i].instead);
	}
	done();
}

/* The largest that there can be is read back: every other queue, in each of six sets. */
static void test_pending_largest(void)
{
	static struct pending pending;
	struct host_change *host = &pending.change.host;
	CLEANUP_FREE char *text = NULL;

	start();
	found_count = 0;
	host_change_init(host);
	for (unsigned int i = 0; i < APQN_IDS * APQN_IDS; i++)
		queue_set_add(i % 2 ? &host->take : &host->give,
			      (struct apqn){ (uint8_t)(i / APQN_IDS), (uint8_t)i });
	host->policy.has_reservation = host->policy.has_masks = true;
	host->policy.mechanism = MECHANISM_MASKS;
	host->policy.reserved.adapters = host->policy.reserved.domains = mask_of("0-255");
	host->policy.masks.adapters = host->policy.masks.domains = mask_of("0-255");
	host->policy.reserved.queues = host->take;
	pending.was_host = *host;
	CHECK_INT(store_write_pending(store, &pending), 0);
	text = get_file("/run/apqd/pending", "host.json");
	CHECK(strlen(text) > 6 * 32768 * 10);
	CHECK_INT(store_load_pending(store, find_pending, &found), 0);
	CHECK_INT(found_count, 1);
	CHECK(host_changes_equal(&found.change.host, host));
	CHECK(host_changes_equal(&found.was_host, host));
	done();
}

static void test_open_fails(void)
{
	CLEANUP_FREE char *path = NULL;
	struct store *other = NULL;

	start();
	put_file("/etc", "file", "");
	strcat(root, "/etc/file");
	CHECK_INT(store_open(root, &other, &path), -ENOTDIR);
	CHECK_HAS(path, "/etc/file/run/apqd/devices");
	CHECK(!other);
	root[strlen(root) - strlen("/etc/file")] = '\0';
	store_close(NULL);
	done();
}

int main(void)
{
	RUN(test_matrices);
	RUN(test_bad_files);
	RUN(test_write_new);
	RUN(test_replace);
	RUN(test_rewrite_keeps);
	RUN(test_own_file_bad);
	RUN(test_load);
	RUN(test_notes);
	RUN(test_pending);
	RUN(test_pending_host);
	RUN(test_pending_host_broken);
	RUN(test_pending_largest);
	RUN(test_open_fails);
	return 0;
}
