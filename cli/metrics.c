/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/metrics.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/json.h"

/* One number, and the words that tell what of. */
struct item {
	const char *uuid, *name, *start, *owner, *state, *code, *method, *operation, *outcome;
	int64_t adapters, domains, queues, effective, interrupts;
	int64_t limit, count;
};

static const struct json_field device_fields[] = {
	JSON_FIELD(struct item, uuid, "uuid", JSON_KIND_STRING, JSON_REQUIRED),
	JSON_FIELD(struct item, name, "name", JSON_KIND_STRING, 0),
	JSON_FIELD(struct item, state, "state", JSON_KIND_STRING, JSON_REQUIRED),
	JSON_FIELD(struct item, adapters, "adapters", JSON_KIND_INT, JSON_REQUIRED),
	JSON_FIELD(struct item, domains, "domains", JSON_KIND_INT, JSON_REQUIRED),
	JSON_FIELD(struct item, queues, "queues", JSON_KIND_INT, JSON_REQUIRED),
	JSON_FIELD(struct item, effective, "effectiveQueues", JSON_KIND_INT, 0),
	JSON_FIELD(struct item, interrupts, "interruptQueues", JSON_KIND_INT, JSON_REQUIRED),
	/* an older daemon does not say it */
	JSON_FIELD(struct item, start, "start", JSON_KIND_STRING, 0),
};

/* Which of them an item has depends on the list that it is in. */
static const struct json_field count_fields[] = {
	JSON_FIELD(struct item, uuid, "uuid", JSON_KIND_STRING, 0),
	JSON_FIELD(struct item, name, "name", JSON_KIND_STRING, 0),
	JSON_FIELD(struct item, owner, "owner", JSON_KIND_STRING, 0),
	JSON_FIELD(struct item, state, "state", JSON_KIND_STRING, 0),
	JSON_FIELD(struct item, code, "code", JSON_KIND_STRING, 0),
	JSON_FIELD(struct item, method, "method", JSON_KIND_STRING, 0),
	JSON_FIELD(struct item, operation, "operation", JSON_KIND_STRING, 0),
	JSON_FIELD(struct item, outcome, "outcome", JSON_KIND_STRING, 0),
	JSON_FIELD(struct item, limit, "limit", JSON_KIND_INT, 0),
	JSON_FIELD(struct item, count, "count", JSON_KIND_INT, JSON_REQUIRED),
};

struct metrics {
	const char *version;
	int64_t start, in_use, interrupts, reserved, connections, accepted, refused;
	int64_t subscribers, events, event_bytes;
	bool ready, forwarding;
	struct json_object *devices, *queues, *problems, *device_problems, *plan, *apply, *calls, *changes;
};

static const struct json_field metrics_fields[] = {
	JSON_FIELD(struct metrics, version, "version", JSON_KIND_STRING, JSON_REQUIRED),
	JSON_FIELD(struct metrics, start, "startTime", JSON_KIND_INT, JSON_REQUIRED),
	JSON_FIELD(struct metrics, ready, "ready", JSON_KIND_BOOL, JSON_REQUIRED),
	JSON_FIELD(struct metrics, forwarding, "forwarding", JSON_KIND_BOOL, JSON_REQUIRED),
	JSON_FIELD(struct metrics, devices, "devices", JSON_KIND_OBJECT, JSON_REQUIRED),
	JSON_FIELD(struct metrics, queues, "queues", JSON_KIND_OBJECT, JSON_REQUIRED),
	JSON_FIELD(struct metrics, in_use, "queuesInUse", JSON_KIND_INT, JSON_REQUIRED),
	JSON_FIELD(struct metrics, interrupts, "interruptQueues", JSON_KIND_INT, JSON_REQUIRED),
	JSON_FIELD(struct metrics, reserved, "reservedQueues", JSON_KIND_INT, JSON_REQUIRED),
	JSON_FIELD(struct metrics, problems, "problems", JSON_KIND_OBJECT, JSON_REQUIRED),
	JSON_FIELD(struct metrics, plan, "plan", JSON_KIND_OBJECT, JSON_REQUIRED),
	JSON_FIELD(struct metrics, apply, "apply", JSON_KIND_OBJECT, JSON_REQUIRED),
	JSON_FIELD(struct metrics, calls, "calls", JSON_KIND_OBJECT, JSON_REQUIRED),
	JSON_FIELD(struct metrics, changes, "changes", JSON_KIND_OBJECT, JSON_REQUIRED),
	JSON_FIELD(struct metrics, connections, "connections", JSON_KIND_INT, JSON_REQUIRED),
	JSON_FIELD(struct metrics, accepted, "connectionsAccepted", JSON_KIND_INT, JSON_REQUIRED),
	JSON_FIELD(struct metrics, refused, "connectionsRefused", JSON_KIND_INT, JSON_REQUIRED),
	/* an older daemon has none of these */
	JSON_FIELD(struct metrics, device_problems, "deviceProblems", JSON_KIND_OBJECT, 0),
	JSON_FIELD(struct metrics, subscribers, "subscribers", JSON_KIND_INT, 0),
	JSON_FIELD(struct metrics, events, "eventsMade", JSON_KIND_INT, 0),
	JSON_FIELD(struct metrics, event_bytes, "eventBytesSent", JSON_KIND_INT, 0),
};

struct durations {
	int64_t count, sum;
	struct json_object *buckets;
};

static const struct json_field durations_fields[] = {
	JSON_FIELD(struct durations, count, "count", JSON_KIND_INT, JSON_REQUIRED),
	JSON_FIELD(struct durations, sum, "sum", JSON_KIND_INT, JSON_REQUIRED),
	JSON_FIELD(struct durations, buckets, "buckets", JSON_KIND_OBJECT, JSON_REQUIRED),
};

/* Reads every item of a list and gives it to put(); -EBADMSG for what is no such list. */
static int each(struct metric_text *text, struct json_object *list, const struct json_field *fields,
		size_t count, void (*put)(struct metric_text *text, const struct item *item))
{
	const char *bad;

	if (!json_object_is_type(list, json_type_array))
		return -EBADMSG;
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct item item = { .effective = JSON_INT_NULL };

		if (json_read(json_object_array_get_idx(list, i), fields, count, false, &item, &bad) < 0)
			return -EBADMSG;
		put(text, &item);
	}
	return 0;
}

static int each_count(struct metric_text *text, struct json_object *list,
		      void (*put)(struct metric_text *text, const struct item *item))
{
	return each(text, list, count_fields, ARRAY_SIZE(count_fields), put);
}

static void put_pair(struct metric_text *text, const char *a, const char *a_value, const char *b,
		     const char *b_value, int64_t value)
{
	const struct metric_label labels[] = { { a, a_value }, { b, b_value } };

	metric_sample(text, labels, ARRAY_SIZE(labels), value);
}

static void put_queue(struct metric_text *text, const struct item *item)
{
	put_pair(text, "owner", item->owner, "state", item->state, item->count);
}

static void put_problem(struct metric_text *text, const struct item *item)
{
	const struct metric_label label = { "code", item->code };

	metric_sample(text, &label, 1, item->count);
}

static void put_device_problem(struct metric_text *text, const struct item *item)
{
	const struct metric_label labels[] = { { "code", item->code },
					       { "uuid", item->uuid },
					       { "name", item->name } };

	metric_sample(text, labels, ARRAY_SIZE(labels), item->count);
}

static void put_call(struct metric_text *text, const struct item *item)
{
	put_pair(text, "method", item->method, "outcome", item->outcome, item->count);
}

static void put_change(struct metric_text *text, const struct item *item)
{
	put_pair(text, "operation", item->operation, "outcome", item->outcome, item->count);
}

static void put_bucket(struct metric_text *text, const struct item *item)
{
	metric_bucket(text, item->limit, item->count);
}

static void put_adapters(struct metric_text *text, const struct item *item)
{
	put_pair(text, "uuid", item->uuid, "name", item->name, item->adapters);
}

static void put_domains(struct metric_text *text, const struct item *item)
{
	put_pair(text, "uuid", item->uuid, "name", item->name, item->domains);
}

static void put_queues(struct metric_text *text, const struct item *item)
{
	put_pair(text, "uuid", item->uuid, "name", item->name, item->queues);
}

static void put_effective(struct metric_text *text, const struct item *item)
{
	bool is_started = strcmp(item->state, "defined") != 0;

	/* Of a started one it can be unknown; of one that is not, no guest gets anything. */
	if (item->effective != JSON_INT_NULL || !is_started)
		put_pair(text, "uuid", item->uuid, "name", item->name, is_started ? item->effective : 0);
}

static void put_interrupts(struct metric_text *text, const struct item *item)
{
	put_pair(text, "uuid", item->uuid, "name", item->name, item->interrupts);
}

static void put_in_use(struct metric_text *text, const struct item *item)
{
	put_pair(text, "uuid", item->uuid, "name", item->name, strcmp(item->state, "inUse") == 0);
}

static void put_started(struct metric_text *text, const struct item *item)
{
	put_pair(text, "uuid", item->uuid, "name", item->name, strcmp(item->state, "defined") != 0);
}

static void put_auto(struct metric_text *text, const struct item *item)
{
	put_pair(text, "uuid", item->uuid, "name", item->name,
		 item->start && strcmp(item->start, "auto") == 0);
}

static void put_one(struct metric_text *text, enum metric_type type, const char *name,
		    const char *help, int64_t value)
{
	metric_family(text, type, name, help);
	metric_sample(text, NULL, 0, value);
}

/* How many devices are in each state; the list has been read before. */
static void put_states(struct metric_text *text, struct json_object *devices)
{
	static const char *const states[] = { "defined", "started", "inUse" };

	metric_family(text, METRIC_GAUGE, "apqd_devices",
		      "Devices, by whether they are only defined, started, or in use by a guest.");
	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		const struct metric_label label = { "state", states[i] };
		int64_t count = 0;

		for (size_t j = 0; j < json_object_array_length(devices); j++)
			count += strcmp(json_get_string(json_object_array_get_idx(devices, j), "state"),
					states[i]) == 0;
		metric_sample(text, &label, 1, count);
	}
}

static int put_devices(struct metric_text *text, struct json_object *devices)
{
	static const struct {
		const char *name, *help;
		void (*put)(struct metric_text *text, const struct item *item);
	} families[] = {
		{ "apqd_device_adapters", "Adapters of a device; if it is not started, as defined.",
		  put_adapters },
		{ "apqd_device_domains", "Usage domains of a device; if it is not started, as defined.",
		  put_domains },
		{ "apqd_device_queues", "Queues of a device; if it is not started, as defined.",
		  put_queues },
		{ "apqd_device_effective_queues",
		  "Queues that the guest of a device gets, or would get; 0 if it is not started.",
		  put_effective },
		{ "apqd_device_interrupt_queues",
		  "Queues of a device for which its guest has switched interrupts on.",
		  put_interrupts },
		{ "apqd_device_in_use", "1 if a guest has the device, else 0.", put_in_use },
		{ "apqd_device_started", "1 if the device is started, else 0.", put_started },
		{ "apqd_device_auto", "1 if the device starts automatically, else 0.", put_auto },
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(families); i++) {
		metric_family(text, METRIC_GAUGE, families[i].name, families[i].help);
		r = each(text, devices, device_fields, ARRAY_SIZE(device_fields), families[i].put);
	}
	if (r == 0)
		put_states(text, devices);
	return r;
}

static int put_durations(struct metric_text *text, struct json_object *object, const char *name,
			 const char *help)
{
	struct durations durations = { 0 };
	const char *bad;
	int r;

	if (json_read(object, durations_fields, ARRAY_SIZE(durations_fields), false, &durations,
		      &bad) < 0)
		return -EBADMSG;
	metric_family(text, METRIC_HISTOGRAM, name, help);
	r = each_count(text, durations.buckets, put_bucket);
	if (r == 0)
		metric_sum(text, durations.count, durations.sum);
	return r;
}

static int put_host(struct metric_text *text, const struct metrics *metrics)
{
	const struct metric_label version = { "version", metrics->version };
	int r;

	metric_family(text, METRIC_INFO, "apqd_build", "The version of apqd.");
	metric_sample(text, &version, 1, 1);
	put_one(text, METRIC_GAUGE, "apqd_start_time_seconds",
		"When apqd started, in seconds since 1970.", metrics->start);
	put_one(text, METRIC_GAUGE, "apqd_host_ready",
		"1 if the host can pass queues to guests, else 0.", metrics->ready);
	put_one(text, METRIC_GAUGE, "apqd_host_interrupts_forwarding",
		"1 if the host can forward interrupts of queues to guests, else 0.",
		metrics->forwarding);
	metric_family(text, METRIC_GAUGE, "apqd_queues",
		      "Queues of the AP bus, by who has them and by how they are.");
	r = each_count(text, metrics->queues, put_queue);
	put_one(text, METRIC_GAUGE, "apqd_queues_in_use", "Queues that guests have now.",
		metrics->in_use);
	put_one(text, METRIC_GAUGE, "apqd_queues_interrupts_enabled",
		"Queues whose guests have switched interrupts on.", metrics->interrupts);
	put_one(text, METRIC_GAUGE, "apqd_queues_reserved",
		"Queues of the AP bus that are reserved for guests.", metrics->reserved);
	metric_family(text, METRIC_GAUGE, "apqd_problems",
		      "Problems of the host and of devices, by their code; see apqd(8).");
	if (r == 0)
		r = each_count(text, metrics->problems, put_problem);
	if (r < 0 || !metrics->device_problems)
		return r;
	metric_family(text, METRIC_GAUGE, "apqd_problem",
		      "Problems by code and device; of the host, uuid and name are empty.");
	return each_count(text, metrics->device_problems, put_device_problem);
}

static int put_work(struct metric_text *text, const struct metrics *metrics)
{
	int r = put_durations(text, metrics->plan, "apqd_plan_duration_seconds",
			      "How long it took to plan a change, also a dry run.");

	if (r == 0)
		r = put_durations(text, metrics->apply, "apqd_apply_duration_seconds",
				  "How long the kernel took for a change, without waiting for a guest.");
	metric_family(text, METRIC_COUNTER, "apqd_calls", "Calls, by method and outcome.");
	if (r == 0)
		r = each_count(text, metrics->calls, put_call);
	metric_family(text, METRIC_COUNTER, "apqd_changes",
		      "Changes by clients and by apqd itself, by operation and outcome.");
	if (r == 0)
		r = each_count(text, metrics->changes, put_change);
	put_one(text, METRIC_GAUGE, "apqd_connections", "Clients that are connected.",
		metrics->connections);
	put_one(text, METRIC_COUNTER, "apqd_connections_accepted", "Clients that have connected.",
		metrics->accepted);
	put_one(text, METRIC_COUNTER, "apqd_connections_refused",
		"Clients that were turned away because there were too many.", metrics->refused);
	put_one(text, METRIC_GAUGE, "apqd_subscribers", "Clients that read events.",
		metrics->subscribers);
	put_one(text, METRIC_COUNTER, "apqd_events_made",
		"Events that were made, each once for all subscribers.", metrics->events);
	put_one(text, METRIC_COUNTER, "apqd_event_bytes_sent",
		"Bytes of events that all subscribers together were sent.", metrics->event_bytes);
	return r;
}

int metrics_make_text(struct json_object *parameters, enum metric_format format, char **ret_text,
		      size_t *ret_length)
{
	struct metric_text text = { .format = format };
	CLEANUP_FREE char *buffer = NULL;
	struct json_object *object = NULL;
	struct metrics metrics = { 0 };
	const char *bad;
	size_t length;
	int r;

	json_object_object_get_ex(parameters, "metrics", &object);
	if (json_read(object, metrics_fields, ARRAY_SIZE(metrics_fields), false, &metrics, &bad) < 0)
		return -EBADMSG;
	text.out = open_memstream(&buffer, &length);
	if (!text.out)
		return -ENOMEM;
	r = put_host(&text, &metrics);
	if (r == 0)
		r = put_devices(&text, metrics.devices);
	if (r == 0)
		r = put_work(&text, &metrics);
	metric_end(&text);
	if (fclose(text.out) != 0 && r == 0)
		r = -ENOMEM;
	if (r < 0)
		return r;
	*ret_text = TAKE_PTR(buffer);
	*ret_length = length;
	return 0;
}
