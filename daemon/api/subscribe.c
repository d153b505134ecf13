/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/api/subscribe.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/cleanup.h"
#include "common/json-text.h"
#include "common/uuid-list.h"
#include "daemon/log.h"
#include "daemon/model/describe.h"
#include "daemon/model/diagnose.h"
#include "daemon/model/ownership.h"
#include "daemon/model/problem.h"
#include "daemon/model/resolve.h"

/*
 * How each thing looked when it was last told.  The manager only says that a thing may have
 * changed; what looks as before is not told again.
 */
struct told_device {
	struct uuid uuid;
	char *text;	/* as JSON: of thousands of devices, trees would be ten times as large */
};

struct monitor_state {
	sd_event_source *flush;		/* on where events wait that nobody has been sent yet */
	int64_t sequence;
	struct uuid_list devices;	/* of struct told_device */
	struct mask cards;		/* which were there */
	struct mask queues[APQN_IDS];
	struct json_object *host;
};

static struct json_object *make_event(struct monitor_state *state, const char *name,
				      const char *member, struct json_object *value)
{
	static const char *const members[] = { "device", "card", "queue", "host", "problem" };
	struct json_object *event = json_object_new_object();
	struct json_object *parameters = json_object_new_object();
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	json_add_string(event, "event", name);
	json_add_int(event, "sequence", state->sequence);
	json_add_int(event, "time", (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000);
	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		json_add(event, members[i],
			 member && strcmp(members[i], member) == 0 ? json_object_get(value) : NULL);
	json_add(parameters, "event", event);
	return parameters;
}

/*
 * What one reading finds goes out together: a call of the system for each of thousands of events would be
 * most of the time that they take.  But not more than this, in bytes, so that who reads has begun.
 */
#define FLUSH_SIZE (32u << 10)

/* Behind the reading, before anything of clients. */
#define FLUSH_PRIORITY (SD_EVENT_PRIORITY_IDLE + 5)

void subscribe_flush(struct server *server)
{
	struct connection *next;

	for (struct connection *c = server->connections; c; c = next) {
		next = c->next;
		if (c->monitors)
			connection_continue(c);
	}
}

static int on_flush(sd_event_source *source, void *userdata)
{
	(void)source;
	subscribe_flush(userdata);
	return 0;
}

/* The present state is told in parts of so many devices, each when the one before it is out. */
#define PART_MAX 64u

/* Which device a new subscriber was told of last; those behind it are told as they are then. */
struct present {
	struct uuid last;
};

static bool is_yet_to_be_told(const struct connection *connection, const struct uuid *uuid)
{
	const struct present *present = connection->production;

	return uuid && connection->produce && uuid_compare(uuid, &present->last) > 0;
}

/* Gives every subscriber an event, of a device if uuid is given; one that is too slow is dropped. */
static void tell(struct server *server, const struct uuid *uuid, const char *name, const char *member,
		 struct json_object *value)
{
	CLEANUP_JSON struct json_object *event = NULL;
	struct connection *next;

	server->monitor->sequence++;
	for (struct connection *c = server->connections; c; c = next) {
		next = c->next;
		if (!c->monitors || is_yet_to_be_told(c, uuid))
			continue;
		if (!event)
			event = make_event(server->monitor, name, member, value);
		if (frame_waiting(&c->output) > SUBSCRIBE_WAITING_MAX)
			connection_break(c, "it does not read its events");
		else
			connection_reply(c, json_object_get(event), true);
		if (c->broken || frame_waiting(&c->output) >= FLUSH_SIZE)
			connection_continue(c);
		else
			sd_event_source_set_enabled(server->monitor->flush, SD_EVENT_ONESHOT);
	}
}

/* Whether a list of Problem holds one like it. */
static bool has_problem(struct json_object *device, struct json_object *problem)
{
	struct json_object *list = NULL;

	if (device)
		json_object_object_get_ex(device, "problems", &list);
	for (size_t i = 0; list && i < json_object_array_length(list); i++)
		if (json_object_equal(json_object_array_get_idx(list, i), problem))
			return true;
	return false;
}

static const char *message_id_of(const char *code)
{
	static const char *const ids[][2] = {
		{ PROBLEM_NOT_STARTED, MESSAGE_NOT_STARTED },
		{ PROBLEM_BAD_DEFINITION, MESSAGE_BAD_DEFINITION },
		{ PROBLEM_BAD_POLICY, MESSAGE_BAD_POLICY },
		{ PROBLEM_RESERVATION_LOST, MESSAGE_RESERVATION_LOST },
		{ PROBLEM_CHECKSTOPPED, MESSAGE_CHECKSTOPPED },
	};

	for (size_t i = 0; i < ARRAY_SIZE(ids); i++)
		if (strcmp(ids[i][0], code) == 0)
			return ids[i][1];
	return MESSAGE_PROBLEM;
}

static void log_problem(struct json_object *problem, const struct uuid *uuid)
{
	struct log_fields fields = {
		.problem = json_get_string(problem, "code"),
		.device = uuid,
	};

	fields.id = message_id_of(fields.problem);
	json_object_object_get_ex(problem, "queues", &fields.queues);
	log_fields(LOG_WARNING, &fields, "%s", json_get_string(problem, "message"));
}

/* Each problem that was not there before: an event of its own, and a line in the journal. */
static void tell_problems(struct server *server, struct json_object *before,
			  struct json_object *now, const struct uuid *uuid)
{
	struct json_object *list = NULL;

	json_object_object_get_ex(now, "problems", &list);
	for (size_t i = 0; list && i < json_object_array_length(list); i++) {
		struct json_object *problem = json_object_array_get_idx(list, i);

		if (has_problem(before, problem))
			continue;
		log_problem(problem, uuid);
		tell(server, uuid, "problem", "problem", problem);
	}
}

static bool exists(const struct server *server, const struct uuid *uuid)
{
	return observed_find_device(manager_observed(server->manager), uuid) ||
	       desired_find(manager_desired(server->manager), uuid);
}

/* How it looked when it was told; the caller puts it.  NULL without memory. */
static struct json_object *read_told(const struct told_device *told)
{
	struct json_object *value = NULL;

	return json_parse(told->text, strlen(told->text), &value, NULL) < 0 ? NULL : value;
}

static void forget_device(struct server *server, const struct uuid *uuid)
{
	struct told_device *told = uuid_list_remove(&server->monitor->devices, uuid);
	CLEANUP_JSON struct json_object *value = NULL;

	if (!told)
		return;
	value = json_of_text(told->text);
	if (value)
		tell(server, uuid, "deviceRemoved", "device", value);
	free(told->text);
	free(told);
}

/* A place for a device that was not told of yet; NULL without memory. */
static struct told_device *add_told(struct monitor_state *state, const struct uuid *uuid)
{
	struct told_device *told = calloc(1, sizeof(*told));

	if (!told)
		return NULL;
	told->uuid = *uuid;
	if (uuid_list_insert(&state->devices, told) == 0)
		return told;
	free(told);
	return NULL;
}

static void device_changed(struct server *server, const struct uuid *uuid)
{
	struct told_device *told = uuid_list_find(&server->monitor->devices, uuid);
	CLEANUP_JSON struct json_object *before = NULL, *now = NULL;
	CLEANUP_FREE char *copy = NULL;
	const char *text;
	bool added = !told;
	size_t length;

	if (!exists(server, uuid)) {
		forget_device(server, uuid);
		return;
	}
	now = describe_device(manager_observed(server->manager), manager_desired(server->manager), uuid);
	text = now ? json_text(now, &length) : NULL;
	/* Made by the same code, equal things have equal texts. */
	if (!text || (told && strcmp(told->text, text) == 0))
		return;
	copy = strdup(text);
	if (copy && !told)
		told = add_told(server->monitor, uuid);
	if (!copy || !told)
		return;
	before = added ? NULL : read_told(told);
	free(told->text);
	told->text = TAKE_PTR(copy);
	tell(server, uuid, added ? "deviceAdded" : "deviceChanged", "device", now);
	tell_problems(server, before, now, uuid);
}

static void card_changed(struct server *server, unsigned int adapter)
{
	const struct observed *observed = manager_observed(server->manager);
	CLEANUP_JSON struct json_object *card = describe_card(observed, adapter);
	bool was = mask_test(&server->monitor->cards, adapter);
	bool is = mask_test(&observed->cards, adapter);

	if (was || is)
		tell(server, NULL, !was ? "cardAdded" : is ? "cardChanged" : "cardRemoved", "card", card);
	if (is)
		mask_set(&server->monitor->cards, adapter);
	else
		mask_clear(&server->monitor->cards, adapter);
}

static void queue_changed(struct server *server, struct apqn apqn)
{
	const struct observed *observed = manager_observed(server->manager);
	struct mask *queues = &server->monitor->queues[apqn.adapter];
	CLEANUP_JSON struct json_object *queue = describe_queue(observed, apqn,
							  ownership_find_device(observed, apqn));
	bool was = mask_test(queues, apqn.domain);
	bool is = mask_test(&observed->queues[apqn.adapter], apqn.domain);

	if (was || is)
		tell(server, NULL, !was ? "queueAdded" : is ? "queueChanged" : "queueRemoved", "queue",
		     queue);
	if (is)
		mask_set(queues, apqn.domain);
	else
		mask_clear(queues, apqn.domain);
}

static void host_changed(struct server *server)
{
	CLEANUP_JSON struct json_object *before = server->monitor->host;
	struct json_object *now = describe_host(manager_observed(server->manager),
						manager_desired(server->manager));

	server->monitor->host = now;
	if (!now || (before && json_object_equal(before, now)))
		return;
	tell(server, NULL, "hostChanged", "host", now);
	tell_problems(server, before, now, NULL);
}

void subscribe_changed(void *userdata, enum manager_thing thing, struct apqn apqn,
		       const struct uuid *uuid)
{
	struct server *server = userdata;

	switch (thing) {
	case MANAGER_HOST:
		host_changed(server);
		break;
	case MANAGER_CARD:
		card_changed(server, apqn.adapter);
		break;
	case MANAGER_QUEUE:
		queue_changed(server, apqn);
		break;
	case MANAGER_DEVICE:
		device_changed(server, uuid);
		break;
	}
}

static void start_device(void *userdata, const struct uuid *uuid)
{
	device_changed(userdata, uuid);
}

int subscribe_start(struct server *server)
{
	const struct observed *observed = manager_observed(server->manager);
	int r;

	server->monitor = calloc(1, sizeof(*server->monitor));
	if (!server->monitor)
		return -ENOMEM;
	r = sd_event_add_defer(server->loop, &server->monitor->flush, on_flush, server);
	if (r >= 0)
		r = sd_event_source_set_priority(server->monitor->flush, FLUSH_PRIORITY);
	if (r >= 0)
		r = sd_event_source_set_enabled(server->monitor->flush, SD_EVENT_OFF);
	if (r < 0)
		return r;
	server->monitor->cards = observed->cards;
	memcpy(server->monitor->queues, observed->queues, sizeof(observed->queues));
	host_changed(server);
	resolve_each_device(observed, manager_desired(server->manager), start_device, server);
	return 0;
}

void subscribe_end(struct server *server)
{
	struct monitor_state *state = server->monitor;

	if (!state)
		return;
	for (size_t i = 0; i < state->devices.count; i++) {
		struct told_device *told = state->devices.items[i];

		free(told->text);
		free(told);
	}
	uuid_list_done(&state->devices);
	sd_event_source_disable_unref(state->flush);
	json_object_put(state->host);
	free(state);
	server->monitor = NULL;
}

static void produce_present(struct connection *connection)
{
	struct monitor_state *state = connection->server->monitor;
	struct present *present = connection->production;
	size_t first = uuid_list_after(&state->devices, &present->last);
	size_t end = state->devices.count - first > PART_MAX ? first + PART_MAX : state->devices.count;

	for (size_t i = first; i < end; i++) {
		const struct told_device *told = state->devices.items[i];
		CLEANUP_JSON struct json_object *device = json_of_text(told->text);

		if (!device) {
			connection_break(connection, "out of memory");
			return;
		}
		connection_reply(connection, make_event(state, "deviceAdded", "device", device), true);
		present->last = told->uuid;
	}
	if (end < state->devices.count)
		return;
	connection->produce = NULL;
	connection_reply(connection, make_event(state, "ready", NULL, NULL), true);
}

void subscribe_add(struct connection *connection)
{
	connection->production = calloc(1, sizeof(struct present));
	if (!connection->production) {
		connection_break(connection, "out of memory");
		return;
	}
	connection->monitors = true;
	connection->produce = produce_present;
	produce_present(connection);
}
