/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/model/readiness.h"
#include "daemon/report/metrics.h"

#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "daemon/report/describe.h"
#include "daemon/report/diagnose.h"
#include "daemon/model/ownership.h"
#include "daemon/model/unknown.h"
#include "daemon/model/resolve.h"

/* How a queue is; the words are the interface's. */
enum queue_state {
	STATE_WORKING,
	STATE_UNBOUND,
	STATE_DECONFIGURED,
	STATE_CHECKSTOPPED,
	STATES
};

static const char *const state_names[STATES] = {
	"working", "unbound", "deconfigured", "checkstopped",
};

enum owner {
	OWNER_HOST,
	OWNER_GUEST,
	OWNER_NOBODY,
	OWNERS
};

static const char *const owner_names[OWNERS] = { "host", "guest", "nobody" };

/* Which queues are what: sets, because to look for the device of each queue takes long with many. */
struct queue_count {
	struct queue_set assigned, in_use, interrupts;
	uint64_t by_state[OWNERS][STATES];
	uint64_t reserved;
};

struct counter {
	const struct observed *observed;
	const struct desired *desired;
	struct json_object *devices;
	struct problems problems;
};

void metrics_count_change(struct metrics *metrics, unsigned int operation,
			  enum metrics_outcome outcome)
{
	metrics->changes[operation][outcome]++;
}

static enum queue_state state_of(const struct observed *observed, struct apqn apqn)
{
	const struct observed_queue *queue = observed_find_queue(observed, apqn);
	const struct observed_card *card = observed_find_card(observed, apqn.adapter);

	if (queue->checkstopped || (card && card->checkstopped))
		return STATE_CHECKSTOPPED;
	if (!queue->configured || (card && !card->configured))
		return STATE_DECONFIGURED;
	return queue->driver[0] ? STATE_WORKING : STATE_UNBOUND;
}

static void count_device_queues(const struct observed *observed, struct queue_count *count)
{
	for (size_t i = 0; i < observed->devices.count; i++) {
		const struct observed_device *device = observed_device_at(observed, i);

		MATRIX_FOR_EACH_QUEUE(adapter, domain, &device->active) {
			struct apqn apqn = { adapter, domain };

			queue_set_add(&count->assigned, apqn);
			if (ownership_is_in_use(observed, device, apqn))
				queue_set_add(&count->in_use, apqn);
		}
		ownership_interrupt_queues(observed, device, &count->interrupts);
	}
}

static void count_queues(const struct observed *observed, const struct desired *desired,
			 struct queue_count *count)
{
	count_device_queues(observed, count);
	for (unsigned int adapter = 0; adapter < APQN_IDS; adapter++)
		MASK_FOR_EACH(domain, &observed->queues[adapter]) {
			struct apqn apqn = { adapter, domain };
			bool is_devices = queue_set_has(&count->assigned, apqn) ||
					  unknown_may_have(observed, apqn);
			enum owner owner = ownership_is_hosts(observed, apqn) ? OWNER_HOST :
					   is_devices			      ? OWNER_GUEST :
										OWNER_NOBODY;

			count->by_state[owner][state_of(observed, apqn)]++;
			count->reserved += reservation_has(&desired->policy.reserved, apqn);
		}
}

static void describe_queues(const struct queue_count *count, struct json_object *object)
{
	struct json_object *list = json_object_new_array();

	for (unsigned int owner = 0; owner < OWNERS; owner++)
		for (unsigned int state = 0; state < STATES; state++) {
			struct json_object *item = json_object_new_object();

			json_add_string(item, "owner", owner_names[owner]);
			json_add_string(item, "state", state_names[state]);
			json_add_int(item, "count", (int64_t)count->by_state[owner][state]);
			json_append(list, item);
		}
	json_add(object, "queues", list);
	json_add_int(object, "queuesInUse", queue_set_count(&count->in_use));
	json_add_int(object, "interruptQueues", queue_set_count(&count->interrupts));
	json_add_int(object, "reservedQueues", (int64_t)count->reserved);
}

static int64_t count_interrupts(const struct observed *observed,
				const struct observed_device *device)
{
	struct queue_set set = { 0 };

	ownership_interrupt_queues(observed, device, &set);
	return queue_set_count(&set);
}

static void describe_one(void *userdata, const struct uuid *uuid)
{
	struct counter *counter = userdata;
	const struct observed *observed = counter->observed;
	const struct observed_device *device = observed_find_device(observed, uuid);
	const struct definition *definition = desired_find(counter->desired, uuid);
	struct json_object *object = json_object_new_object();
	struct matrix matrix = { 0 };

	if (device)
		matrix = device->active;
	else if (definition && !definition->problem)
		matrix = definition->matrix;
	json_add_string(object, "uuid", uuid->text);
	json_add_string(object, "name", definition && definition->name[0] ? definition->name : NULL);
	json_add_string(object, "state", describe_state(device));
	json_add_int(object, "adapters", mask_count(&matrix.adapters));
	json_add_int(object, "domains", mask_count(&matrix.domains));
	json_add_int(object, "queues", matrix_queue_count(&matrix));
	if (device) {
		matrix = ownership_effective(observed, device);
		json_add_int(object, "effectiveQueues", matrix_queue_count(&matrix));
	} else {
		json_add(object, "effectiveQueues", NULL);
	}
	json_add_int(object, "interruptQueues", count_interrupts(observed, device));
	json_add_string(object, "start",
			start_mode_names[definition ? definition->start : START_MANUAL]);
	json_append(counter->devices, object);
	diagnose_device(observed, counter->desired, uuid, &counter->problems);
}

static int compare_codes(const struct problem *a, const struct problem *b)
{
	return strcmp(a->code, b->code);
}

/* By code, then those of the host, then by device. */
static int compare_problems(const void *a, const void *b)
{
	const struct problem *left = a, *right = b;
	int order = compare_codes(left, right);

	if (order == 0)
		order = left->has_device - right->has_device;
	return order || !left->has_device ? order : uuid_compare(&left->device, &right->device);
}

/* One item for each code of which there is one at least; the problems are in order. */
static struct json_object *describe_problem_counts(const struct problems *problems)
{
	struct json_object *list = json_object_new_array();
	size_t end;

	for (size_t i = 0; i < problems->count; i = end) {
		struct json_object *item = json_object_new_object();

		for (end = i + 1; end < problems->count; end++)
			if (compare_codes(&problems->items[i], &problems->items[end]) != 0)
				break;
		json_add_string(item, "code", problems->items[i].code);
		json_add_int(item, "count", (int64_t)(end - i));
		json_append(list, item);
	}
	return list;
}

/* The same for each code and device, so that there are no more than devices and codes. */
static struct json_object *describe_device_problems(const struct desired *desired,
						    const struct problems *problems)
{
	struct json_object *list = json_object_new_array();
	size_t end;

	for (size_t i = 0; i < problems->count; i = end) {
		const struct problem *problem = &problems->items[i];
		const char *name = problem->has_device ? desired_name(desired, &problem->device) : "";
		struct json_object *item = json_object_new_object();

		for (end = i + 1; end < problems->count; end++)
			if (compare_problems(problem, &problems->items[end]) != 0)
				break;
		json_add_string(item, "code", problem->code);
		json_add_string(item, "uuid", problem->has_device ? problem->device.text : NULL);
		json_add_string(item, "name", name[0] ? name : NULL);
		json_add_int(item, "count", (int64_t)(end - i));
		json_append(list, item);
	}
	return list;
}

static void describe_all_problems(const struct desired *desired, struct problems *problems,
				  struct json_object *object)
{
	if (problems->count > 1)
		qsort(problems->items, problems->count, sizeof(*problems->items), compare_problems);
	json_add(object, "problems", describe_problem_counts(problems));
	json_add(object, "deviceProblems", describe_device_problems(desired, problems));
}

static struct json_object *describe_changes(const struct metrics *metrics)
{
	static const char *const outcomes[METRICS_OUTCOMES] = { "done", "unchanged", "refused" };
	struct json_object *list = json_object_new_array();

	for (unsigned int operation = 0; operation < METRICS_OPERATIONS; operation++)
		for (unsigned int outcome = 0; outcome < METRICS_OUTCOMES; outcome++) {
			struct json_object *item = json_object_new_object();

			json_add_string(item, "operation",
					operation == METRICS_AUTOMATIC ? "automatic" :
					operation == METRICS_RECOVERY  ? "recovery" :
					operation_name((enum operation)operation));
			json_add_string(item, "outcome", outcomes[outcome]);
			json_add_int(item, "count", (int64_t)metrics->changes[operation][outcome]);
			json_append(list, item);
		}
	return list;
}

struct json_object *metrics_describe(const struct observed *observed, const struct desired *desired,
				     const struct metrics *metrics)
{
	CLEANUP_FREE struct queue_count *count = calloc(1, sizeof(*count));
	struct counter counter = { .observed = observed, .desired = desired };
	struct json_object *object = json_object_new_object();
	const char *reason;

	if (!count) {
		json_object_put(object);
		return NULL;
	}
	counter.devices = json_object_new_array();
	count_queues(observed, desired, count);
	diagnose_host(observed, desired, &counter.problems);
	resolve_each_device(observed, desired, describe_one, &counter);
	json_add_bool(object, "ready", readiness_of_host(observed, &reason));
	json_add_bool(object, "forwarding", readiness_of_interrupts(observed, &reason));
	json_add(object, "devices", counter.devices);
	describe_queues(count, object);
	describe_all_problems(desired, &counter.problems, object);
	json_add(object, "plan", durations_describe(&metrics->plan));
	json_add(object, "apply", durations_describe(&metrics->apply));
	json_add(object, "changes", describe_changes(metrics));
	problems_done(&counter.problems);
	return object;
}
