/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Explain and ExplainInstruction: why a device's queues do not reach its guest, and what the guest
 * gets for one instruction.
 */
#include <errno.h>
#include <string.h>

#include "common/json.h"
#include "daemon/model/policy-json.h"
#include "daemon/api/handlers.h"
#include "daemon/varlink/server.h"
#include "daemon/report/describe.h"
#include "daemon/report/explain-instruction.h"
#include "daemon/report/explain.h"

static const struct observed *observed_of(const struct connection *connection)
{
	return manager_observed(connection->server->manager);
}

static struct json_object *describe_links(const struct explanation *explanation)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < LINKS; i++) {
		const struct chain_link *link = &explanation->links[i];
		struct json_object *object = json_object_new_object();

		json_add_string(object, "link", link_names[i]);
		json_add_string(object, "state", link_state_names[link->state]);
		json_add_string(object, "message", link->message);
		json_add_string(object, "remedy", link->remedy);
		json_add(object, "queues", describe_queue_set(&link->queues));
		json_object_array_add(list, object);
	}
	return list;
}

void explain_answer_device(struct connection *connection, struct json_object *parameters)
{
	const struct desired *desired = manager_desired(connection->server->manager);
	CLEANUP_EXPLANATION struct explanation explanation = { 0 };
	struct json_object *reply;
	struct uuid uuid;

	if (methods_find_device(connection, json_get_string(parameters, "device"), &uuid) < 0)
		return;
	manager_look(connection->server->manager, &uuid);
	if (explain_device(observed_of(connection), desired, &uuid, &explanation) < 0) {
		connection_break(connection, "out of memory");
		return;
	}
	reply = json_object_new_object();
	json_add(reply, "device", describe_device(observed_of(connection), desired, &uuid));
	json_add(reply, "links", describe_links(&explanation));
	connection_reply(connection, reply, false);
}

/* The parameters of ExplainInstruction as they come. */
struct input {
	const char *queue, *device;
	struct instruction instruction;
};

static const struct json_field fields[] = {
	JSON_FIELD(struct input, instruction.function, "function", JSON_KIND_BYTE, JSON_REQUIRED),
	JSON_FIELD(struct input, queue, "queue", JSON_KIND_STRING, JSON_REQUIRED),
	JSON_FIELD(struct input, device, "device", JSON_KIND_STRING, 0),
	JSON_FIELD(struct input, instruction.problem_state, "problemState", JSON_KIND_BOOL, 0),
	JSON_FIELD(struct input, instruction.time_bit, "timeBit", JSON_KIND_BOOL, 0),
	JSON_FIELD(struct input, instruction.reserved_bits, "reservedBits", JSON_KIND_BOOL, 0),
	JSON_FIELD(struct input, instruction.bad_address, "badAddress", JSON_KIND_BOOL, 0),
	JSON_FIELD(struct input, instruction.disable, "disable", JSON_KIND_BOOL, 0),
};

static int read_feature(const char *word, struct instruction *instruction)
{
	for (size_t i = 0; i < FEATURES; i++) {
		if (strcmp(word, instruction_feature_names[i]) == 0) {
			instruction->without[i] = true;
			return 0;
		}
	}
	return -EINVAL;
}

static int read_without(struct json_object *parameters, struct instruction *instruction)
{
	struct json_object *list = NULL;
	size_t count;

	json_object_object_get_ex(parameters, "without", &list);
	count = list ? json_object_array_length(list) : 0;
	for (size_t i = 0; i < count; i++)
		if (read_feature(json_object_get_string(json_object_array_get_idx(list, i)),
				 instruction) < 0)
			return -EINVAL;
	return 0;
}

/* Returns NULL, or the name of the parameter that is not accepted. */
static const char *read_input(struct json_object *parameters, struct input *input)
{
	const char *bad = NULL;

	if (json_read(parameters, fields, ARRAY_SIZE(fields), false, input, &bad) < 0)
		return bad;
	if (apqn_parse(input->queue, &input->instruction.apqn) < 0)
		return "queue";
	return read_without(parameters, &input->instruction) < 0 ? "without" : NULL;
}

static struct json_object *describe_answer(const struct instruction_answer *answer)
{
	struct json_object *reply = json_object_new_object();

	json_add_string(reply, "outcome", pqap_outcome_names[answer->result.outcome]);
	json_add_int(reply, "code", answer->result.code);
	if (answer->result.cc < 0)
		json_add(reply, "cc", NULL);
	else
		json_add_int(reply, "cc", answer->result.cc);
	json_add_string(reply, "reason", answer->reason);
	return reply;
}

void explain_answer_instruction(struct connection *connection, struct json_object *parameters)
{
	CLEANUP_INSTRUCTION_ANSWER struct instruction_answer answer = { 0 };
	CLEANUP_ERROR struct error error = { 0 };
	struct input input = { 0 };
	const char *bad = read_input(parameters, &input);

	if (bad) {
		error_set_parameter(&error, bad);
		connection_error(connection, &error);
		return;
	}
	input.instruction.has_device = input.device != NULL;
	if (input.device &&
	    methods_find_device(connection, input.device, &input.instruction.device) < 0)
		return;
	manager_look(connection->server->manager, input.device ? &input.instruction.device : NULL);
	if (explain_instruction(observed_of(connection), &input.instruction, &answer) < 0) {
		connection_break(connection, "out of memory");
		return;
	}
	connection_reply(connection, describe_answer(&answer), false);
}
