/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ListQueues: the queues that are there, and those that a device has without their being there.
 * With more, they go out in parts, each made when the one before it has been taken.
 */
#include <errno.h>
#include <stdlib.h>

#include "common/json.h"
#include "daemon/api/handlers.h"
#include "daemon/varlink/server.h"
#include "daemon/report/describe.h"
#include "daemon/model/ownership.h"

/* A longer list is given in parts only; and how long a part is. */
#define LIST_MAX 4096u
#define PART_MAX 512u

/* What is asked for, and which queue comes next: an APQN as one number. */
struct queue_list {
	struct mask adapters, domains;
	const char *device;
	bool has_device;
	struct uuid uuid;
	unsigned int next;
};

static const struct json_field fields[] = {
	JSON_FIELD(struct queue_list, adapters, "adapters", JSON_KIND_MASK, 0),
	JSON_FIELD(struct queue_list, domains, "domains", JSON_KIND_MASK, 0),
	JSON_FIELD(struct queue_list, device, "device", JSON_KIND_STRING, 0),
};

/* The queues on one adapter that are wanted. */
static struct mask find_row(const struct observed *observed, const struct queue_list *list,
			    unsigned int adapter)
{
	const struct observed_device *device;

	if (!mask_test(&list->adapters, adapter))
		return (struct mask){ 0 };
	if (!list->has_device)
		return mask_and(&list->domains, &observed->queues[adapter]);
	device = observed_find_device(observed, &list->uuid);
	if (!device || !mask_test(&device->active.adapters, adapter))
		return (struct mask){ 0 };
	return mask_and(&list->domains, &device->active.domains);
}

/*
 * Adds the queues of list->next's adapter from there on, until there are max; returns how many there
 * are then.
 */
static unsigned int add_row(const struct observed *observed, struct queue_list *list,
			    struct json_object *queues, unsigned int n, unsigned int max)
{
	const struct observed_device *owners[APQN_IDS];
	unsigned int adapter = list->next / APQN_IDS;
	struct mask row = find_row(observed, list, adapter);
	unsigned int domain = mask_next(&row, list->next % APQN_IDS);

	if (domain < APQN_IDS)
		ownership_find_devices(observed, adapter, owners);
	for (; domain < APQN_IDS && n < max; domain = mask_next(&row, domain + 1), n++)
		json_append(queues, describe_queue(observed, (struct apqn){ adapter, domain },
						   owners[domain]));
	list->next = adapter * APQN_IDS + domain;
	return n;
}

static struct json_object *make_part(const struct observed *observed, struct queue_list *list,
				     unsigned int max)
{
	struct json_object *parameters = json_object_new_object();
	struct json_object *queues = json_new_list(max);

	for (unsigned int n = 0; n < max && list->next < APQN_IDS * APQN_IDS;)
		n = add_row(observed, list, queues, n, max);
	json_add(parameters, "queues", queues);
	return parameters;
}

/* Returns true if more than max follow; the place stays. */
static bool is_longer(const struct observed *observed, const struct queue_list *list,
		      unsigned int max)
{
	unsigned int n = 0, first = list->next % APQN_IDS;

	for (unsigned int adapter = list->next / APQN_IDS; adapter < APQN_IDS && n <= max; adapter++) {
		struct mask row = find_row(observed, list, adapter);

		for (; first > 0; first--)
			mask_clear(&row, first - 1);
		n += mask_count(&row);
	}
	return n > max;
}

static void produce(struct connection *connection)
{
	const struct observed *observed = manager_observed(connection->server->manager);
	struct queue_list *list = connection->production;
	struct json_object *part = make_part(observed, list, PART_MAX);

	connection_reply(connection, part, is_longer(observed, list, 0));
}

/* Returns 0, or a negative errno after the error has been sent. */
static int read_list(struct connection *connection, struct json_object *parameters,
		     struct queue_list *list)
{
	CLEANUP_ERROR struct error error = { 0 };
	const char *bad;

	for (unsigned int id = 0; id < APQN_IDS; id++) {
		mask_set(&list->adapters, id);
		mask_set(&list->domains, id);
	}
	if (parameters &&
	    json_read(parameters, fields, ARRAY_SIZE(fields), true, list, &bad) < 0) {
		error_set_parameter(&error, bad);
		connection_error(connection, &error);
		return -EINVAL;
	}
	list->has_device = list->device != NULL;
	return list->has_device ? methods_find_device(connection, list->device, &list->uuid) : 0;
}

void queues_list(struct connection *connection, struct json_object *parameters)
{
	const struct observed *observed = manager_observed(connection->server->manager);
	CLEANUP_ERROR struct error error = { 0 };
	struct queue_list list = { 0 };

	if (read_list(connection, parameters, &list) < 0)
		return;
	manager_look(connection->server->manager, list.has_device ? &list.uuid : NULL);
	if (!connection->more && is_longer(observed, &list, LIST_MAX)) {
		error_set_code(&error, ERROR_EXPECTED_MORE);
		connection_error(connection, &error);
	} else if (!connection->more) {
		connection_reply(connection, make_part(observed, &list, LIST_MAX), false);
	} else {
		connection->production = malloc(sizeof(list));
		if (!connection->production) {
			connection_break(connection, "out of memory");
			return;
		}
		*(struct queue_list *)connection->production = list;
		connection->produce = produce;
		produce(connection);
	}
}
