/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * daemon/report/metrics.c and durations.c: what is counted is what there is, and what was done.
 */
#include "common/json.h"
#include "daemon/report/metrics.h"
#include "tests/unit/check.h"
#include "tests/unit/model.h"

static struct json_object *member(struct json_object *object, const char *name)
{
	struct json_object *found = NULL;

	if (!json_object_object_get_ex(object, name, &found))
		CHECK_FAIL("there is no member %s", name);
	return found;
}

static int64_t number(struct json_object *object, const char *name)
{
	return json_object_get_int64(member(object, name));
}

/* The count of the item of a list that has both words; -1 where there is none. */
static int64_t count_of(struct json_object *list, const char *a, const char *a_word, const char *b,
			const char *b_word)
{
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *item = json_object_array_get_idx(list, i);

		if (strcmp(json_get_string(item, a), a_word) == 0 &&
		    (!b || strcmp(json_get_string(item, b), b_word) == 0))
			return number(item, "count");
	}
	return -1;
}

static int64_t bucket(struct json_object *durations, size_t index)
{
	return number(json_object_array_get_idx(member(durations, "buckets"), index), "count");
}

static void test_durations(void)
{
	struct durations durations = { 0 };
	CLEANUP_JSON struct json_object *object = NULL;

	durations_add(&durations, 0);
	durations_add(&durations, 100000);	  /* just in the first */
	durations_add(&durations, 100001);
	durations_add(&durations, 100000000000);  /* just in the last */
	durations_add(&durations, 100000000001);  /* in none */
	object = durations_describe(&durations);
	CHECK_INT(number(object, "count"), 5);
	CHECK_INT(number(object, "sum"), 200000200002);
	CHECK_INT(json_object_array_length(member(object, "buckets")), DURATIONS_BUCKETS);
	CHECK_INT(bucket(object, 0), 2);
	CHECK_INT(bucket(object, 1), 3);
	CHECK_INT(bucket(object, DURATIONS_BUCKETS - 2), 3);
	CHECK_INT(bucket(object, DURATIONS_BUCKETS - 1), 4);
	CHECK_INT(number(json_object_array_get_idx(member(object, "buckets"), 0), "limit"), 100000);
}

static void check_device(struct json_object *metrics, size_t index, const char *expected)
{
	CHECK_STR(json_text(json_object_array_get_idx(member(metrics, "devices"), index), NULL),
		  expected);
}

static void test_host(void)
{
	CLEANUP_JSON struct json_object *object = NULL;
	struct desired desired = { .policy.interrupts = INTERRUPTS_NO_WISH };
	struct metrics metrics = { 0 };
	struct observed observed;
	struct observed_queue queue;

	host_init(&observed);
	put_device(&observed, 2, matrix_of("5,6", "1", ""), true);
	put_device(&observed, 3, matrix_of("7", "2-4", ""), false);
	put_definition(&desired, 1, "web1", matrix_of("5", "5,6", "5"), START_MANUAL);
	put_bad_definition(&desired, 4);
	desired.policy.reserved.adapters = mask_of("5");
	queue_set_add(&desired.policy.reserved.queues, (struct apqn){ 4, 7 });
	queue_set_add(&desired.policy.reserved.queues, (struct apqn){ 0x30, 7 });	/* not there */
	/* interrupts of the guest; of 07.0002 no guest has it, so they are not a guest's */
	queue = *observed_find_queue(&observed, (struct apqn){ 5, 1 });
	queue.interrupt = 1;
	CHECK_INT(observed_put_queue(&observed, &queue), 0);
	queue.apqn = (struct apqn){ 7, 2 };
	CHECK_INT(observed_put_queue(&observed, &queue), 0);
	queue.apqn = (struct apqn){ 7, 3 };
	queue.checkstopped = true;
	CHECK_INT(observed_put_queue(&observed, &queue), 0);
	put_queue(&observed, 7, 4, "", "");
	put_queue(&observed, 6, 0, "", "");

	object = metrics_describe(&observed, &desired, &metrics);
	CHECK(json_object_get_boolean(member(object, "ready")));
	CHECK(json_object_get_boolean(member(object, "forwarding")));
	CHECK_INT(count_of(member(object, "queues"), "owner", "host", "state", "working"), 4);
	CHECK_INT(count_of(member(object, "queues"), "owner", "guest", "state", "working"), 3);
	CHECK_INT(count_of(member(object, "queues"), "owner", "guest", "state", "checkstopped"), 1);
	CHECK_INT(count_of(member(object, "queues"), "owner", "guest", "state", "unbound"), 1);
	CHECK_INT(count_of(member(object, "queues"), "owner", "nobody", "state", "unbound"), 1);
	CHECK_INT(count_of(member(object, "queues"), "owner", "nobody", "state", "working"), 22);
	CHECK_INT(json_object_array_length(member(object, "queues")), 12);
	CHECK_INT(number(object, "queuesInUse"), 2);
	CHECK_INT(number(object, "interruptQueues"), 1);
	CHECK_INT(number(object, "reservedQueues"), 9);
	check_device(object, 0, "{\"uuid\":\"00000000-0000-0000-0000-000000000001\",\"name\":\"web1\","
				"\"state\":\"defined\",\"adapters\":1,\"domains\":2,\"queues\":2,"
				"\"effectiveQueues\":null,\"interruptQueues\":0,\"start\":\"manual\"}");
	check_device(object, 1, "{\"uuid\":\"00000000-0000-0000-0000-000000000002\",\"name\":null,"
				"\"state\":\"inUse\",\"adapters\":2,\"domains\":1,\"queues\":2,"
				"\"effectiveQueues\":2,\"interruptQueues\":1,\"start\":\"manual\"}");
	/* The adapter with the queue that vfio_ap does not have is kept from its guest. */
	check_device(object, 2, "{\"uuid\":\"00000000-0000-0000-0000-000000000003\",\"name\":null,"
				"\"state\":\"started\",\"adapters\":1,\"domains\":3,\"queues\":3,"
				"\"effectiveQueues\":0,\"interruptQueues\":0,\"start\":\"manual\"}");
	CHECK_INT(json_object_array_length(member(object, "devices")), 4);
	CHECK_INT(count_of(member(object, "problems"), "code", "badDefinition", NULL, NULL), 1);
	CHECK_INT(count_of(member(object, "problems"), "code", "queueNotBound", NULL, NULL), 1);
	CHECK_INT(count_of(member(object, "problems"), "code", "queueAbsent", NULL, NULL), -1);
	CHECK_INT(count_of(member(object, "deviceProblems"), "code", "queueNotBound", "uuid",
			   "00000000-0000-0000-0000-000000000003"), 1);
	CHECK_INT(count_of(member(object, "deviceProblems"), "code", "badDefinition", "uuid",
			   "00000000-0000-0000-0000-000000000004"), 1);
	observed_done(&observed);
	desired_done(&desired);
}

/* A host without anything is counted too, and so are several problems of one code. */
static void test_nothing(void)
{
	CLEANUP_JSON struct json_object *object = NULL;
	struct desired desired = { .policy.interrupts = INTERRUPTS_NO_WISH };
	struct metrics metrics = { 0 };
	struct observed observed;

	observed_init(&observed);
	for (unsigned int i = 0; i < 3; i++)
		put_bad_definition(&desired, i);
	object = metrics_describe(&observed, &desired, &metrics);
	CHECK(!json_object_get_boolean(member(object, "ready")));
	CHECK(!json_object_get_boolean(member(object, "forwarding")));
	CHECK_INT(count_of(member(object, "queues"), "owner", "nobody", "state", "working"), 0);
	CHECK_INT(count_of(member(object, "problems"), "code", "badDefinition", NULL, NULL), 3);
	observed_done(&observed);
	desired_done(&desired);
}

static void test_changes(void)
{
	CLEANUP_JSON struct json_object *object = NULL;
	struct desired desired = { .policy.interrupts = INTERRUPTS_NO_WISH };
	struct metrics metrics = { 0 };
	struct observed observed;
	struct json_object *changes;

	observed_init(&observed);
	metrics_count_change(&metrics, OPERATION_START, METRICS_DONE);
	metrics_count_change(&metrics, OPERATION_START, METRICS_DONE);
	metrics_count_change(&metrics, OPERATION_START, METRICS_REFUSED);
	metrics_count_change(&metrics, METRICS_AUTOMATIC, METRICS_UNCHANGED);
	metrics_count_change(&metrics, METRICS_RECOVERY, METRICS_DONE);
	durations_add(&metrics.plan, 7);
	durations_add(&metrics.apply, 8);
	object = metrics_describe(&observed, &desired, &metrics);
	changes = member(object, "changes");
	CHECK_INT(json_object_array_length(changes), METRICS_OPERATIONS * METRICS_OUTCOMES);
	CHECK_INT(count_of(changes, "operation", "start", "outcome", "done"), 2);
	CHECK_INT(count_of(changes, "operation", "start", "outcome", "refused"), 1);
	CHECK_INT(count_of(changes, "operation", "start", "outcome", "unchanged"), 0);
	CHECK_INT(count_of(changes, "operation", "automatic", "outcome", "unchanged"), 1);
	CHECK_INT(count_of(changes, "operation", "recovery", "outcome", "done"), 1);
	CHECK_INT(number(member(object, "plan"), "sum"), 7);
	CHECK_INT(number(member(object, "apply"), "sum"), 8);
	observed_done(&observed);
	desired_done(&desired);
}

int main(void)
{
	RUN(test_durations);
	RUN(test_host);
	RUN(test_nothing);
	RUN(test_changes);
	return 0;
}
