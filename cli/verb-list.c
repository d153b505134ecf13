/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All devices, or those with a state or with problems, a line each. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/call.h"
#include "cli/device.h"
#include "cli/output.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "common/json.h"
#include "common/list.h"
#include "common/uuid.h"

/* The table, and the length at which it cuts UUIDs. */
struct listing {
	struct table table;
	int uuid_length;
};

/*
 * Adds the cell with the number of queues that the guest gets, or would get, of those that are
 * assigned.
 */
static void cell_queues(struct listing *listing, const struct device *device)
{
	unsigned int assigned = matrix_queue_count(device_matrix(device));
	unsigned int effective = matrix_queue_count(&device->effective);

	if (device_is_unreadable(device))
		table_cell(&listing->table, "?", STYLE_PLAIN);
	else if (!device->has_effective)
		table_format(&listing->table, STYLE_PLAIN, "-/%u", assigned);
	else
		table_format(&listing->table, effective < assigned ? STYLE_WARN : STYLE_PLAIN,
			     "%u/%u", effective, assigned);
}

static bool is_first_of_code(struct json_object *problems, size_t index)
{
	const char *code = problem_code(json_object_array_get_idx(problems, index));

	for (size_t i = 0; i < index; i++)
		if (strcmp(problem_code(json_object_array_get_idx(problems, i)), code) == 0)
			return false;
	return true;
}

/* A cell of a list's words, with commas; word returns NULL for an item that is left out. */
static void cell_words(struct table *table, struct json_object *list, enum style style,
		       const char *(*word)(struct json_object *list, size_t index))
{
	CLEANUP_FREE char *text = NULL;
	const char *separator = "";
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out) {
		table->failed = true;
		return;
	}
	for (size_t i = 0; i < list_length(list); i++) {
		const char *found = word(list, i);

		if (!found)
			continue;
		fprintf(out, "%s%s", separator, found);
		separator = ",";
	}
	if (fclose(out) != 0)
		table->failed = true;
	table_cell(table, text, style);
}

static const char *code_of(struct json_object *problems, size_t index)
{
	return is_first_of_code(problems, index) ?
		       problem_code(json_object_array_get_idx(problems, index)) :
		       NULL;
}

static const char *machine_of(struct json_object *users, size_t index)
{
	return device_user(json_object_array_get_idx(users, index));
}

/* The codes of its problems, each once. */
static void cell_problems(struct listing *listing, const struct device *device)
{
	cell_words(&listing->table, device->problems, STYLE_BAD, code_of);
}

static void cell_machine(struct listing *listing, const struct device *device)
{
	cell_words(&listing->table, device->users, STYLE_PLAIN, machine_of);
}

static void cell_uuid(struct listing *listing, const struct device *device)
{
	table_format(&listing->table, STYLE_PLAIN, "%.*s", listing->uuid_length, device->uuid);
}

static void cell_name(struct listing *listing, const struct device *device)
{
	table_cell(&listing->table, device->name, STYLE_BOLD);
}

static void cell_state(struct listing *listing, const struct device *device)
{
	table_cell(&listing->table, device_state(device),
		   device->in_use ? STYLE_GOOD : device->is_active ? STYLE_PLAIN : STYLE_DIM);
}

static void cell_start(struct listing *listing, const struct device *device)
{
	table_cell(&listing->table, device->is_defined ? device->start : NULL, STYLE_PLAIN);
}

static void cell_ids(struct listing *listing, const struct device *device, const struct mask *mask,
		     enum list_kind kind)
{
	CLEANUP_FREE char *ids = list_format(mask, kind);

	table_cell(&listing->table, device_is_unreadable(device) ? "?" : ids, STYLE_PLAIN);
}

static void cell_adapters(struct listing *listing, const struct device *device)
{
	cell_ids(listing, device, &device_matrix(device)->adapters, LIST_ADAPTERS);
}

static void cell_domains(struct listing *listing, const struct device *device)
{
	cell_ids(listing, device, &device_matrix(device)->domains, LIST_DOMAINS);
}

static const struct {
	struct column column;
	void (*cell)(struct listing *listing, const struct device *device);
} columns[] = {
	{ { "DEVICE", 0 }, cell_uuid },
	{ { "NAME", 0 }, cell_name },
	{ { "STATE", 0 }, cell_state },
	{ { "START", 0 }, cell_start },
	{ { "ADAPTERS", COLUMN_LIST }, cell_adapters },
	{ { "DOMAINS", COLUMN_LIST }, cell_domains },
	{ { "QUEUES", COLUMN_RIGHT }, cell_queues },
	{ { "VM", COLUMN_LIST }, cell_machine },
	{ { "PROBLEMS", COLUMN_LIST }, cell_problems },
};

/* Returns true if --state and --problems select the device. */
static bool is_wanted(const struct options *options, const struct device *device)
{
	if (option_given(options, OPTION_PROBLEMS) && device_problem_count(device) == 0)
		return false;
	return !option_given(options, OPTION_STATE) ||
	       strcmp(options->state, device_state_word(device)) == 0;
}

/* Leaves in devices only those that are wanted; returns how many. */
static size_t filter(const struct options *options, struct device *devices, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		if (is_wanted(options, &devices[i]))
			devices[kept++] = devices[i];
	return kept;
}

/* The reply with the devices in the order of the table. */
static int print_json(const struct device *devices, size_t count)
{
	CLEANUP_JSON struct json_object *list = json_object_new_array();
	CLEANUP_JSON struct json_object *object = json_object_new_object();

	for (size_t i = 0; list && i < count; i++)
		if (json_object_array_add(list, json_object_get(devices[i].object)) < 0)
			return call_broken(-ENOMEM);
	if (!list || json_add(object, "devices", TAKE_PTR(list)) < 0)
		return call_broken(-ENOMEM);
	output_json(object, true);
	return EXIT_STATUS_DONE;
}

static void print_none(const struct options *options, size_t all)
{
	if (option_given(options, OPTION_NO_HEADINGS))
		return;
	if (all == 0)
		puts("There are no devices.");
	else
		printf("None of the %zu device%s matches.\n", all, all == 1 ? "" : "s");
}

/* Prints the command that shows the problems in full, on a terminal only. */
static void print_legend(const struct options *options, const struct device *devices, size_t count)
{
	size_t with_problems = 0;

	for (size_t i = 0; i < count; i++)
		with_problems += device_problem_count(&devices[i]) > 0;
	if (with_problems == 0 || option_given(options, OPTION_NO_HEADINGS) || !isatty(STDOUT_FILENO))
		return;
	printf("\n%zu of %zu device%s %s problems: 'apqctl status' shows them in full.\n", with_problems,
	       count, count == 1 ? "" : "s", with_problems == 1 ? "has" : "have");
}

static int print_table(const struct options *options, const struct device *devices, size_t count,
		       int uuid_length)
{
	struct column heads[ARRAY_SIZE(columns)];
	struct listing listing = { .uuid_length = uuid_length };
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
		heads[i] = columns[i].column;
	table_init(&listing.table, heads, ARRAY_SIZE(heads), !option_given(options, OPTION_NO_HEADINGS));
	for (size_t i = 0; i < count; i++) {
		table_row(&listing.table);
		for (size_t k = 0; k < ARRAY_SIZE(columns); k++)
			columns[k].cell(&listing, &devices[i]);
	}
	r = table_print(&listing.table);
	table_done(&listing.table);
	return r;
}

int verb_list(struct run *run)
{
	const struct options *options = run->options;
	REPLY_TO_THE_END struct reply reply = { 0 };
	CLEANUP_FREE struct device *devices = NULL;
	size_t all, count;
	int uuid_length, r;

	r = call_collect(run, "ListDevices", NULL, "devices", &reply);
	if (r != EXIT_STATUS_DONE)
		return r;
	r = device_read_list(reply.parameters, &devices, &all);
	if (r < 0)
		return call_failed(run, r);
	uuid_length = option_given(options, OPTION_FULL) ? UUID_TEXT_SIZE :
							   device_short_length(devices, all);
	count = filter(options, devices, all);
	if (option_given(options, OPTION_JSON))
		return print_json(devices, count);
	if (count == 0) {
		print_none(options, all);
		return EXIT_STATUS_DONE;
	}
	r = print_table(options, devices, count, uuid_length);
	if (r < 0)
		return call_broken(r);
	print_legend(options, devices, count);
	return EXIT_STATUS_DONE;
}
