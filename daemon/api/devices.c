/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ListDevices: all devices.  With more, they go out in parts, each made when the one before it has been
 * taken; without, as long as they fit into one message.
 */
#include <stdlib.h>

#include "common/cleanup.h"
#include "common/json-text.h"
#include "daemon/api/handlers.h"
#include "daemon/varlink/server.h"
#include "daemon/report/describe.h"
#include "daemon/model/resolve.h"

/* Most bytes of devices in one message. A part ends with the device that exceeds its limit. */
#define LIST_MAX (8u << 20)
#define PART_MAX (256u << 10)

struct lister {
	struct connection *connection;
	struct json_object *list;
	size_t length;		/* of the list's texts */
	bool no_memory;
};

/* Takes the device's text over: thousands of trees side by side would be most of the daemon's memory. */
static void list_device(struct lister *lister, const struct uuid *uuid)
{
	const struct manager *manager = lister->connection->server->manager;
	struct json_object *device = json_as_text(describe_device(manager_observed(manager),
								  manager_desired(manager), uuid));
	size_t length;

	if (device && lister->list && json_text(device, &length) &&
	    json_object_array_add(lister->list, device) == 0) {
		lister->length += length + 1;
		return;
	}
	json_object_put(device);
	lister->no_memory = true;
}

/* The devices after *last, until there are max bytes; *last is the last one of them then. */
static struct json_object *make_list(struct connection *connection, size_t max, struct uuid *last,
				     bool *ret_is_all)
{
	const struct manager *manager = connection->server->manager;
	struct lister lister = { .connection = connection, .list = json_object_new_array() };
	bool is_all = true;

	while (!lister.no_memory) {
		const struct uuid *next = resolve_next_device(manager_observed(manager),
							      manager_desired(manager), last);

		if (!next)
			break;
		if (lister.length >= max) {
			is_all = false;
			break;
		}
		*last = *next;
		list_device(&lister, last);
	}
	if (lister.no_memory) {
		json_object_put(lister.list);
		return NULL;
	}
	*ret_is_all = is_all;
	return lister.list;
}

static void send_list(struct connection *connection, struct json_object *list, bool continues)
{
	struct json_object *parameters = json_object_new_object();

	json_add(parameters, "devices", list);
	connection_reply(connection, parameters, continues);
}

static void produce(struct connection *connection)
{
	struct json_object *list;
	bool is_all;

	list = make_list(connection, PART_MAX, connection->production, &is_all);
	if (!list)
		connection_break(connection, "out of memory");
	else
		send_list(connection, list, !is_all);
}

void devices_list(struct connection *connection, struct json_object *parameters)
{
	CLEANUP_ERROR struct error error = { 0 };
	struct uuid last = { .text = "" };
	struct json_object *list;
	bool is_all;

	(void)parameters;
	manager_look(connection->server->manager, NULL);
	if (connection->more) {
		connection->production = calloc(1, sizeof(struct uuid));
		connection->produce = produce;
		if (connection->production)
			produce(connection);
		else
			connection_break(connection, "out of memory");
		return;
	}
	list = make_list(connection, LIST_MAX, &last, &is_all);
	if (!list) {
		connection_break(connection, "out of memory");
	} else if (is_all) {
		send_list(connection, list, false);
	} else {
		json_object_put(list);
		error_set_code(&error, ERROR_EXPECTED_MORE);
		connection_error(connection, &error);
	}
}
