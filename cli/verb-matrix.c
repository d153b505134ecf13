/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Draws adapters against domains: each cell says who has the queue, without needing colour. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/call.h"
#include "cli/device.h"
#include "cli/grid.h"
#include "cli/output.h"
#include "cli/queue.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "common/json.h"

/* Without h and x, which are signs of their own. */
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefgijklmnopqrstuvwyz"
#define LETTER_COUNT (sizeof(LETTERS) - 1)

/* Enough for 65535 devices. */
#define LABEL_SIZE 4

/* The space for the adapter at the beginning of a row. */
#define ROW_HEAD 4

/* So many problems are printed below; the rest is for 'apqctl show'. */
#define PROBLEMS_PRINTED 10

/* What a cell can say; the signs are in the legend, in this order. */
enum sign {
	SIGN_HOST,
	SIGN_FREE,
	SIGN_ABSENT,
	SIGN_NO_DRIVER,
	SIGN_UNKNOWN,
	SIGN_STARTED,
	SIGN_IN_USE,
	SIGN_DEFINED,
	SIGN_LACKING,
	SIGN_CONFLICT,
	SIGNS
};

static const struct {
	const char *label;	/* NULL: the letters of the device */
	char mark;		/* stands behind the label */
	enum style style;
	const char *meaning;
} signs[SIGNS] = {
	[SIGN_HOST] = { "h", ' ', STYLE_DIM, "the host has it" },
	[SIGN_FREE] = { ".", ' ', STYLE_PLAIN, "free: for guests, and in no device" },
	[SIGN_ABSENT] = { "-", ' ', STYLE_DIM, "not there" },
	[SIGN_NO_DRIVER] = { "x", ' ', STYLE_WARN, "no driver has it" },
	[SIGN_UNKNOWN] = { "?", ' ', STYLE_WARN, "not known: a device that cannot be read may have it" },
	[SIGN_STARTED] = { NULL, ' ', STYLE_PLAIN, "in the started device A" },
	[SIGN_IN_USE] = { NULL, '*', STYLE_GOOD, "in use: a guest has it through A" },
	[SIGN_DEFINED] = { NULL, '~', STYLE_DIM,
			   "in the definition of A, which is not started with it" },
	[SIGN_LACKING] = { NULL, '?', STYLE_WARN,
			   "in A, but a guest does not get it: not there, or not usable now" },
	[SIGN_CONFLICT] = { NULL, '!', STYLE_BAD,
			    "conflict: in two devices, or the host's as well, or the definition of "
			    "A and "
			    "the kernel differ" },
};

static enum sign sign_of(const struct cell *cell)
{
	if (cell->flags & CELL_CONFLICT)
		return SIGN_CONFLICT;
	if (cell->flags & CELL_UNKNOWN)
		return SIGN_UNKNOWN;
	if (cell->device != 0) {
		if (cell->flags & CELL_LACKING)
			return SIGN_LACKING;
		if (cell->flags & CELL_IN_USE)
			return SIGN_IN_USE;
		return cell->flags & CELL_STARTED ? SIGN_STARTED : SIGN_DEFINED;
	}
	if (!(cell->flags & CELL_PRESENT))
		return SIGN_ABSENT;
	if (cell->flags & CELL_HOST)
		return SIGN_HOST;
	return cell->flags & CELL_BOUND ? SIGN_FREE : SIGN_NO_DRIVER;
}

/* A, B, ... z, AA, AB, ...: the letters of the device with this number, which begins at 1. */
static const char *label_of(unsigned int number, char label[static LABEL_SIZE])
{
	size_t at = LABEL_SIZE - 1;

	label[at] = '\0';
	for (; number > 0 && at > 0; number = (number - 1) / LETTER_COUNT)
		label[--at] = LETTERS[(number - 1) % LETTER_COUNT];
	return memmove(label, label + at, LABEL_SIZE - at);
}

/* Draws *gap blanks and the cell, and sets *gap to those that the next cell has before it. */
static void draw_cell(const struct cell *cell, int label_width, unsigned int *used, int *gap)
{
	enum sign sign = sign_of(cell);
	char letters[LABEL_SIZE];
	const char *label = signs[sign].label ? signs[sign].label : label_of(cell->device, letters);

	*used |= 1u << sign;
	printf("%*s%s%s", *gap, "", output_style(signs[sign].style), label);
	if (signs[sign].mark != ' ')
		putchar(signs[sign].mark);
	fputs(output_end(signs[sign].style), stdout);
	*gap = label_width + 2 - (int)strlen(label) - (signs[sign].mark != ' ');
}

/* Draws the columns from domain *from on, at most so many, and moves *from behind them. */
static void draw_block(const struct grid *grid, unsigned int *from, unsigned int columns,
		       int label_width, unsigned int *used)
{
	unsigned int end = *from, left = columns;

	for (; end < APQN_IDS && left > 0; left--) {
		printf("%*s%s%02x%s", left == columns ? ROW_HEAD : label_width, "",
		       output_style(STYLE_BOLD), end, output_end(STYLE_BOLD));
		end = mask_next(&grid->domains, end + 1);
	}
	putchar('\n');
	MASK_FOR_EACH(adapter, &grid->adapters) {
		int gap = ROW_HEAD - 2;

		printf("%s%02x%s", output_style(STYLE_BOLD), adapter,
		       output_end(STYLE_BOLD));
		for (unsigned int domain = *from; domain < end;
		     domain = mask_next(&grid->domains, domain + 1))
			draw_cell(grid_cell(grid, adapter, domain), label_width, used, &gap);
		putchar('\n');
	}
	*from = end;
}

static void draw_legend(unsigned int used, int label_width)
{
	puts("\nRows are adapters, columns are domains (00xx), in hexadecimal.");
	for (int sign = 0; sign < SIGNS; sign++)
		if (used & (1u << sign))
			printf("  %s%s%c%s%*s%s\n", output_style(signs[sign].style),
			       signs[sign].label ? signs[sign].label : "A", signs[sign].mark,
			       output_end(signs[sign].style), label_width + 1, "",
			       signs[sign].meaning);
}

static int draw_devices(const struct device *devices, size_t count)
{
	static const struct column columns[] = {
		{ "KEY", 0 }, { "NAME", 0 }, { "DEVICE", 0 }, { "STATE", 0 },
	};
	CLEANUP_TABLE struct table table = { 0 };

	if (count == 0)
		return 0;
	putchar('\n');
	table_init(&table, columns, ARRAY_SIZE(columns), true);
	for (size_t i = 0; i < count; i++) {
		char label[LABEL_SIZE];

		table_row(&table);
		table_cell(&table, label_of((unsigned int)(i + 1), label), STYLE_BOLD);
		table_cell(&table, devices[i].name, STYLE_PLAIN);
		table_cell(&table, devices[i].uuid, STYLE_PLAIN);
		table_cell(&table, device_state(&devices[i]), STYLE_PLAIN);
	}
	return table_print(&table);
}

static void draw_problems(const struct device *devices, size_t count)
{
	size_t sum = 0;

	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < device_problem_count(&devices[i]); k++) {
			char label[LABEL_SIZE];

			if (sum++ >= PROBLEMS_PRINTED)
				continue;
			printf("%s  %s: ", sum == 1 ? "\nProblems:\n" : "",
			       label_of((unsigned int)(i + 1), label));
			output_text(
				problem_message(json_object_array_get_idx(devices[i].problems, k)),
				STYLE_PLAIN);
			putchar('\n');
		}
	if (sum > PROBLEMS_PRINTED)
		printf("  and %zu more: 'apqctl status' tells all of them.\n",
		       sum - PROBLEMS_PRINTED);
}

static int draw(const struct grid *grid, const struct device *devices, size_t count)
{
	char last[LABEL_SIZE];
	int label_width = count > 0 ? (int)strlen(label_of((unsigned int)count, last)) : 1;
	unsigned int columns = (output_width() - ROW_HEAD) / (unsigned int)(label_width + 2);
	unsigned int domain = mask_next(&grid->domains, 0), used = 0;
	int r;

	if (domain == APQN_IDS) {
		puts("There are no queues, neither on the AP bus nor in a device.");
	} else {
		for (bool first = true; domain < APQN_IDS; first = false) {
			if (!first)
				putchar('\n');
			draw_block(grid, &domain, columns, label_width, &used);
		}
		draw_legend(used, label_width);
	}
	r = draw_devices(devices, count);
	draw_problems(devices, count);
	return r;
}

/* Both answers in one object; queues have the names of their devices. */
static int print_json(struct json_object *queues, struct json_object *devices)
{
	CLEANUP_JSON struct json_object *both = json_object_new_object();
	struct json_object *list = NULL;

	json_object_object_get_ex(devices, "devices", &list);
	json_add(both, "devices", json_object_get(list));
	list = NULL;
	json_object_object_get_ex(queues, "queues", &list);
	json_add(both, "queues", json_object_get(list));
	output_json(both, true);
	return EXIT_STATUS_DONE;
}

int verb_matrix(struct run *run)
{
	REPLY_TO_THE_END struct reply queues = { 0 };
	REPLY_TO_THE_END struct reply devices_reply = { 0 };
	CLEANUP_FREE struct device *devices = NULL;
	CLEANUP_GRID struct grid grid = { 0 };
	struct json_object *list = NULL;
	size_t count;
	int r;

	r = call_collect(run, "ListQueues", NULL, "queues", &queues);
	if (r != EXIT_STATUS_DONE)
		return r;
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
		return print_json(queues.parameters, devices_reply.parameters);
	}
	r = grid_init(&grid, list, devices, count);
	if (r < 0)
		return r == -ENOMEM ? call_broken(r) : call_failed(run, r);
	r = draw(&grid, devices, count);
	return r < 0 ? call_broken(r) : EXIT_STATUS_DONE;
}
