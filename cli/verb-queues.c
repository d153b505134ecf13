/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The hardware: cards and queues, in the words of lszcrypt where it has them. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/call.h"
#include "cli/crossing.h"
#include "cli/device.h"
#include "cli/given.h"
#include "cli/lacking.h"
#include "cli/output.h"
#include "cli/queue.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "common/json.h"
#include "common/uuid.h"

/* The interface's type Card. */
struct card {
	uint8_t adapter;
	const char *type, *mode, *functions;
	int64_t hardware_type, depth, requests;
	bool configured, checkstopped;
	int8_t online;
};

static const struct json_field card_fields[] = {
	JSON_FIELD(struct card, adapter, "adapter", JSON_KIND_BYTE, JSON_REQUIRED),
	JSON_FIELD(struct card, type, "type", JSON_KIND_STRING, JSON_REQUIRED),
	JSON_FIELD(struct card, hardware_type, "hardwareType", JSON_KIND_INT, JSON_REQUIRED),
	JSON_FIELD(struct card, mode, "mode", JSON_KIND_STRING, JSON_REQUIRED),
	JSON_FIELD(struct card, configured, "configured", JSON_KIND_BOOL, JSON_REQUIRED),
	JSON_FIELD(struct card, checkstopped, "checkstopped", JSON_KIND_BOOL, JSON_REQUIRED),
	JSON_FIELD(struct card, online, "online", JSON_KIND_TRISTATE, 0),
	JSON_FIELD(struct card, depth, "depth", JSON_KIND_INT, JSON_REQUIRED),
	JSON_FIELD(struct card, functions, "functions", JSON_KIND_STRING, JSON_REQUIRED),
	JSON_FIELD(struct card, requests, "requests", JSON_KIND_INT, 0),
};

/* lszcrypt's words for the modes. */
static const char *mode_in_words(const char *mode)
{
	if (strcmp(mode, "accelerator") == 0)
		return "Accelerator";
	if (strcmp(mode, "cca") == 0)
		return "CCA-Coproc";
	if (strcmp(mode, "ep11") == 0)
		return "EP11-Coproc";
	return mode;
}

static void cell_status(struct table *table, const struct card *card)
{
	if (!card->configured)
		table_cell(table, "deconfig", STYLE_BAD);
	else if (card->checkstopped)
		table_cell(table, "chkstop", STYLE_BAD);
	else if (card->online >= 0)
		table_cell(table, card->online ? "online" : "offline",
			   card->online ? STYLE_GOOD : STYLE_WARN);
	else
		table_cell(table, NULL, STYLE_PLAIN);
}

static void row_card(struct table *table, const struct card *card)
{
	table_row(table);
	table_format(table, STYLE_BOLD, "%02x", card->adapter);
	table_cell(table, card->type, STYLE_PLAIN);
	table_cell(table, mode_in_words(card->mode), STYLE_PLAIN);
	cell_status(table, card);
	if (card->requests == JSON_INT_NULL)
		table_cell(table, NULL, STYLE_PLAIN);
	else
		table_format(table, STYLE_PLAIN, "%" PRId64, card->requests);
	table_format(table, STYLE_PLAIN, "%" PRId64, card->hardware_type);
	table_format(table, STYLE_PLAIN, "%" PRId64, card->depth);
	table_cell(table, card->functions, STYLE_PLAIN);
}

/* Ends a verb that prints one table: says so where it has no rows. */
static int finish_table(const struct run *run, struct table *table, size_t rows, const char *none)
{
	int r;

	if (rows == 0) {
		if (!option_given(run->options, OPTION_NO_HEADINGS))
			puts(none);
		return EXIT_STATUS_DONE;
	}
	r = table_print(table);
	return r < 0 ? call_broken(r) : EXIT_STATUS_DONE;
}

int verb_cards(struct run *run)
{
	static const struct column columns[] = {
		{ "CARD", 0 },		      { "TYPE", 0 },
		{ "MODE", 0 },		      { "STATUS", 0 },
		{ "REQUESTS", COLUMN_RIGHT }, { "HWTYPE", COLUMN_RIGHT },
		{ "QDEPTH", COLUMN_RIGHT },   { "FUNCTIONS", 0 },
	};
	CLEANUP_REPLY struct reply reply = { 0 };
	CLEANUP_TABLE struct table table = { 0 };
	struct json_object *list = NULL;
	int r;

	r = call(run, "ListCards", NULL, CLIENT_READ_TIMEOUT, &reply);
	if (r != EXIT_STATUS_DONE)
		return r;
	if (option_given(run->options, OPTION_JSON)) {
		output_json(reply.parameters, true);
		return EXIT_STATUS_DONE;
	}
	json_object_object_get_ex(reply.parameters, "cards", &list);
	table_init(&table, columns, ARRAY_SIZE(columns),
		   !option_given(run->options, OPTION_NO_HEADINGS));
	for (size_t i = 0; i < list_length(list); i++) {
		struct card card = { .requests = JSON_INT_NULL, .online = -1 };
		const char *bad;

		if (json_read(json_object_array_get_idx(list, i), card_fields,
			      ARRAY_SIZE(card_fields), false, &card, &bad) < 0)
			return call_failed(run, -EBADMSG);
		row_card(&table, &card);
	}
	return finish_table(run, &table, list_length(list), "The AP bus has no cards.");
}

static struct json_object *queues_parameters(const struct options *options)
{
	struct json_object *parameters = json_object_new_object();
	bool single = option_given(options, OPTION_QUEUES);
	struct matrix matrix = single ? crossing_around(&options->queues) : options->matrix;

	if (single || option_given(options, OPTION_ADAPTERS))
		json_add(parameters, "adapters", json_from_mask(&matrix.adapters));
	if (single || option_given(options, OPTION_DOMAINS))
		json_add(parameters, "domains", json_from_mask(&matrix.domains));
	if (option_given(options, OPTION_DEVICE))
		json_add_string(parameters, "device", options->device);
	return parameters;
}

/* Leaves only what --queues names: apqd knows adapters and domains only.  0, -EBADMSG or -ENOMEM. */
static int keep_named(const struct options *options, struct json_object *parameters)
{
	CLEANUP_JSON struct json_object *kept = json_object_new_array();
	struct json_object *list = NULL;

	if (!option_given(options, OPTION_QUEUES))
		return 0;
	json_object_object_get_ex(parameters, "queues", &list);
	for (size_t i = 0; i < list_length(list); i++) {
		struct json_object *item = json_object_array_get_idx(list, i);
		struct queue queue;

		if (queue_read(item, &queue) < 0)
			return -EBADMSG;
		if (queue_set_has(&options->queues, queue.apqn) &&
		    json_object_array_add(kept, json_object_get(item)) < 0)
			return -ENOMEM;
	}
	return json_add(parameters, "queues", TAKE_PTR(kept));
}

/* What to call the device of a queue: its name, or as much of its UUID as lists show. */
static void row_queue(struct table *table, const struct queue *queue, const struct device *devices,
		      size_t count, int uuid_length)
{
	const struct device *device = device_find(devices, count, queue->device);
	bool named = device && device->name && uuid_length < UUID_TEXT_SIZE;
	char label[UUID_TEXT_SIZE] = "";

	if (queue->device)
		snprintf(label, sizeof(label), "%.*s", uuid_length, queue->device);
	queue_table_row(table, queue, true, named ? device->name : label);
}

int verb_queues(struct run *run)
{
	REPLY_TO_THE_END struct reply queues = { 0 };
	REPLY_TO_THE_END struct reply devices_reply = { 0 };
	CLEANUP_FREE struct device *devices = NULL;
	CLEANUP_TABLE struct table table = { 0 };
	struct json_object *list = NULL;
	int uuid_length;
	size_t count;
	int r;

	r = call_collect(run, "ListQueues", queues_parameters(run->options), "queues", &queues);
	if (r != EXIT_STATUS_DONE)
		return r;
	r = keep_named(run->options, queues.parameters);
	if (r < 0)
		return r == -ENOMEM ? call_broken(r) : call_failed(run, r);
	lacking_warn(run);
	r = call_collect(run, "ListDevices", NULL, "devices", &devices_reply);
	if (r != EXIT_STATUS_DONE)
		return r;
	r = device_read_list(devices_reply.parameters, &devices, &count);
	if (r < 0)
		return call_failed(run, r);
	json_object_object_get_ex(queues.parameters, "queues", &list);
	if (option_given(run->options, OPTION_JSON)) {
		if (queue_name_devices(list, devices, count) < 0)
			return call_broken(-ENOMEM);
		output_json(queues.parameters, true);
		return EXIT_STATUS_DONE;
	}
	uuid_length = option_given(run->options, OPTION_FULL) ? UUID_TEXT_SIZE :
								device_short_length(devices, count);
	queue_table_init(&table, true, !option_given(run->options, OPTION_NO_HEADINGS));
	for (size_t i = 0; i < list_length(list); i++) {
		struct queue queue;

		if (queue_read(json_object_array_get_idx(list, i), &queue) < 0)
			return call_failed(run, -EBADMSG);
		row_queue(&table, &queue, devices, count, uuid_length);
	}
	return finish_table(run, &table, list_length(list), "There are no such queues.");
}
