/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/queue.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/json.h"

/* So many absent queues are named; a large device that lost a card has hundreds. */
#define ABSENT_NAMED 16

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
	else if (queue->online >= 0)
		table_cell(table, queue->online ? "online" : "offline",
			   queue->online ? STYLE_PLAIN : STYLE_WARN);
	else
		table_cell(table, queue->driver ? "free" : "no driver",
			   queue->driver ? STYLE_PLAIN : STYLE_WARN);
}

void queue_table_row(struct table *table, const struct queue *queue, bool with_device,
		     const char *device)
{
	char apqn[APQN_TEXT_SIZE];

	table_row(table);
	table_cell(table, apqn_format(queue->apqn, apqn), STYLE_BOLD);
	table_cell(table, queue->owner, STYLE_PLAIN);
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

static void print_absent(const struct matrix *matrix, const struct mask present[static APQN_IDS])
{
	unsigned int absent = 0;

	MATRIX_FOR_EACH_QUEUE(adapter, domain, matrix) {
		struct apqn apqn = { .adapter = (uint8_t)adapter, .domain = (uint8_t)domain };
		char text[APQN_TEXT_SIZE];

		if (mask_test(&present[adapter], domain))
			continue;
		if (absent++ < ABSENT_NAMED)
			printf("%s %s", absent > 1 ? "" : "Not there:", apqn_format(apqn, text));
	}
	if (absent > ABSENT_NAMED)
		printf(" and %u more", absent - ABSENT_NAMED);
	if (absent > 0)
		putchar('\n');
}

int queue_print_of_device(struct json_object *parameters, const struct device *device)
{
	const struct matrix *matrix = device_matrix(device);
	CLEANUP_TABLE struct table table = { 0 };
	struct mask present[APQN_IDS] = { 0 };
	struct json_object *list = NULL;
	int r = 0;

	json_object_object_get_ex(parameters, "queues", &list);
	queue_table_init(&table, !device->is_active, true);
	for (size_t i = 0; i < list_length(list); i++) {
		struct queue queue;

		r = queue_read(json_object_array_get_idx(list, i), &queue);
		if (r < 0)
			return r;
		mask_set(&present[queue.apqn.adapter], queue.apqn.domain);
		queue_table_row(&table, &queue, !device->is_active, queue.device);
	}
	if (list_length(list) > 0 || matrix_queue_count(matrix) > 0)
		putchar('\n');
	if (list_length(list) > 0)
		r = table_print(&table);
	print_absent(matrix, present);
	return r;
}
