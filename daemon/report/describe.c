/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/model/policy-json.h"
#include "daemon/model/readiness.h"
#include "daemon/report/describe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/json-text.h"
#include "daemon/report/diagnose.h"
#include "daemon/plan/import.h"
#include "daemon/model/ownership.h"
#include "daemon/plan/reserve.h"
#include "daemon/model/unknown.h"

static struct json_object *split_words(const char *words)
{
	struct json_object *list = json_object_new_array();

	while (*words) {
		size_t length = strcspn(words, " ");

		if (length > 0)
			json_append(list, json_object_new_string_len(words, (int)length));
		words += length + strspn(words + length, " ");
	}
	return list;
}

static struct json_object *describe_interrupts(const struct observed *observed,
					       const struct desired *desired)
{
	static const struct json_field fields[] = {
		JSON_FIELD(struct observed_host, interrupts, "host", JSON_KIND_BOOL, 0),
		JSON_FIELD(struct observed_host, gisa, "gisa", JSON_KIND_TRISTATE, 0),
		JSON_FIELD(struct observed_host, facility65, "facility65", JSON_KIND_TRISTATE, 0),
		JSON_FIELD(struct observed_host, poll_thread, "pollThread", JSON_KIND_TRISTATE, 0),
		JSON_FIELD(struct observed_host, poll_timeout, "pollTimeout", JSON_KIND_INT,
			   JSON_NULLABLE),
	};
	struct json_object *object = json_write(fields, ARRAY_SIZE(fields), &observed->host);
	const char *reason;

	json_add_bool(object, "forwarding", readiness_of_interrupts(observed, &reason));
	json_add_string(object, "reason", reason);
	json_add(object, "wanted", policy_describe_interrupts(&desired->policy.interrupts));
	return object;
}

static void count_queues(const struct observed *observed, unsigned int *ret_queues,
			 unsigned int *ret_of_host)
{
	*ret_queues = *ret_of_host = 0;
	for (unsigned int adapter = 0; adapter < APQN_IDS; adapter++)
		MASK_FOR_EACH(domain, &observed->queues[adapter]) {
			++*ret_queues;
			*ret_of_host += ownership_is_hosts(observed, (struct apqn){ adapter, domain });
		}
}

struct json_object *describe_host(const struct observed *observed, const struct desired *desired)
{
	static const char *const kinds[] = { "default", "masks", "overrides" };
	const struct observed_host *host = &observed->host;
	struct mask_choice others = ownership_others_bits(observed, desired);
	CLEANUP_PROBLEMS struct problems problems = { 0 };
	struct json_object *object = json_object_new_object();
	unsigned int queues, of_host;
	const char *reason;

	json_add_string(object, "kernel", host->kernel);
	json_add_bool(object, "ready", readiness_of_host(observed, &reason));
	json_add_string(object, "reason", reason);
	json_add(object, "busFeatures", split_words(host->bus_features));
	json_add(object, "passthroughFeatures", split_words(host->passthrough_features));
	json_add_int(object, "maxAdapter", host->max_adapter);
	json_add_int(object, "maxDomain", host->max_domain);
	json_add(object, "configured", json_from_matrix(&host->configured));
	json_add(object, "hostAdapters", json_from_mask(&host->apmask));
	json_add(object, "hostDomains", json_from_mask(&host->aqmask));
	json_add(object, "otherAdapters", json_from_mask(&others.adapters));
	json_add(object, "otherDomains", json_from_mask(&others.domains));
	json_add_string(object, "importable", import_has_news(desired) ? desired->rules_path : NULL);
	count_queues(observed, &queues, &of_host);
	json_add_int(object, "queues", queues);
	json_add_int(object, "hostQueues", of_host);
	json_add_string(object, "ownership", kinds[ownership_kind(observed)]);
	json_add(object, "reserved", policy_describe_reservation(&desired->policy.reserved));
	json_add_string(object, "mechanism",
			desired->policy.mechanism == MECHANISM_UNDECIDED ?
				NULL :
				ownership_mechanism_names[desired->policy.mechanism]);
	json_add_bool(object, "bindingsComplete", host->bindings_complete);
	json_add(object, "interrupts", describe_interrupts(observed, desired));
	diagnose_host(observed, desired, &problems);
	json_add(object, "problems", describe_problems(&problems));
	return object;
}

struct json_object *describe_card(const struct observed *observed, unsigned int adapter)
{
	static const struct json_field fields[] = {
		JSON_FIELD(struct observed_card, adapter, "adapter", JSON_KIND_BYTE, 0),
		JSON_FIELD(struct observed_card, type, "type", JSON_KIND_TEXT, 0),
		JSON_FIELD(struct observed_card, hardware_type, "hardwareType", JSON_KIND_INT, 0),
		JSON_FIELD(struct observed_card, configured, "configured", JSON_KIND_BOOL, 0),
		JSON_FIELD(struct observed_card, checkstopped, "checkstopped", JSON_KIND_BOOL, 0),
		JSON_FIELD(struct observed_card, online, "online", JSON_KIND_TRISTATE, 0),
		JSON_FIELD(struct observed_card, depth, "depth", JSON_KIND_INT, 0),
		JSON_FIELD(struct observed_card, max_message_size, "maxMessageSize", JSON_KIND_INT, 0),
		JSON_FIELD(struct observed_card, functions, "functions", JSON_KIND_TEXT, 0),
		JSON_FIELD(struct observed_card, requests, "requests", JSON_KIND_INT, 0),
	};
	static const char *const modes[] = {
		[CARD_UNKNOWN] = "unknown",
		[CARD_ACCELERATOR] = "accelerator",
		[CARD_CCA] = "cca",
		[CARD_EP11] = "ep11",
	};
	struct observed_card card = observed->card[adapter];
	struct json_object *object;

	card.adapter = (uint8_t)adapter;
	if (!observed_find_card(observed, adapter)) {
		card.configured = false;
		card.online = -1;
	}
	object = json_write(fields, ARRAY_SIZE(fields), &card);
	json_add_string(object, "mode", modes[card.mode]);
	return object;
}

/* The interface's type Queue. */
struct queue_view {
	const char *driver, *owner, *device;
	int8_t interrupt, online;
	bool configured, checkstopped, in_use;
	char apqn[APQN_TEXT_SIZE];
	uint8_t adapter, domain;
};

static const struct json_field queue_fields[] = {
	JSON_FIELD(struct queue_view, driver, "driver", JSON_KIND_STRING, 0),
	JSON_FIELD(struct queue_view, interrupt, "interrupt", JSON_KIND_TRISTATE, 0),
	JSON_FIELD(struct queue_view, configured, "configured", JSON_KIND_BOOL, 0),
	JSON_FIELD(struct queue_view, checkstopped, "checkstopped", JSON_KIND_BOOL, 0),
	JSON_FIELD(struct queue_view, online, "online", JSON_KIND_TRISTATE, 0),
	JSON_FIELD(struct queue_view, apqn, "apqn", JSON_KIND_TEXT, 0),
	JSON_FIELD(struct queue_view, adapter, "adapter", JSON_KIND_BYTE, 0),
	JSON_FIELD(struct queue_view, domain, "domain", JSON_KIND_BYTE, 0),
	JSON_FIELD(struct queue_view, owner, "owner", JSON_KIND_STRING, 0),
	JSON_FIELD(struct queue_view, device, "device", JSON_KIND_STRING, 0),
	JSON_FIELD(struct queue_view, in_use, "inUse", JSON_KIND_BOOL, 0),
};

static struct queue_view view_queue(const struct observed *observed, struct apqn apqn,
				    const struct observed_device *device)
{
	static const struct observed_queue gone = { .online = -1, .interrupt = -1 };
	const struct observed_queue *queue = observed_find_queue(observed, apqn);
	bool is_devices = device || unknown_may_have(observed, apqn);
	/* The masks leave a queue to the host that an override keeps from each of its drivers. */
	bool is_nobodys = queue && queue->override[0] && !queue->driver[0];
	bool is_hosts = !is_nobodys && ownership_is_hosts(observed, apqn);
	struct queue_view view = {
		.owner = is_hosts ? "host" : is_devices ? "guest" : "nobody",
		.device = device ? device->uuid.text : NULL,
		.in_use = device && ownership_is_in_use(observed, device, apqn),
		.adapter = apqn.adapter,
		.domain = apqn.domain,
	};

	queue = queue ? queue : &gone;
	view.driver = queue->driver[0] ? queue->driver : NULL;
	view.interrupt = queue->interrupt;
	view.online = queue->online;
	view.configured = queue->configured;
	view.checkstopped = queue->checkstopped;
	apqn_format(apqn, view.apqn);
	return view;
}

struct json_object *describe_queue(const struct observed *observed, struct apqn apqn,
				   const struct observed_device *device)
{
	struct queue_view view = view_queue(observed, apqn, device);

	return json_write_text(queue_fields, ARRAY_SIZE(queue_fields), &view);
}

struct json_object *describe_users(const struct observed_device *device)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; device && i < device->users_count; i++) {
		const struct observed_user *user = &device->users[i];
		struct json_object *object = json_object_new_object();

		json_add_int(object, "pid", user->pid);
		json_add_string(object, "command", user->command);
		json_add_string(object, "machine", user->machine[0] ? user->machine : NULL);
		json_append(list, object);
	}
	return list;
}

static void append_problem(struct json_object *list, const struct problem *problem)
{
	struct json_object *object = json_object_new_object();

	json_add_string(object, "code", problem->code);
	json_add_string(object, "message", problem->message ? problem->message : "");
	json_add(object, "queues", describe_queue_set(problem->queues));
	json_add_string(object, "device", problem->has_device ? problem->device.text : NULL);
	json_append(list, object);
}

struct json_object *describe_problems(const struct problems *problems)
{
	struct json_object *list = json_object_new_array();
	char text[64];

	for (size_t i = 0; i < problems->count; i++)
		append_problem(list, &problems->items[i]);
	if (problems->left_out) {
		snprintf(text, sizeof(text), "Problems: %zu more.", problems->left_out);
		append_problem(list, &(struct problem){ .code = PROBLEM_MORE, .message = text });
	}
	return list;
}

/* device: NULL where the step concerns the host. */
static void append_step(struct json_object *list, const char *device, const char *action,
			const char *detail)
{
	struct json_object *object = json_object_new_object();

	json_add_string(object, "action", action);
	json_add_string(object, "device", device);
	json_add_string(object, "detail", detail);
	json_append(list, object);
}

static void append_write(struct json_object *list, const char *device,
			 const struct attribute_write *write)
{
	char detail[ATTRIBUTE_PATH_SIZE + MATRIX_TEXT_SIZE + 8], path[ATTRIBUTE_PATH_SIZE];
	bool newline = strcmp(write->value, "\n") == 0;

	snprintf(detail, sizeof(detail), "%s > %s", newline ? "\\n" : write->value,
		 attribute_path(write, path));
	append_step(list, device, "write", detail);
}

/* The writes that a queue which changes hands takes (see hand_over() in apply.c). */
static void append_hand_over(struct json_object *list, const struct step *step)
{
	struct attribute_write write = { .attribute = ATTRIBUTE_DRIVER_OVERRIDE, .apqn = step->apqn };

	snprintf(write.value, sizeof(write.value), "%s", step->to_guests ? "vfio_ap" : "\n");
	append_write(list, NULL, &write);
	if (!step->rebind)
		return;
	apqn_format(step->apqn, write.value);
	write.attribute = ATTRIBUTE_UNBIND;
	if (step->bound)
		append_write(list, NULL, &write);
	write.attribute = ATTRIBUTE_DRIVERS_PROBE;
	append_write(list, NULL, &write);
}

/* As the interface counts them: one step each write. */
static size_t count_steps(const struct plan *plan, size_t from)
{
	size_t count = 0;

	for (size_t i = from; i < plan->count; i++)
		count += plan->steps[i].kind != STEP_HAND_OVER || !plan->steps[i].rebind ? 1 :
			 plan->steps[i].bound					       ? 3 :
											 2;
	return count;
}

struct json_object *describe_steps(const struct plan *plan)
{
	struct json_object *list = json_object_new_array();
	char path[ATTRIBUTE_PATH_SIZE];

	for (size_t i = 0; i < plan->count; i++) {
		const struct step *step = &plan->steps[i];
		const char *uuid = step->write.uuid.text;

		snprintf(path, sizeof(path), "/etc/mdevctl.d/matrix/%s", uuid);
		if (i == DESCRIBE_STEPS_MAX) {
			snprintf(path, sizeof(path), "%zu", count_steps(plan, i));
			append_step(list, NULL, "more", path);
			break;
		}
		switch (step->kind) {
		case STEP_WRITE:
			append_write(list, uuid[0] ? uuid : NULL, &step->write);
			break;
		case STEP_HAND_OVER:
			append_hand_over(list, step);
			break;
		case STEP_WRITE_POLICY:
			append_step(list, NULL, "writePolicy", "/etc/apqd/host.json");
			break;
		case STEP_WRITE_DEFINITION:
			append_step(list, uuid, "writeDefinition", path);
			break;
		case STEP_REMOVE_DEFINITION:
			append_step(list, uuid, "removeDefinition", path);
			break;
		}
	}
	return list;
}

static struct json_object *describe_interrupt_queues(const struct observed *observed,
						     const struct observed_device *device)
{
	CLEANUP_FREE struct queue_set *set = NULL;

	/* No guest, no interrupts, and no set of 8 KiB to find that out. */
	if (!device || !device->in_use)
		return json_new_list(0);
	set = calloc(1, sizeof(*set));
	if (!set)
		return NULL;
	ownership_interrupt_queues(observed, device, set);
	return describe_queue_set(set);
}

const char *describe_state(const struct observed_device *device)
{
	return !device ? "defined" : device->in_use ? "inUse" : "started";
}

struct json_object *describe_device(const struct observed *observed, const struct desired *desired,
				    const struct uuid *uuid)
{
	const struct observed_device *device = observed_find_device(observed, uuid);
	const struct definition *definition = desired_find(desired, uuid);
	CLEANUP_PROBLEMS struct problems problems = { 0 };
	struct json_object *object = json_object_new_object();
	bool is_defined = definition && !definition->problem;

	json_add_string(object, "uuid", uuid->text);
	json_add_string(object, "name", definition && definition->name[0] ? definition->name : NULL);
	json_add_string(object, "state", describe_state(device));
	json_add(object, "definition", is_defined ? json_from_matrix(&definition->matrix) : NULL);
	json_add_string(object, "start",
			start_mode_names[definition ? definition->start : START_MANUAL]);
	json_add_string(object, "interrupts",
			interrupts_policy_names[definition ? definition->interrupts : INTERRUPTS_ANY]);
	/* An unknown matrix is null: an empty one would claim that the device has no queues. */
	json_add(object, "active",
		 device && device->active_known ? json_from_matrix(&device->active) : NULL);
	if (device && device->active_known) {
		struct matrix effective = ownership_effective(observed, device);

		json_add(object, "effective", json_from_matrix(&effective));
	} else {
		json_add(object, "effective", NULL);
	}
	json_add_bool(object, "inUse", device && device->in_use);
	json_add(object, "users", describe_users(device));
	json_add(object, "interruptQueues", describe_interrupt_queues(observed, device));
	diagnose_device(observed, desired, uuid, &problems);
	json_add(object, "problems", describe_problems(&problems));
	return object;
}
