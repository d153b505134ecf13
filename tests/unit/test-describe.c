/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * daemon/report/describe.c: everything that is told fits its type in the interface file, and says
 * what is so.
 */
#include "common/cleanup.h"
#include "common/idl.h"
#include "common/json.h"
#include "daemon/varlink/interface.h"
#include "daemon/report/describe.h"
#include "daemon/model/ownership.h"
#include "tests/unit/check.h"
#include "tests/unit/model.h"

static struct observed observed;
static struct desired desired = { .policy.interrupts = INTERRUPTS_NO_WISH };
static struct idl *idl;

static void start(void)
{
	unsigned int line;

	host_init(&observed);
	CHECK_INT(idl_parse(interface_manager, &idl, &line), 0);
}

static void done(void)
{
	observed_done(&observed);
	desired_done(&desired);
	idl = idl_free(idl);
}

static struct json_object *list_of(struct json_object *value)
{
	struct json_object *list = json_object_new_array();

	json_object_array_add(list, value);
	return list;
}

/* Takes value over and checks it as the only member of a method's reply. */
static void check_output(const char *method, const char *member, struct json_object *value)
{
	CLEANUP_JSON struct json_object *reply = json_object_new_object();
	char path[IDL_PATH_SIZE];

	json_object_object_add(reply, member, value);
	if (idl_check(idl, IDL_METHOD, method, IDL_OUTPUT, reply, path) != 0)
		CHECK_FAIL("%s does not fit the interface at %s: %s", method, path,
			   json_text(reply, NULL));
}

/* The text of one member of value, which is let go. */
static void check_member(struct json_object *value, const char *member, const char *expected)
{
	struct json_object *found = NULL;

	if (!json_object_object_get_ex(value, member, &found))
		CHECK_FAIL("there is no member %s", member);
	CHECK_STR(found ? json_text(found, NULL) : "null", expected);
	json_object_put(value);
}

static void check_host(void)
{
	check_output("GetHost", "host", describe_host(&observed, &desired));
}

static void test_host(void)
{
	struct observed_host host;

	start();
	check_host();
	check_member(describe_host(&observed, &desired), "ready", "true");
	check_member(describe_host(&observed, &desired), "busFeatures", "[\"APSC\",\"APXA\"]");
	check_member(describe_host(&observed, &desired), "ownership", "\"masks\"");
	check_member(describe_host(&observed, &desired), "hostDomains", "[0,1,2,3]");
	check_member(
		describe_host(&observed, &desired), "interrupts",
		"{\"host\":true,\"gisa\":true,\"facility65\":true,\"pollThread\":false,"
		"\"pollTimeout\":250000,\"forwarding\":true,\"reason\":null,\"wanted\":{\"gisa\":null,"
		"\"pollThread\":null,\"pollTimeout\":null}}");
	host = observed.host;
	host.gisa = host.facility65 = -1;
	strcpy(host.bus_features, "  APSC   ");
	strcpy(host.passthrough_features, "");
	observed_put_host(&observed, &host);
	check_host();
	check_member(describe_host(&observed, &desired), "busFeatures", "[\"APSC\"]");
	check_member(describe_host(&observed, &desired), "passthroughFeatures", "[]");
	observed_done(&observed);
	observed_init(&observed); /* nothing is known at all */
	check_host();
	check_member(describe_host(&observed, &desired), "ready", "false");
	done();
}

static void test_cards(void)
{
	struct observed_card card;

	start();
	for (int mode = CARD_UNKNOWN; mode <= CARD_EP11; mode++) {
		static const char *const names[] = { "\"unknown\"", "\"accelerator\"", "\"cca\"",
						     "\"ep11\"" };

		card = *observed_find_card(&observed, 5);
		card.mode = mode;
		card.online = (int8_t)(mode % 3 - 1);
		observed_put_card(&observed, &card);
		check_output("ListCards", "cards", list_of(describe_card(&observed, 5)));
		check_member(describe_card(&observed, 5), "mode", names[mode]);
	}
	check_member(describe_card(&observed, 6), "maxMessageSize", "null");
	check_member(describe_card(&observed, 6), "requests", "17");
	check_member(describe_card(&observed, 6), "online", "true");
	observed_remove_card(&observed, 6);
	check_output("ListCards", "cards", list_of(describe_card(&observed, 6)));
	check_member(describe_card(&observed, 6), "configured", "false");
	check_member(describe_card(&observed, 6), "online", "null");
	check_member(describe_card(&observed, 6), "type", "\"CEX8C\"");
	check_output("ListCards", "cards", list_of(describe_card(&observed, 200)));
	check_member(describe_card(&observed, 200), "adapter", "200");
	done();
}

/* As a client reads it. */
static struct json_object *queue_tree(struct apqn apqn)
{
	CLEANUP_JSON struct json_object *text =
		describe_queue(&observed, apqn, ownership_find_device(&observed, apqn));
	struct json_object *tree = NULL;
	size_t length;
	const char *json = json_text(text, &length);

	CHECK_INT(json_parse(json, length, &tree, NULL), 0);
	return tree;
}

static void check_queue(uint8_t adapter, uint8_t domain, const char *owner, const char *device)
{
	struct apqn apqn = { adapter, domain };

	check_output("ListQueues", "queues", list_of(queue_tree(apqn)));
	check_member(queue_tree(apqn), "owner", owner);
	check_member(queue_tree(apqn), "device", device);
}

static void test_queues(void)
{
	struct observed_queue queue;

	start();
	put_device(&observed, 1, matrix_of("5,9", "1", ""), true);
	queue = *observed_find_queue(&observed, (struct apqn){ 5, 1 });
	queue.status = QUEUE_STATUS_IN_USE;
	queue.interrupt = 1;
	CHECK_INT(observed_put_queue(&observed, &queue), 0);
	check_queue(4, 0, "\"host\"", "null");
	check_queue(5, 1, "\"guest\"", "\"00000000-0000-0000-0000-000000000001\"");
	check_queue(5, 2, "\"nobody\"", "null");
	check_queue(9, 1, "\"host\"", "\"00000000-0000-0000-0000-000000000001\"");
	check_member(queue_tree((struct apqn){ 5, 1 }), "inUse", "true");
	check_member(queue_tree((struct apqn){ 5, 1 }), "interrupt", "true");
	check_member(queue_tree((struct apqn){ 5, 2 }), "inUse", "false");
	check_member(queue_tree((struct apqn){ 5, 2 }), "driver", "\"vfio_ap\"");
	check_member(queue_tree((struct apqn){ 9, 1 }), "driver", "null");
	check_member(queue_tree((struct apqn){ 9, 1 }), "interrupt", "null");
	check_member(queue_tree((struct apqn){ 0x0a, 0x47 }), "apqn", "\"0a.0047\"");
	put_queue(&observed, 6, 1, "", "");
	check_queue(6, 1, "\"nobody\"", "null");
	check_member(queue_tree((struct apqn){ 6, 1 }), "driver", "null");
	done();
}

static void check_device(unsigned int number, const char *member, const char *expected)
{
	struct uuid uuid = uuid_of(number);

	check_output("GetDevice", "device", describe_device(&observed, &desired, &uuid));
	check_output("ListDevices", "devices",
		     list_of(describe_device(&observed, &desired, &uuid)));
	check_member(describe_device(&observed, &desired, &uuid), member, expected);
}

#define MATRIX_JSON "{\"adapters\":[5],\"domains\":[1,2],\"controlDomains\":[]}"

static void test_devices(void)
{
	struct observed_queue queue;

	start();
	put_definition(&desired, 1, "web1", matrix_of("5", "1-2", ""), START_AUTO);
	put_device(&observed, 2, matrix_of("5", "1-2", ""), true);
	put_definition(&desired, 3, "", matrix_of("5", "1", ""), START_MANUAL);
	put_device(&observed, 3, matrix_of("6,9", "1", "9"), false);
	put_bad_definition(&desired, 4);
	queue = *observed_find_queue(&observed, (struct apqn){ 5, 2 });
	queue.interrupt = 1;
	CHECK_INT(observed_put_queue(&observed, &queue), 0);

	check_device(1, "name", "\"web1\"");
	check_device(1, "definition", MATRIX_JSON);
	check_device(1, "start", "\"auto\"");
	check_device(1, "active", "null");
	check_device(1, "effective", "null");
	check_device(1, "inUse", "false");
	check_device(1, "state", "\"defined\"");
	check_device(2, "name", "null");
	check_device(2, "definition", "null");
	check_device(2, "start", "\"manual\"");
	check_device(2, "interrupts", "\"any\"");
	check_device(2, "active", MATRIX_JSON);
	check_device(2, "effective", MATRIX_JSON);
	check_device(2, "inUse", "true");
	check_device(2, "state", "\"inUse\"");
	check_device(2, "users", "[{\"pid\":4711,\"command\":\"qemu\",\"machine\":null}]");
	check_device(2, "interruptQueues", "[\"05.0002\"]");
	check_device(2, "problems", "[]");
	check_device(3, "effective", "{\"adapters\":[6],\"domains\":[1],\"controlDomains\":[]}");
	check_device(3, "state", "\"started\"");
	check_device(4, "definition", "null");
	check_device(4, "state", "\"defined\"");
	check_device(5, "uuid", "\"00000000-0000-0000-0000-000000000005\"");
	done();
}

static void test_problems_and_steps(void)
{
	struct change change =
		change_of((struct device_change){ .uuid = uuid_of(1),
						  .live = true,
						  .started = true,
						  .active = matrix_of("4-5", "0-1", "1"),
						  .definition_action = DEFINITION_WRITE,
						  .definition.uuid = uuid_of(1) });
	CLEANUP_JSON struct json_object *reply = NULL, *conflict = NULL, *steps = NULL;
	CLEANUP_PLAN struct plan plan = { 0 };
	struct json_object *first;
	char path[IDL_PATH_SIZE];

	start();
	put_device(&observed, 2, matrix_of("5", "1", ""), false);
	plan_make(&observed, &desired, &change, &plan);
	conflict = json_object_new_object();
	json_object_object_add(conflict, "problems", describe_problems(&plan.conflicts));
	CHECK_INT(idl_check(idl, IDL_ERROR, "Conflict", IDL_CONTENT, conflict, path), 0);
	CHECK_HAS(json_text(conflict, NULL),
		  "\"queues\":[\"04.0000\",\"04.0001\"],\"device\":null");
	CHECK_HAS(json_text(conflict, NULL),
		  "\"queues\":[\"05.0001\"],\"device\":\"00000000-0000-0000-0000-000000000002\"");
	reply = json_object_new_object();
	json_object_object_add(reply, "changed", json_object_new_boolean(true));
	json_object_object_add(reply, "steps", describe_steps(&plan));
	CHECK_INT(idl_check(idl, IDL_METHOD, "Stop", IDL_OUTPUT, reply, path), 0);
	steps = describe_steps(&plan);
	CHECK_INT(json_object_array_length(steps), 3);
	first = json_object_array_get_idx(steps, 0);
	CHECK_STR(json_get_string(first, "action"), "write");
	CHECK_STR(json_get_string(first, "detail"),
		  "00000000-0000-0000-0000-000000000001 > /sys/devices/vfio_ap/matrix/mdev_supported_types/"
		  "vfio_ap-passthrough/create");
	CHECK_HAS(json_get_string(json_object_array_get_idx(steps, 1), "detail"),
		  " > /sys/devices/vfio_ap/matrix/00000000-0000-0000-0000-000000000001/ap_config");
	CHECK_STR(json_get_string(json_object_array_get_idx(steps, 2), "action"),
		  "writeDefinition");
	CHECK_STR(json_get_string(json_object_array_get_idx(steps, 2), "detail"),
		  "/etc/mdevctl.d/matrix/00000000-0000-0000-0000-000000000001");
	done();
}

/* A list is read by somebody, and fits a message: what is beyond is counted. */
static void test_many_problems(void)
{
	CLEANUP_PROBLEMS struct problems problems = { 0 };
	CLEANUP_JSON struct json_object *list = NULL;
	struct json_object *last;

	for (unsigned int i = 0; i < PROBLEMS_MAX + 3; i++)
		problems_add(&problems, PROBLEM_STRANGE_FILE, NULL, NULL, "%u", i);
	list = describe_problems(&problems);
	CHECK_INT(json_object_array_length(list), PROBLEMS_MAX + 1);
	last = json_object_array_get_idx(list, PROBLEMS_MAX);
	CHECK_STR(json_get_string(last, "code"), PROBLEM_MORE);
	CHECK_STR(json_get_string(last, "message"), "Problems: 3 more.");
}

static void test_users(void)
{
	struct observed_device device = { .users_count = 2,
					  .users = { { 1, "a\"b", "" }, { 2, "c", "web1" } } };
	CLEANUP_JSON struct json_object *users = describe_users(&device),
					*none = describe_users(NULL);

	CHECK_STR(json_text(users, NULL), "[{\"pid\":1,\"command\":\"a\\\"b\",\"machine\":null},"
					  "{\"pid\":2,\"command\":\"c\",\"machine\":\"web1\"}]");
	CHECK_STR(json_text(none, NULL), "[]");
}

int main(void)
{
	RUN(test_host);
	RUN(test_cards);
	RUN(test_queues);
	RUN(test_devices);
	RUN(test_problems_and_steps);
	RUN(test_many_problems);
	RUN(test_users);
	return 0;
}
