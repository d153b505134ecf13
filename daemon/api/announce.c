/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/api/announce.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/cleanup.h"
#include "common/json-text.h"
#include "common/varlink.h"
#include "daemon/varlink/server.h"
#include "daemon/log.h"
#include "daemon/report/describe.h"
#include "daemon/model/ownership.h"
#include "daemon/model/problem.h"
#include "daemon/model/resolve.h"

struct json_object *announce_make_event(const struct announced *announced, const char *name,
					const char *member, struct json_object *value)
{
	static const char *const members[] = { "device", "card", "queue", "host", "problem" };
	struct json_object *event = json_object_new_object();
	struct json_object *parameters = json_object_new_object();
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	json_add_string(event, "event", name);
	json_add_int(event, "sequence", announced->sequence);
	json_add_int(event, "time", (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000);
	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		json_add(event, members[i],
			 member && strcmp(members[i], member) == 0 ? json_object_get(value) : NULL);
	json_add(parameters, "event", event);
	return parameters;
}

/* Makes an event for all subscribers, of a device if uuid is given. */
static void tell(struct server *server, const struct uuid *uuid, const char *name, const char *member,
		 struct json_object *value)
{
	CLEANUP_JSON struct json_object *message = NULL;

	server->announced.sequence++;
	if (server->news.readers == 0)
		return;
	message = varlink_make_reply(announce_make_event(&server->announced, name, member, value), true);
	if (message && news_add(&server->news, message, uuid) == 0)
		return;
	server->announced.lost = true;
}

/* Returns true if the problems of the device include one that is equal to problem. */
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

/* Reports each new problem as an event of its own, and as a line in the journal. */
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

/* Returns the device as subscribers last saw it; the caller puts it. NULL without memory. */
static struct json_object *read_told(const struct announced_device *told)
{
	struct json_object *value = NULL;

	return json_parse(told->text, strlen(told->text), &value, NULL) < 0 ? NULL : value;
}

static void forget_device(struct server *server, const struct uuid *uuid)
{
	struct announced_device *told = uuid_list_remove(&server->announced.devices, uuid);
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
static struct announced_device *add_told(struct announced *announced, const struct uuid *uuid)
{
	struct announced_device *told = calloc(1, sizeof(*told));

	if (!told)
		return NULL;
	told->uuid = *uuid;
	if (uuid_list_insert(&announced->devices, told) == 0)
		return told;
	free(told);
	return NULL;
}

void announce_device(struct server *server, const struct uuid *uuid)
{
	struct announced_device *told = uuid_list_find(&server->announced.devices, uuid);
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
		told = add_told(&server->announced, uuid);
	if (!copy || !told)
		return;
	before = added ? NULL : read_told(told);
	free(told->text);
	told->text = TAKE_PTR(copy);
	tell(server, uuid, added ? "deviceAdded" : "deviceChanged", "device", now);
	tell_problems(server, before, now, uuid);
}

void announce_card(struct server *server, unsigned int adapter)
{
	const struct observed *observed = manager_observed(server->manager);
	CLEANUP_JSON struct json_object *card = describe_card(observed, adapter);
	bool was = mask_test(&server->announced.cards, adapter);
	bool is = mask_test(&observed->cards, adapter);

	if (was || is)
		tell(server, NULL, !was ? "cardAdded" : is ? "cardChanged" : "cardRemoved", "card", card);
	if (is)
		mask_set(&server->announced.cards, adapter);
	else
		mask_clear(&server->announced.cards, adapter);
}

void announce_queue(struct server *server, struct apqn apqn)
{
	const struct observed *observed = manager_observed(server->manager);
	struct mask *queues = &server->announced.queues[apqn.adapter];
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

void announce_host(struct server *server)
{
	CLEANUP_JSON struct json_object *before = server->announced.host;
	struct json_object *now = describe_host(manager_observed(server->manager),
						manager_desired(server->manager));

	server->announced.host = now;
	if (!now || (before && json_object_equal(before, now)))
		return;
	tell(server, NULL, "hostChanged", "host", now);
	tell_problems(server, before, now, NULL);
}

static void start_device(void *userdata, const struct uuid *uuid)
{
	announce_device(userdata, uuid);
}

void announce_start(struct server *server)
{
	const struct observed *observed = manager_observed(server->manager);
	struct announced *announced = &server->announced;

	announced->cards = observed->cards;
	memcpy(announced->queues, observed->queues, sizeof(observed->queues));
	announce_host(server);
	resolve_each_device(observed, manager_desired(server->manager), start_device, server);
}

void announce_end(struct server *server)
{
	struct announced *announced = &server->announced;

	for (size_t i = 0; i < announced->devices.count; i++) {
		struct announced_device *device = announced->devices.items[i];

		free(device->text);
		free(device);
	}
	uuid_list_done(&announced->devices);
	json_object_put(announced->host);
	*announced = (struct announced){ 0 };
}
