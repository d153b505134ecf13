/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The methods that change something: their parameters become a request to the manager, and
 * what comes of it becomes the reply.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "daemon/model/policy-json.h"
#include "daemon/api/handlers.h"
#include "daemon/varlink/server.h"
#include "daemon/log.h"
#include "daemon/report/describe.h"

/* The union of what all of them take; which of it a method has, the interface has checked. */
struct input {
	const char *uuid, *device, *name, *start, *interrupts, *scope, *mechanism;
	struct matrix matrix;
	struct mask adapters, domains;
	struct json_object *queues;
	struct interrupts_wish wish;
	bool force, dry_run, adopt, reserve, start_now;
};

static const struct json_field input_fields[] = {
	JSON_FIELD(struct input, uuid, "uuid", JSON_KIND_STRING, 0),
	JSON_FIELD(struct input, device, "device", JSON_KIND_STRING, 0),
	JSON_FIELD(struct input, name, "name", JSON_KIND_STRING, 0),
	JSON_FIELD(struct input, matrix, "matrix", JSON_KIND_MATRIX, 0),
	JSON_FIELD(struct input, start, "start", JSON_KIND_STRING, 0),
	JSON_FIELD(struct input, interrupts, "interrupts", JSON_KIND_STRING, 0),
	JSON_FIELD(struct input, scope, "scope", JSON_KIND_STRING, 0),
	JSON_FIELD(struct input, force, "force", JSON_KIND_BOOL, 0),
	JSON_FIELD(struct input, adopt, "adopt", JSON_KIND_BOOL, 0),
	JSON_FIELD(struct input, reserve, "reserve", JSON_KIND_BOOL, 0),
	JSON_FIELD(struct input, start_now, "startNow", JSON_KIND_BOOL, 0),
	JSON_FIELD(struct input, adapters, "adapters", JSON_KIND_MASK, 0),
	JSON_FIELD(struct input, domains, "domains", JSON_KIND_MASK, 0),
	JSON_FIELD(struct input, queues, "queues", JSON_KIND_OBJECT, 0),
	JSON_FIELD(struct input, mechanism, "mechanism", JSON_KIND_STRING, 0),
	JSON_FIELD(struct input, wish.gisa, "gisa", JSON_KIND_TRISTATE, 0),
	JSON_FIELD(struct input, wish.poll_thread, "pollThread", JSON_KIND_TRISTATE, 0),
	JSON_FIELD(struct input, wish.poll_timeout, "pollTimeout", JSON_KIND_INT, 0),
	JSON_FIELD(struct input, dry_run, "dryRun", JSON_KIND_BOOL, 0),
};

int handlers_find_word(const char *const *words, size_t count, const char *word)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(words[i], word) == 0)
			return (int)i;
	return -EINVAL;
}

/* The same for one that may be missing: that leaves *value alone. */
static int read_word(const char *word, const char *const *words, size_t count, int *value)
{
	int found = word ? handlers_find_word(words, count, word) : *value;

	if (found < 0)
		return found;
	*value = found;
	return 0;
}

/* Copies a text that may be given into a field; one that does not fit is no name of a device. */
static int copy_text(const char *text, char *field, size_t size)
{
	if (text && strlen(text) >= size)
		return -EINVAL;
	snprintf(field, size, "%s", text ? text : "");
	return 0;
}

/* Adapters alone or domains alone mean whole ones; together, the queues where they cross. */
static void fill_product(const struct input *input, struct reservation *what)
{
	if (mask_is_empty(&input->adapters) || mask_is_empty(&input->domains)) {
		what->adapters = input->adapters;
		what->domains = input->domains;
		return;
	}
	MASK_FOR_EACH(adapter, &input->adapters)
		what->queues.domains[adapter] = input->domains;
}

/* Returns NULL, or the name of the parameter that is not accepted. */
static const char *fill_reservation(const struct input *input, struct request *request)
{
	size_t count = input->queues ? json_object_array_length(input->queues) : 0;
	int mechanism = MECHANISM_UNDECIDED;

	/* To observe is for the file alone: it is no way to reserve. */
	if (input->mechanism &&
	    (read_word(input->mechanism, ownership_mechanism_names, MECHANISM_OBSERVE,
		       &mechanism) < 0 || mechanism == MECHANISM_UNDECIDED))
		return "mechanism";
	request->mechanism = (enum ownership_mechanism)mechanism;
	fill_product(input, &request->what);
	for (size_t i = 0; i < count; i++) {
		struct json_object *queue = json_object_array_get_idx(input->queues, i);

		if (queue_set_parse(json_object_get_string(queue), &request->what.queues) < 0)
			return "queues";
	}
	/* To name a mechanism and no queues moves all that is reserved to it. */
	if (reservation_is_empty(&request->what) &&
	    (request->operation == OPERATION_RELEASE || request->mechanism == MECHANISM_UNDECIDED))
		return "queues";
	return NULL;
}

/* Returns NULL, or the name of the parameter that is not accepted. */
static const char *fill_request(const struct input *input, struct request *request)
{
	static const char *const scopes[] = { "both", "live", "definition" };
	int start = START_MANUAL, interrupts = INTERRUPTS_ANY, scope = SCOPE_BOTH;

	if (read_word(input->start, start_mode_names, ARRAY_SIZE(start_mode_names), &start) < 0)
		return "start";
	if (read_word(input->interrupts, interrupts_policy_names,
		      ARRAY_SIZE(interrupts_policy_names), &interrupts) < 0)
		return "interrupts";
	if (read_word(input->scope, scopes, ARRAY_SIZE(scopes), &scope) < 0)
		return "scope";
	if (copy_text(input->name, request->name, sizeof(request->name)) < 0)
		return "name";
	if (copy_text(input->uuid ? input->uuid : input->device, request->device,
		      sizeof(request->device)) < 0)
		return input->uuid ? "uuid" : "device";
	request->matrix = input->matrix;
	request->has_name = input->name != NULL;
	request->has_start = input->start != NULL;
	request->start = (enum start_mode)start;
	request->has_interrupts = input->interrupts != NULL;
	request->interrupts = (enum interrupts_policy)interrupts;
	request->scope = (enum scope)scope;
	request->force = input->force;
	request->adopt = input->adopt;
	request->reserve = input->reserve;
	request->start_now = input->start_now;
	request->dry_run = input->dry_run;
	request->wish = input->wish;
	if (request->operation == OPERATION_RESERVE || request->operation == OPERATION_RELEASE)
		return fill_reservation(input, request);
	return NULL;
}

/* "device web1 (UUID)", as it was called before the change; "the host", or "several devices". */
static char *describe_subject(const struct outcome *outcome, enum operation operation)
{
	const char *uuid = outcome->uuid.text;
	char *text;
	int n;

	if (!uuid[0])
		return strdup(operation_is_of_host(operation)	? "the host" :
			      operation == OPERATION_APPLY	? "several devices" :
			      operation == OPERATION_DEFINE	? "a new device" :
								  "a device that does not exist");
	n = outcome->name[0] ? asprintf(&text, "device %s (%s)", outcome->name, uuid) :
			       asprintf(&text, "device %s", uuid);
	return n < 0 ? NULL : text;
}

/*
 * Returns " Name: web1. Definition: ..., start auto. Started with: ..." for the device as it is
 * now.  The caller frees it; NULL without a device or memory.
 */
static char *describe_result(const struct connection *connection, const struct outcome *outcome)
{
	const struct manager *manager = connection->server->manager;
	const struct definition *definition = desired_find(manager_desired(manager), &outcome->uuid);
	const struct observed_device *device =
		observed_find_device(manager_observed(manager), &outcome->uuid);
	CLEANUP_FREE char *defined = definition ? matrix_describe(&definition->matrix) : NULL;
	CLEANUP_FREE char *active = device ? matrix_describe(&device->active) : NULL;
	char *text = NULL;
	size_t size;
	FILE *out = outcome->uuid.text[0] ? open_memstream(&text, &size) : NULL;

	if (!out)
		return NULL;
	if (definition && definition->name[0])
		fprintf(out, " Name: %s.", definition->name);
	if (definition)
		fprintf(out, " Definition: %s, start %s.", defined ? defined : "?",
			start_mode_names[definition->start]);
	if (active)
		fprintf(out, " Started with: %s.", active);
	if (!definition && !device)
		fputs(" It is gone.", out);
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

/*
 * Logs the caller, the operation, the result or the refusal, and the device as it is now.  The
 * fields have the steps as they were planned.  No text of a client goes into the log as it is.
 */
static void log_outcome(const struct connection *connection, const struct outcome *outcome,
			enum operation operation)
{
	const struct peer *peer = &connection->peer;
	bool refused = outcome->error.code != ERROR_NONE;
	CLEANUP_JSON struct json_object *steps = NULL;
	CLEANUP_FREE char *subject = NULL, *result = NULL;
	struct log_fields fields = {
		.id = refused ? MESSAGE_REFUSED : MESSAGE_CHANGED,
		.device = outcome->uuid.text[0] ? &outcome->uuid : NULL,
		.operation = operation_name(operation),
		.error = refused ? error_name(outcome->error.code) : NULL,
		.has_caller = true,
		.caller_pid = peer->pid,
		.caller_uid = peer->uid,
	};

	if (connection->dry_run || !(refused || outcome->changed))
		return;
	subject = describe_subject(outcome, operation);
	if (refused) {
		log_fields(LOG_INFO, &fields, "%s of %s by process %d (uid %u) refused: %s",
			   fields.operation, subject ? subject : "a device", (int)peer->pid,
			   (unsigned int)peer->uid, fields.error);
		return;
	}
	steps = describe_steps(&outcome->plan);
	fields.steps = steps;
	result = describe_result(connection, outcome);
	log_fields(LOG_NOTICE, &fields, "%s of %s by process %d (uid %u) done.%s", fields.operation,
		   subject ? subject : "a device", (int)peer->pid, (unsigned int)peer->uid,
		   result ? result : "");
}

static enum operation operation_of(const struct connection *connection)
{
	const char *method = methods_name(connection->method);
	enum operation operation = OPERATION_DEFINE;

	while (strcasecmp(operation_name(operation), method) != 0)
		operation++;
	return operation;
}

static bool answers_device(enum operation operation)
{
	return operation != OPERATION_UNDEFINE && operation != OPERATION_STOP &&
	       operation != OPERATION_APPLY && !operation_is_of_host(operation);
}

static bool answers_collateral(enum operation operation)
{
	return operation == OPERATION_DEFINE || operation == OPERATION_START || operation == OPERATION_ASSIGN ||
	       operation == OPERATION_RESERVE || operation == OPERATION_RELEASE ||
	       operation == OPERATION_APPLY || operation == OPERATION_IMPORT;
}

static void on_done(void *userdata, const struct outcome *outcome)
{
	struct connection *connection = userdata;
	const struct manager *manager = connection->server->manager;
	enum operation operation = operation_of(connection);
	struct json_object *reply;

	log_outcome(connection, outcome, operation);
	if (outcome->error.code != ERROR_NONE) {
		connection_error(connection, &outcome->error);
	} else {
		reply = json_object_new_object();
		if (answers_device(operation))
			json_add(reply, "device", describe_device(manager_observed(manager),
								  manager_desired(manager),
								  &outcome->uuid));
		if (operation_is_of_host(operation))
			json_add(reply, "host", describe_host(manager_observed(manager),
							      manager_desired(manager)));
		if (operation == OPERATION_APPLY) {
			json_add(reply, "before", json_object_get(outcome->before));
			json_add(reply, "after", json_object_get(outcome->after));
			json_add_string(reply, "revision", outcome->revision);
		}
		if (operation == OPERATION_IMPORT)
			json_add_string(reply, "file", manager_desired(manager)->rules_path);
		json_add_bool(reply, "changed", outcome->changed);
		if (answers_collateral(operation))
			json_add(reply, "collateral", describe_queue_set(&outcome->collateral));
		if (answers_collateral(operation) && operation != OPERATION_RELEASE)
			json_add(reply, "taken", describe_queue_set(&outcome->taken));
		if (operation == OPERATION_RELEASE)
			json_add(reply, "given", describe_queue_set(&outcome->given));
		json_add(reply, "steps", describe_steps(&outcome->plan));
		connection_reply(connection, reply, false);
	}
	/* Not connection_continue(): its next call would begin inside this one, and so on for all that wait. */
	connection_wake(connection);
}

int changes_submit(struct connection *connection, const struct request *request)
{
	connection->dry_run = request->dry_run;
	return manager_submit(connection->server->manager, request, on_done, connection);
}

static void submit(struct connection *connection, struct json_object *parameters,
		   enum operation operation)
{
	CLEANUP_ERROR struct error error = { 0 };
	struct request request = { .operation = operation };
	struct input input = { .wish = INTERRUPTS_NO_WISH };
	const char *bad = NULL;
	int r;

	/* A call may come without parameters where all of them are optional. */
	if (!parameters ||
	    json_read(parameters, input_fields, ARRAY_SIZE(input_fields), false, &input, &bad) == 0)
		bad = fill_request(&input, &request);
	if (bad) {
		/* A text that is too long for a name or a UUID names no device that there is. */
		if (strcmp(bad, "device") == 0)
			error_set_device(&error, ERROR_NO_SUCH_DEVICE, input.device);
		else
			error_set_parameter(&error, bad);
		connection_error(connection, &error);
		return;
	}
	r = changes_submit(connection, &request);
	if (r < 0)
		connection_break(connection, "out of memory");
}

void changes_define(struct connection *connection, struct json_object *parameters)
{
	submit(connection, parameters, OPERATION_DEFINE);
}

void changes_undefine(struct connection *connection, struct json_object *parameters)
{
	submit(connection, parameters, OPERATION_UNDEFINE);
}

void changes_start(struct connection *connection, struct json_object *parameters)
{
	submit(connection, parameters, OPERATION_START);
}

void changes_stop(struct connection *connection, struct json_object *parameters)
{
	submit(connection, parameters, OPERATION_STOP);
}

void changes_assign(struct connection *connection, struct json_object *parameters)
{
	submit(connection, parameters, OPERATION_ASSIGN);
}

void changes_unassign(struct connection *connection, struct json_object *parameters)
{
	submit(connection, parameters, OPERATION_UNASSIGN);
}

void changes_modify(struct connection *connection, struct json_object *parameters)
{
	submit(connection, parameters, OPERATION_MODIFY);
}

void changes_reserve(struct connection *connection, struct json_object *parameters)
{
	submit(connection, parameters, OPERATION_RESERVE);
}

void changes_release(struct connection *connection, struct json_object *parameters)
{
	submit(connection, parameters, OPERATION_RELEASE);
}

void changes_import(struct connection *connection, struct json_object *parameters)
{
	submit(connection, parameters, OPERATION_IMPORT);
}

void changes_set_interrupts(struct connection *connection, struct json_object *parameters)
{
	submit(connection, parameters, OPERATION_SET_INTERRUPTS);
}
