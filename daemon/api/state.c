/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Export and Apply: all that is wanted as one document, out and in.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "daemon/api/handlers.h"
#include "daemon/varlink/server.h"
#include "daemon/plan/document.h"

struct host_input {
	const char *ownership;
	struct json_object *enforce, *reserved, *interrupts;
};

static const struct json_field host_fields[] = {
	JSON_FIELD(struct host_input, ownership, "ownership", JSON_KIND_STRING, 0),
	JSON_FIELD(struct host_input, enforce, "enforce", JSON_KIND_OBJECT, 0),
	JSON_FIELD(struct host_input, reserved, "reserved", JSON_KIND_OBJECT, 0),
	JSON_FIELD(struct host_input, interrupts, "interrupts", JSON_KIND_OBJECT, 0),
};

struct reservation_input {
	struct mask adapters, domains;
	struct json_object *queues;
};

static const struct json_field reservation_fields[] = {
	JSON_FIELD(struct reservation_input, adapters, "adapters", JSON_KIND_MASK, JSON_REQUIRED),
	JSON_FIELD(struct reservation_input, domains, "domains", JSON_KIND_MASK, JSON_REQUIRED),
	JSON_FIELD(struct reservation_input, queues, "queues", JSON_KIND_OBJECT, JSON_REQUIRED),
};

static const struct json_field wish_fields[] = {
	JSON_FIELD(struct interrupts_wish, gisa, "gisa", JSON_KIND_TRISTATE, 0),
	JSON_FIELD(struct interrupts_wish, poll_thread, "pollThread", JSON_KIND_TRISTATE, 0),
	JSON_FIELD(struct interrupts_wish, poll_timeout, "pollTimeout", JSON_KIND_INT, 0),
};

struct device_input {
	const char *uuid, *name, *start, *interrupts;
	struct mask adapters, domains, control_domains;
};

static const struct json_field device_fields[] = {
	JSON_FIELD(struct device_input, uuid, "uuid", JSON_KIND_STRING, 0),
	JSON_FIELD(struct device_input, name, "name", JSON_KIND_STRING, 0),
	JSON_FIELD(struct device_input, start, "start", JSON_KIND_STRING, 0),
	JSON_FIELD(struct device_input, interrupts, "interrupts", JSON_KIND_STRING, 0),
	JSON_FIELD(struct device_input, adapters, "adapters", JSON_KIND_MASK, JSON_REQUIRED),
	JSON_FIELD(struct device_input, domains, "domains", JSON_KIND_MASK, JSON_REQUIRED),
	JSON_FIELD(struct device_input, control_domains, "controlDomains", JSON_KIND_MASK, 0),
};

/* Where a mistake is: "state.devices[3].start". */
struct place {
	char text[96];
};

static int bad(struct place *place, const char *in, const char *member)
{
	snprintf(place->text, sizeof(place->text), "%s.%s", in, member);
	return -EINVAL;
}

static int read_reservation(struct json_object *object, struct reservation *reserved,
			    struct place *place)
{
	static const char in[] = "state.host.reserved";
	struct reservation_input input = { 0 };
	const char *member;
	size_t count;

	if (json_read(object, reservation_fields, ARRAY_SIZE(reservation_fields), true, &input,
		      &member) < 0)
		return bad(place, in, member);
	reserved->adapters = input.adapters;
	reserved->domains = input.domains;
	count = json_object_array_length(input.queues);
	for (size_t i = 0; i < count; i++)
		if (queue_set_parse(json_object_get_string(json_object_array_get_idx(input.queues, i)),
				    &reserved->queues) < 0)
			return bad(place, in, "queues");
	return 0;
}

static int read_host(struct json_object *object, struct state *state, struct place *place)
{
	struct host_input input = { 0 };
	const char *member;
	int word, r = 0;

	if (json_read(object, host_fields, ARRAY_SIZE(host_fields), true, &input, &member) < 0)
		return bad(place, "state.host", member);
	if (input.ownership) {
		word = handlers_find_word(ownership_mechanism_names,
					  ARRAY_SIZE(ownership_mechanism_names), input.ownership);
		if (word <= MECHANISM_UNDECIDED)
			return bad(place, "state.host", "ownership");
		state->has_ownership = true;
		state->ownership = (enum ownership_mechanism)word;
	}
	state->has_enforce = input.enforce != NULL;
	state->enforce = state->has_enforce && json_object_get_boolean(input.enforce);
	state->has_reserved = input.reserved != NULL;
	if (state->has_reserved)
		r = read_reservation(input.reserved, &state->reserved, place);
	state->has_interrupts = input.interrupts != NULL;
	if (r == 0 && input.interrupts &&
	    json_read(input.interrupts, wish_fields, ARRAY_SIZE(wish_fields), true,
		      &state->interrupts, &member) < 0)
		return bad(place, "state.host.interrupts", member);
	return r;
}

/* Puts one device in; in is its place. */
static int fill_device(const struct device_input *input, struct state_device *device, const char *in,
		       struct place *place)
{
	struct definition *definition = &device->definition;
	int start = START_MANUAL, interrupts = INTERRUPTS_ANY;

	device->has_uuid = input->uuid != NULL;
	if (input->uuid && uuid_parse(input->uuid, &definition->uuid) < 0)
		return bad(place, in, "uuid");
	if (input->name && strlen(input->name) >= sizeof(definition->name))
		return bad(place, in, "name");
	snprintf(definition->name, sizeof(definition->name), "%s", input->name ? input->name : "");
	if (input->start)
		start = handlers_find_word(start_mode_names, ARRAY_SIZE(start_mode_names), input->start);
	if (start < 0)
		return bad(place, in, "start");
	if (input->interrupts)
		interrupts = handlers_find_word(interrupts_policy_names,
						ARRAY_SIZE(interrupts_policy_names),
						input->interrupts);
	if (interrupts < 0)
		return bad(place, in, "interrupts");
	definition->start = (enum start_mode)start;
	definition->interrupts = (enum interrupts_policy)interrupts;
	definition->matrix = (struct matrix){ input->adapters, input->domains,
					      input->control_domains };
	return device->has_uuid ? 0 : uuid_make(&device->new_uuid);
}

static int read_devices(struct json_object *list, struct state *state, struct place *place)
{
	size_t count = json_object_array_length(list);
	int r = 0;

	state->devices = calloc(count ? count : 1, sizeof(*state->devices));
	if (!state->devices)
		return -ENOMEM;
	state->count = count;
	for (size_t i = 0; r == 0 && i < count; i++) {
		struct device_input input = { 0 };
		const char *member;
		char in[40];

		snprintf(in, sizeof(in), "state.devices[%zu]", i);
		if (json_read(json_object_array_get_idx(list, i), device_fields,
			      ARRAY_SIZE(device_fields), true, &input, &member) < 0)
			return bad(place, in, member);
		r = fill_device(&input, &state->devices[i], in, place);
	}
	return r;
}

static int read_state(struct json_object *object, struct state *state, struct place *place)
{
	struct json_object *version = NULL, *host = NULL, *devices = NULL;
	int r = 0;

	json_object_object_get_ex(object, "version", &version);
	json_object_object_get_ex(object, "host", &host);
	json_object_object_get_ex(object, "devices", &devices);
	if (json_object_get_int64(version) != STATE_VERSION)
		return bad(place, "state", "version");
	if (json_object_array_length(devices) > DESIRED_DEFINITIONS_MAX)
		return bad(place, "state", "devices");
	if (host)
		r = read_host(host, state, place);
	return r < 0 ? r : read_devices(devices, state, place);
}

void state_export(struct connection *connection, struct json_object *parameters)
{
	const struct manager *manager = connection->server->manager;
	struct json_object *reply = json_object_new_object();
	char revision[REVISION_SIZE];

	(void)parameters;
	if (revision_make(manager_observed(manager), manager_desired(manager), revision) < 0) {
		json_object_put(reply);
		connection_break(connection, "out of memory");
		return;
	}
	json_add(reply, "state", state_describe(manager_desired(manager), NULL));
	json_add_string(reply, "revision", revision);
	connection_reply(connection, reply, false);
}

static bool get_flag(struct json_object *parameters, const char *name)
{
	struct json_object *flag = NULL;

	return json_object_object_get_ex(parameters, name, &flag) && json_object_get_boolean(flag);
}

void state_apply(struct connection *connection, struct json_object *parameters)
{
	CLEANUP_ERROR struct error error = { 0 };
	struct request request = {
		.operation = OPERATION_APPLY,
		.prune = get_flag(parameters, "prune"),
		.force = get_flag(parameters, "force"),
		.dry_run = get_flag(parameters, "dryRun"),
	};
	struct state *state = calloc(1, sizeof(*state));
	struct json_object *object = NULL;
	const char *revision = json_get_string(parameters, "revision");
	struct place place;
	int r = -ENOMEM;

	json_object_object_get_ex(parameters, "state", &object);
	if (state && revision && !revision_is_valid(revision)) {
		snprintf(place.text, sizeof(place.text), "revision");
		r = -EINVAL;
	} else if (state) {
		snprintf(request.revision, sizeof(request.revision), "%s", revision ? revision : "");
		state->interrupts = INTERRUPTS_NO_WISH;
		r = read_state(object, state, &place);
	}
	if (r == 0) {
		request.state = state;
		r = changes_submit(connection, &request);
	} else if (state) {
		state_done(state);
		free(state);
	}
	if (r == -EINVAL) {
		error_set_parameter(&error, place.text);
		connection_error(connection, &error);
	} else if (r < 0) {
		connection_break(connection, "out of memory");
	}
}
