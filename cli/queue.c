/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/queue.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/json.h"

/* So many missing queues are named; a large device that lost a card has hundreds. */
#define MISSING_NAMED 16

static const struct json_field fields[] = {
	JSON_FIELD(struct queue, apqn.adapter, "adapter", JSON_KIND_BYTE, JSON_REQUIRED),
	JSON_FIELD(struct queue, apqn.domain, "domain", JSON_KIND_BYTE, JSON_REQUIRED),
	JSON_FIELD(struct queue, owner, "owner", JSON_KIND_STRING, JSON_REQUIRED),
	JSON_FIELD(struct queue, driver, "driver", JSON_KIND_STRING, 0),
	JSON_FIELD(struct queue, device, "device", JSON_KIND_STRING, 0),
	JSON_FIELD(struct queue, in_use, "inUse", JSON_KIND_BOOL, JSON_REQUIRED),
	JSON_FIELD(struct queue, interrupt, "interrupt", JSON_KIND_TRISTATE, 0),
	JSON_FIELD(struct queue, configured, "configured", JSON_KIND_BOOL, JSON_REQUIRED),
	JSON_FIELD(struct queue, checkstopped, "checkstopped", JSON_KIND_BOOL, JSON_REQUIRED),
	JSON_FIELD(struct queue, online, "online", JSON_KIND_TRISTATE, 0),
};

int queue_read(struct json_object *object, struct queue *ret_queue)
{
	struct queue queue = { .interrupt = -1, .online = -1 };
	const char *bad;

	if (json_read(object, fields, ARRAY_SIZE(fields), false, &queue, &bad) < 0)
		return -EBADMSG;
	*ret_queue = queue;
	return 0;
}

bool queue_is_healthy(const struct queue *queue)
{
	return queue->configured && !queue->checkstopped;
}

bool queue_is_unknown(const struct queue *queue)
{
	return !queue->device && strcmp(queue->owner, "guest") == 0;
}

void queue_table_init(struct table *table, bool with_device, bool headings)
{
	static const struct column columns[] = {
		{ "QUEUE", 0 },	 { "OWNER", 0 },     { "DRIVER", 0 },
		{ "STATUS", 0 }, { "INTERRUPT", 0 }, { "DEVICE", 0 },
	};

	table_init(table, columns, ARRAY_SIZE(columns) - !with_device, headings);
}

/* The words are those of lszcrypt where it has one. */
static void cell_status(struct table *table, const struct queue *queue)
{
	if (!queue->configured)
		table_cell(table, "deconfig", STYLE_BAD);
	else if (queue->checkstopped)
		table_cell(table, "chkstop", STYLE_BAD);
	else if (queue->in_use)
		table_cell(table, "in use", STYLE_GOOD);
	else if (queue->device)
		table_cell(table, "assigned", STYLE_PLAIN);
	else if (queue_is_unknown(queue))
		table_cell(table, "unknown", STYLE_WARN);
	else if (queue->online >= 0)
		table_cell(table, queue->online ? "online" : "offline",
			   queue->online ? STYLE_PLAIN : STYLE_WARN);
	else
		table_cell(table, queue->driver ? "free" : "no driver",
			   queue->driver ? STYLE_PLAIN : STYLE_WARN);
}

const char *queue_owner(const char *owner)
{
	return strcmp(owner, "guest") == 0 ? "device" : strcmp(owner, "nobody") == 0 ? "none" : owner;
}

void queue_table_row(struct table *table, const struct queue *queue, bool with_device,
		     const char *device)
{
	char apqn[APQN_TEXT_SIZE];

	table_row(table);
	table_cell(table, apqn_format(queue->apqn, apqn), STYLE_BOLD);
	table_cell(table, queue_owner(queue->owner), STYLE_PLAIN);
	table_cell(table, queue->driver, STYLE_PLAIN);
	cell_status(table, queue);
	table_cell(table,
		   queue->interrupt < 0 ? NULL :
		   queue->interrupt	? "on" :
					  "off",
		   STYLE_PLAIN);
	if (with_device)
		table_cell(table, device, STYLE_PLAIN);
}

/* Sets in present the queues that a list of Queues has.  Returns 0 or -EBADMSG. */
static int read_present(struct json_object *list, struct mask present[static APQN_IDS])
{
	for (size_t i = 0; i < list_length(list); i++) {
		struct queue queue;

		if (queue_read(json_object_array_get_idx(list, i), &queue) < 0)
			return -EBADMSG;
		mask_set(&present[queue.apqn.adapter], queue.apqn.domain);
	}
	return 0;
}

struct json_object *queue_find_missing(struct json_object *list, const struct device *device)
{
	CLEANUP_JSON struct json_object *missing = json_object_new_array();
	struct mask present[APQN_IDS] = { 0 };

	if (!missing || read_present(list, present) < 0)
		return NULL;
	MATRIX_FOR_EACH_QUEUE(adapter, domain, device_matrix(device)) {
		struct apqn apqn = { .adapter = (uint8_t)adapter, .domain = (uint8_t)domain };
		struct json_object *text;
		char buffer[APQN_TEXT_SIZE];

		if (mask_test(&present[adapter], domain))
			continue;
		text = json_object_new_string(apqn_format(apqn, buffer));
		if (!text || json_object_array_add(missing, text) < 0) {
			json_object_put(text);
			return NULL;
		}
	}
	return TAKE_PTR(missing);
}

int queue_name_devices(struct json_object *list, const struct device *devices, size_t count)
{
	for (size_t i = 0; i < list_length(list); i++) {
		struct json_object *object = json_object_array_get_idx(list, i);
		const struct device *device =
			device_find(devices, count, json_get_string(object, "device"));

		if (json_object_is_type(object, json_type_object) &&
		    json_add_string(object, "deviceName", device ? device->name : NULL) < 0)
			return -ENOMEM;
	}
	return 0;
}

static void print_missing(const struct matrix *matrix, const struct mask present[static APQN_IDS])
{
	unsigned int missing = 0;

	MATRIX_FOR_EACH_QUEUE(adapter, domain, matrix) {
		struct apqn apqn = { .adapter = (uint8_t)adapter, .domain = (uint8_t)domain };
		char text[APQN_TEXT_SIZE];

		if (mask_test(&present[adapter], domain))
			continue;
		if (missing++ < MISSING_NAMED)
			printf("%s %s", missing > 1 ? "" : "Missing:", apqn_format(apqn, text));
	}
	if (missing > MISSING_NAMED)
		printf(" and %u more", missing - MISSING_NAMED);
	if (missing > 0)
		putchar('\n');
}

int queue_print_of_device(struct json_object *parameters, const struct device *device,
			  const struct device *devices, size_t count)
{
	const struct matrix *matrix = device_matrix(device);
	CLEANUP_TABLE struct table table = { 0 };
	struct mask present[APQN_IDS] = { 0 };
	struct json_object *list = NULL;
	int r;

	json_object_object_get_ex(parameters, "queues", &list);
	r = read_present(list, present);
	if (r < 0)
		return r;
	queue_table_init(&table, !device->is_active, true);
	for (size_t i = 0; i < list_length(list); i++) {
		const struct device *owner;
		struct queue queue;

		r = queue_read(json_object_array_get_idx(list, i), &queue);
		if (r < 0)
			return r;
		owner = device_find(devices, count, queue.device);
		queue_table_row(&table, &queue, !device->is_active,
				owner ? device_label(owner) : queue.device);
	}
	if (list_length(list) > 0 || matrix_queue_count(matrix) > 0)
		putchar('\n');
	if (list_length(list) > 0)
		r = table_print(&table);
	print_missing(matrix, present);
	return r;
}
