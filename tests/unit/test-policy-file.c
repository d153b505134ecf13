/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * daemon/store/policy: host.json as people write it, as apqd writes it, and what is wrong in it.
 */
#include <errno.h>

#include "common/json.h"
#include "common/utf8.h"
#include "tests/unit/model.h"
#include "tests/unit/store.h"

#define HOST "/etc/apqd"
#define NAME "host.json"

static const struct host_policy *read_policy(void)
{
	CHECK_INT(store_read_shared(store, &desired), 0);
	return &desired.policy;
}

static bool is_nothing(const struct host_policy *policy)
{
	struct host_policy nothing;

	host_policy_init(&nothing);
	return host_policy_equal(policy, &nothing);
}

static const char whole[] =
	"{\n"
	"  \"ownership\": \"masks\",\n"
	"  \"reserved\": {\n"
	"    \"adapters\": [\n"
	"      4\n"
	"    ],\n"
	"    \"domains\": [\n"
	"      71\n"
	"    ],\n"
	"    \"queues\": [\n"
	"      \"05.0010\",\n"
	"      \"05.0012-0014\"\n"
	"    ]\n"
	"  },\n"
	"  \"masks\": {\n"
	"    \"adapters\": [\n"
	"      4,\n"
	"      5\n"
	"    ],\n"
	"    \"domains\": [\n"
	"      71\n"
	"    ]\n"
	"  },\n"
	"  \"interrupts\": {\n"
	"    \"gisa\": true,\n"
	"    \"pollThread\": false,\n"
	"    \"pollTimeout\": 250000\n"
	"  },\n"
	"  \"enforce\": true\n"
	"}\n";

static struct host_policy whole_policy(void)
{
	struct host_policy policy = {
		.mechanism = MECHANISM_MASKS,
		.has_reservation = true,
		.reserved = { .adapters = mask_of("4"), .domains = mask_of("71") },
		.has_masks = true,
		.masks = { .adapters = mask_of("4-5"), .domains = mask_of("71") },
		.interrupts = { .gisa = 1, .poll_thread = 0, .poll_timeout = 250000 },
		.enforce = true,
	};

	policy.reserved.queues.domains[5] = mask_of("16,18-20");
	return policy;
}

static void test_whole(void)
{
	struct host_policy policy = whole_policy();
	CLEANUP_FREE char *text = NULL;

	start();
	put_file(HOST, NAME, whole);
	CHECK(host_policy_equal(read_policy(), &policy));
	CHECK(!desired.policy_bad);
	CHECK_INT(desired.problems.count, 0);
	drop_file(HOST, NAME, 0);
	CHECK(is_nothing(read_policy()));
	CHECK_INT(write_policy(&policy), 0);
	text = get_file(HOST, NAME);
	CHECK_STR(text, whole);
	done();
}

/* Every part may be missing, in any notation that says the same. */
static void test_parts(void)
{
	static const char *const nothing[] = {
		"{}",
		"{\"theirs\": {\"reserved\": 5}}",
		"{\"ownership\":null,\"reserved\":null,\"masks\":null,\"interrupts\":null,\"enforce\":null}",
		"{\"interrupts\":{\"gisa\":null,\"pollThread\":null,\"pollTimeout\":null}}",
		"{\"enforce\":false,\"interrupts\":{}}",
	};
	const struct host_policy *policy;

	start();
	for (size_t i = 0; i < ARRAY_SIZE(nothing); i++) {
		put_file(HOST, NAME, nothing[i]);
		if (!is_nothing(read_policy()) || desired.policy_bad || desired.problems.count)
			CHECK_FAIL("%s wants something", nothing[i]);
	}
	/* a reservation of nothing is one: apqd is to see to ownership */
	put_file(HOST, NAME, "{\"reserved\":{}}");
	policy = read_policy();
	CHECK(policy->has_reservation && !policy->has_masks);
	CHECK(reservation_is_empty(&policy->reserved));
	put_file(HOST, NAME,
		 "{\"reserved\":{\"queues\":[\"5.10\",\"05.0010-0012\",\"FF.00Ff\"],\"adapters\":[255,0,255],"
		 "\"domains\":null},\"ownership\":\"observe\",\"masks\":{},"
		 "\"interrupts\":{\"pollTimeout\":120000000000}}");
	policy = read_policy();
	CHECK_INT(policy->mechanism, MECHANISM_OBSERVE);
	CHECK(policy->has_masks);
	CHECK_INT(queue_set_count(&policy->reserved.queues), 4);
	CHECK(queue_set_has(&policy->reserved.queues, (struct apqn){ 0xff, 0xff }));
	CHECK_INT(mask_count(&policy->reserved.adapters), 2);
	CHECK_INT(policy->interrupts.gisa, -1);
	CHECK(policy->interrupts.poll_timeout == POLL_TIMEOUT_MAX);
	put_file(HOST, NAME, "{\"ownership\":\"overrides\",\"reserved\":{}}");
	CHECK_INT(read_policy()->mechanism, MECHANISM_OVERRIDES);
	done();
}

static void test_bad(void)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{ "", "line 1, column 1: the text ends too early" },
		{ "{\n\"enforce\": yes}", "line 2, column " },
		{ "[]", "it is not a JSON object" },
		{ "{\n\n\"enforce\": 1}", "line 3: 'enforce' is 1, and true or false is accepted" },
		{ "{\"enforce\": \"yes\"}", "line 1: 'enforce' is \"yes\", and" },
		{ "{\"ownership\": true}",
		  "'ownership' is true, and \"masks\", \"overrides\" or \"observe\" is accepted" },
		{ "{\"ownership\": \"mask\"}", "'ownership' is \"mask\", and" },
		{ "{\"ownership\": \"\"}", "'ownership' is \"\", and" },
		{ "{\"reserved\": [4]}",
		  "'reserved' is [4], and an object of 'adapters', 'domains' and 'queues' is accepted" },
		{ "{\"reserved\": {\n\"adapters\": 4}}",
		  "line 2: 'reserved.adapters' is 4, and a list of numbers from 0 to 255 is accepted" },
		{ "{\"reserved\": {\"adapters\": [\n4,\n\n300]}}",
		  "line 4: 'reserved.adapters' holds 300, and adapters are numbers from 0 to 255." },
		{ "{\"reserved\": {\"adapters\": [\"4-7\"]}}", "'reserved.adapters' holds \"4-7\", and" },
		{ "{\"reserved\": {\"adapters\": [null]}}", "'reserved.adapters' holds null, and" },
		{ "{\"reserved\": {\"adapters\": [4.0]}}", "'reserved.adapters' holds 4.0, and" },
		{ "{\"reserved\": {\"domains\": [-1]}}",
		  "'reserved.domains' holds -1, and domains are numbers from 0 to 255" },
		{ "{\"reserved\": {\"domains\": [1, \"0047\"]}}",
		  "holds \"0047\", and domains are decimal numbers: write 47, or 71 for 0x47." },
		{ "{\"reserved\": {\"domains\": [4294967296]}}", "holds 4294967296, and" },
		{ "{\"reserved\": {\"queues\": \"05.0010\"}}",
		  "'reserved.queues' is \"05.0010\", and a list such as [\"05.0010\", \"05.0012-0014\"] is "
		  "accepted" },
		{ "{\"reserved\": {\"queues\": [\n5]}}",
		  "line 2: 'reserved.queues' holds 5, and queues are \"AA.DDDD\" or \"AA.DDDD-DDDD\", "
		  "hexadecimal, adapters up to ff and domains up to 00ff" },
		{ "{\"reserved\": {\"queues\": [5.10]}}", "holds 5.10, and" },
		{ "{\"reserved\": {\"queues\": [null]}}", "holds null, and" },
		{ "{\"reserved\": {\"queues\": [\"05.0010\",\"05\"]}}", "holds \"05\", and" },
		{ "{\"reserved\": {\"queues\": [\"05.0012-0010\"]}}", "holds \"05.0012-0010\", and" },
		{ "{\"reserved\": {\"queues\": [\"05.0100\"]}}", "holds \"05.0100\", and" },
		{ "{\"reserved\": {\"queues\": [\"05.0010,05.0011\"]}}", "05.0010,05.0011" },
		{ "{\"reserved\": {\n\"adapters\": [],\n\"adaptors\": [4]}}",
		  "line 3: 'reserved' has the key \"adaptors\", and an object of 'adapters', " },
		{ "{\"reserved\": {\"a\\nb\": 1}}", "has the key \"a\\nb\", and" },
		{ "{\"reserved\": {}, \"ownership\": \"masks\", \"masks\": 5}",
		  "'masks' is 5, and an object of 'adapters' and 'domains' is accepted" },
		{ "{\"reserved\": {}, \"ownership\": \"masks\", \"masks\": {\"queues\": []}}",
		  "'masks' has the key \"queues\", and" },
		{ "{\"reserved\": {}, \"ownership\": \"masks\", \"masks\": {\"domains\": [256]}}",
		  "'masks.domains' holds 256, and domains are" },
		/* contradictions */
		{ "{\"ownership\": \"masks\",\n\"masks\": {}}",
		  "line 2: 'masks' is there without 'reserved': say what is reserved, or take 'masks' out" },
		{ "{\"reserved\": {}, \"masks\": {}}",
		  "'masks' is there and 'ownership' is not \"masks\": write" },
		{ "{\"reserved\": {}, \"masks\": {}, \"ownership\": \"overrides\"}",
		  "'masks' is there and 'ownership' is not" },
		{ "{\"interrupts\": \"off\"}",
		  "'interrupts' is \"off\", and an object of 'gisa', 'pollThread' and 'pollTimeout'" },
		{ "{\"interrupts\": {\"gisa\": \"on\"}}",
		  "'interrupts.gisa' is \"on\", and true or false is accepted" },
		{ "{\"interrupts\": {\"pollThread\": 0}}", "'interrupts.pollThread' is 0, and true or" },
		{ "{\"interrupts\": {\"pollTimeout\": -1}}",
		  "'interrupts.pollTimeout' is -1, and nanoseconds from 0 to 120000000000 (120 seconds)" },
		{ "{\"interrupts\": {\"pollTimeout\": 120000000001}}", "is 120000000001, and" },
		{ "{\"interrupts\": {\"pollTimeout\": 2.5e5}}", "is 2.5e5, and" },
		{ "{\"interrupts\": {\"polltimeout\": 1}}", "has the key \"polltimeout\", and" },
		/* what is quoted is not cut within a character, and not long */
		{ "{\"enforce\": "
		  "\"1234567890123456789012345678901234567890123456789012345678\303\251 and more\"}",
		  "'enforce' is \"1234567890123456789012345678901234567890123456789012345678..., and" },
	};
	struct host_policy policy = whole_policy();

	start();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP_FREE char *after = NULL;
		const char *message;

		/* a good one before, so that nothing of it may be left */
		put_file(HOST, NAME, whole);
		read_policy();
		put_file(HOST, NAME, cases[i].text);
		if (!is_nothing(read_policy()) || !desired.policy_bad)
			CHECK_FAIL("%s is taken", cases[i].text);
		CHECK_INT(desired.problems.count, 1);
		CHECK_STR(desired.problems.items[0].code, PROBLEM_BAD_POLICY);
		message = desired.problems.items[0].message;
		CHECK_HAS(message, cases[i].why);
		CHECK_HAS(message, "/etc/apqd/host.json cannot be used, and is left as it is: ");
		CHECK_INT(message[strlen(message) - 1], '.');
		CHECK_INT(utf8_fitting(message, 10000), strlen(message));
		CHECK_INT(write_policy(&policy), -EBADMSG);
		after = get_file(HOST, NAME);
		CHECK_STR(after, cases[i].text);
	}
	/* without the file there is nothing bad about it */
	drop_file(HOST, NAME, 0);
	CHECK(is_nothing(read_policy()) && !desired.policy_bad && desired.problems.count == 0);
	done();
}

/* What cannot be read at all is kept too. */
static void test_unreadable(void)
{
	struct host_policy policy = whole_policy();
	CLEANUP_FREE char *large = malloc((1 << 20) + 2);

	start();
	make_folder(HOST "/" NAME);
	CHECK(is_nothing(read_policy()));
	CHECK(desired.policy_bad);
	CHECK_INT(write_policy(&policy), -EBADMSG);
	drop_file(HOST, NAME, AT_REMOVEDIR);
	memset(large, ' ', (1 << 20) + 1);
	large[(1 << 20) + 1] = '\0';
	put_file(HOST, NAME, large);
	CHECK(is_nothing(read_policy()));
	CHECK_HAS(desired.problems.items[0].message, "it is too long");
	CHECK_INT(write_policy(&policy), -EBADMSG);
	done();
}

/* The file's value without blanks. */
static void check_file(const char *expected)
{
	CLEANUP_FREE char *text = get_file(HOST, NAME);
	CLEANUP_JSON struct json_object *object = NULL;

	CHECK_INT(json_parse(text, strlen(text), &object, NULL), 0);
	CHECK_STR(json_text(object, NULL), expected);
}

static void test_rewrite_keeps(void)
{
	struct host_policy policy;
	CLEANUP_FREE char *text = NULL;
	static const char before[] =
		"{\"note\":{\"x\":[1.50,null]},\"enforce\":false,\"interrupts\":{\"gisa\":true},\n\n"
		"\"reserved\":{\"queues\":[\"5.10\",\"5.11\"]},\"ownershop\":\"masks\"}";

	start();
	put_file(HOST, NAME, before);
	policy = *read_policy();
	/* nothing new: not a byte is touched */
	CHECK_INT(write_policy(&policy), 0);
	text = get_file(HOST, NAME);
	CHECK_STR(text, before);
	policy.mechanism = MECHANISM_OVERRIDES;
	policy.interrupts.gisa = -1;
	policy.interrupts.poll_timeout = 0;
	CHECK_INT(write_policy(&policy), 0);
	check_file("{\"note\":{\"x\":[1.50,null]},\"enforce\":false,\"interrupts\":{\"pollTimeout\":0},"
		   "\"reserved\":{\"adapters\":[],\"domains\":[],\"queues\":[\"05.0010-0011\"]},"
		   "\"ownershop\":\"masks\",\"ownership\":\"overrides\"}");
	CHECK(host_policy_equal(read_policy(), &policy));
	/* what carries nothing goes, and nothing else */
	host_policy_init(&policy);
	CHECK_INT(write_policy(&policy), 0);
	check_file("{\"note\":{\"x\":[1.50,null]},\"enforce\":false,\"ownershop\":\"masks\"}");
	done();
}

static void test_remove_all(void)
{
	struct host_policy policy;

	start();
	/* where there is nothing to say, no file says it */
	host_policy_init(&policy);
	CHECK_INT(write_policy(&policy), 0);
	CHECK(!has_file(HOST, NAME));
	policy = whole_policy();
	CHECK_INT(write_policy(&policy), 0);
	host_policy_init(&policy);
	policy.enforce = true;
	CHECK_INT(write_policy(&policy), 0);
	check_file("{\"enforce\":true}");
	/* masks that mean nothing beside the rest are not written: such a file would be refused */
	policy = whole_policy();
	policy.mechanism = MECHANISM_OVERRIDES;
	CHECK_INT(write_policy(&policy), 0);
	policy.has_masks = false;
	policy.masks = (struct mask_choice){ 0 };
	CHECK(host_policy_equal(read_policy(), &policy));
	done();
}

/* A folder where the temporary file belongs: the old file stays. */
static void test_failed_write(void)
{
	struct host_policy policy = whole_policy();
	CLEANUP_FREE char *text = NULL;

	start();
	put_file(HOST, NAME, "{\"theirs\":1}");
	make_folder(HOST "/." NAME ".apqd");
	CHECK(write_policy(&policy) < 0);
	text = get_file(HOST, NAME);
	CHECK_STR(text, "{\"theirs\":1}");
	done();
}

static struct mask random_mask(unsigned int *seed)
{
	struct mask mask = { 0 };
	int n = rand_r(seed) % 4 ? rand_r(seed) % 5 : rand_r(seed) % 300;

	while (n-- > 0)
		mask_set(&mask, (unsigned int)rand_r(seed) % APQN_IDS);
	return mask;
}

static struct host_policy random_policy(unsigned int *seed)
{
	static const int64_t timeouts[] = { JSON_INT_NULL, 0, 1, 250000, POLL_TIMEOUT_MAX };
	struct host_policy policy = {
		.mechanism = (enum ownership_mechanism)(rand_r(seed) % 4),
		.has_reservation = rand_r(seed) % 3,
		.interrupts = { .gisa = (int8_t)(rand_r(seed) % 3 - 1),
				.poll_thread = (int8_t)(rand_r(seed) % 3 - 1),
				.poll_timeout = timeouts[rand_r(seed) % ARRAY_SIZE(timeouts)] },
		.enforce = rand_r(seed) % 2,
	};

	if (!policy.has_reservation)
		return policy;
	policy.reserved.adapters = random_mask(seed);
	policy.reserved.domains = random_mask(seed);
	for (int i = rand_r(seed) % 6; i > 0; i--)
		policy.reserved.queues.domains[rand_r(seed) % APQN_IDS] = random_mask(seed);
	policy.has_masks = (policy.mechanism == MECHANISM_MASKS ||
			    policy.mechanism == MECHANISM_OBSERVE) && rand_r(seed) % 2;
	if (policy.has_masks)
		policy.masks = (struct mask_choice){ random_mask(seed), random_mask(seed) };
	return policy;
}

/* Whatever was there before, what is written is read back. */
static void test_random(void)
{
	unsigned int seed = 3;

	start();
	put_file(HOST, NAME, "{\"theirs\":true}");
	for (int i = 0; i < 300; i++) {
		struct host_policy policy = random_policy(&seed);
		CLEANUP_FREE char *text = NULL;

		CHECK_INT(write_policy(&policy), 0);
		if (!host_policy_equal(read_policy(), &policy))
			CHECK_FAIL("round %d was read back as something else", i);
		text = get_file(HOST, NAME);
		CHECK_HAS(text, "\"theirs\": true");
	}
	done();
}

/* The worst reservation fits the file. */
static void test_largest(void)
{
	static struct host_policy policy;
	CLEANUP_FREE char *text = NULL;

	start();
	policy = whole_policy();
	policy.reserved.adapters = policy.reserved.domains = mask_of("0-255");
	policy.masks.adapters = policy.masks.domains = mask_of("0-255");
	for (unsigned int i = 0; i < APQN_IDS * APQN_IDS; i += 2)
		queue_set_add(&policy.reserved.queues,
			      (struct apqn){ (uint8_t)(i / APQN_IDS), (uint8_t)i });
	CHECK_INT(write_policy(&policy), 0);
	CHECK(host_policy_equal(read_policy(), &policy));
	text = get_file(HOST, NAME);
	CHECK(strlen(text) > 32768 * 17);
	done();
}

int main(void)
{
	RUN(test_whole);
	RUN(test_parts);
	RUN(test_bad);
	RUN(test_unreadable);
	RUN(test_rewrite_keeps);
	RUN(test_remove_all);
	RUN(test_failed_write);
	RUN(test_random);
	RUN(test_largest);
	return 0;
}
