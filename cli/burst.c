/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/burst.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/output.h"
#include "common/cleanup.h"
#include "common/queue-set.h"

/* More lines than this are not kept. */
#define BURST_MAX 4096

/* Lines that come within so many milliseconds of each other are printed together; none waits longer than that. */
#define BURST_GAP 50
#define BURST_WAIT 500

static void line_done(struct burst_line *line)
{
	free((char *)line->event);
	free((char *)line->label);
	free((char *)line->change);
}

static void forget(struct burst *burst)
{
	for (size_t i = 0; i < burst->count; i++)
		line_done(&burst->lines[i]);
	burst->count = 0;
}

void burst_done(struct burst *burst)
{
	forget(burst);
	free(burst->lines);
	*burst = (struct burst){ 0 };
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int burst_patience(const struct burst *burst)
{
	return burst->count > 0 && now_ms() - burst->since < BURST_WAIT ? BURST_GAP : 0;
}

int burst_add(struct burst *burst, const struct burst_line *line)
{
	struct burst_line copy = *line;

	if (burst->count >= BURST_MAX)
		burst_print(burst);
	if (burst->count == 0)
		burst->since = now_ms();
	if (burst->count == burst->size) {
		size_t size = burst->size ? 2 * burst->size : 16;
		struct burst_line *lines = reallocarray(burst->lines, size, sizeof(*lines));

		if (!lines)
			return -ENOMEM;
		burst->lines = lines;
		burst->size = size;
	}
	copy.event = strdup(line->event);
	copy.label = strdup(line->label);
	copy.change = strdup(line->change);
	copy.order = burst->count;
	if (!copy.event || !copy.label || !copy.change) {
		line_done(&copy);
		return -ENOMEM;
	}
	burst->lines[burst->count++] = copy;
	return 0;
}

/* "2026-11-22 12:44:01.123+01:00", in local time. */
static void print_time(int64_t time_us)
{
	time_t seconds = (time_t)(time_us / 1000000);
	char text[64], zone[16];
	struct tm tm;

	if (time_us < 0 || !localtime_r(&seconds, &tm) ||
	    strftime(text, sizeof(text), "%F %T", &tm) == 0 ||
	    strftime(zone, sizeof(zone), "%z", &tm) != strlen("+hhmm")) {
		fputs("-", stdout);
		return;
	}
	printf("%s%s.%03d%.3s:%s%s", output_style(STYLE_DIM), text, (int)(time_us / 1000 % 1000), zone,
	       zone + 3, output_end(STYLE_DIM));
}

/* lost: so many queues went with it. */
static void print_line(const struct burst_line *line, const char *label, unsigned int lost)
{
	print_time(line->time);
	putchar(' ');
	output_text(line->event, STYLE_PLAIN);
	putchar(' ');
	output_text(label, STYLE_BOLD);
	if (*line->change) {
		fputs(": ", stdout);
		output_text(line->change, STYLE_PLAIN);
	}
	if (lost > 0)
		printf(", with its %u queue%s", lost, lost == 1 ? "" : "s");
	putchar('\n');
}

/*
 * Compares lines by card, event and change.  Returns 0 for lines that report the same about two
 * queues of one card.
 */
static int compare_told(const struct burst_line *a, const struct burst_line *b)
{
	int r = (int)a->apqn.adapter - (int)b->apqn.adapter;

	if (r == 0)
		r = strcmp(a->event, b->event);
	return r ? r : strcmp(a->change, b->change);
}

static int compare_ranks(const struct burst_line *a, const struct burst_line *b)
{
	static const int ranks[THINGS] = {
		[THING_DEVICE] = 0, [THING_HOST] = 1, [THING_CARD] = 2, [THING_QUEUE] = 3,
	};

	return ranks[a->thing] - ranks[b->thing];
}

/* By kind, and then as they came. */
static int compare_order(const void *one, const void *other)
{
	const struct burst_line *a = one, *b = other;
	int r = compare_ranks(a, b);

	return r ? r : a->order < b->order ? -1 : a->order > b->order;
}

/* The same, but queues of which the same is told stand together. */
static int compare_groups(const void *one, const void *other)
{
	const struct burst_line *a = one, *b = other;
	int r = compare_ranks(a, b);

	if (r == 0 && a->thing == THING_QUEUE)
		r = compare_told(a, b);
	return r ? r : compare_order(a, b);
}

/* Sorts the lines; queues of which the same is told stand where the first of them came. */
static void sort(struct burst *burst)
{
	struct burst_line *lines = burst->lines;

	if (burst->count < 2)
		return;
	qsort(lines, burst->count, sizeof(*lines), compare_groups);
	for (size_t i = 1; i < burst->count; i++)
		if (lines[i].thing == THING_QUEUE && lines[i - 1].thing == THING_QUEUE &&
		    compare_told(&lines[i - 1], &lines[i]) == 0)
			lines[i].order = lines[i - 1].order;
	qsort(lines, burst->count, sizeof(*lines), compare_order);
}

/* Returns how many queues of the card are gone in this burst. */
static unsigned int count_lost(const struct burst *burst, unsigned int adapter)
{
	unsigned int lost = 0;

	for (size_t i = 0; i < burst->count; i++)
		lost += burst->lines[i].thing == THING_QUEUE && burst->lines[i].is_gone &&
			burst->lines[i].apqn.adapter == adapter;
	return lost;
}

/* Prints the line of queues that begins at from; returns where the next one begins. */
static size_t print_queues(const struct burst *burst, size_t from, const bool lost[static APQN_IDS])
{
	const struct burst_line *first = &burst->lines[from];
	struct queue_set queues = { 0 };
	CLEANUP_FREE char *label = NULL;
	size_t end = from;

	for (; end < burst->count && compare_told(first, &burst->lines[end]) == 0; end++)
		queue_set_add(&queues, burst->lines[end].apqn);
	if (first->is_gone && lost[first->apqn.adapter])
		return end;
	label = queue_set_format(&queues);
	print_line(first, label ? label : first->label, 0);
	return end;
}

void burst_print(struct burst *burst)
{
	bool lost[APQN_IDS] = { false };
	size_t i = 0;

	sort(burst);
	while (i < burst->count) {
		const struct burst_line *line = &burst->lines[i];
		bool is_lost_card = line->thing == THING_CARD && line->is_gone;

		if (line->thing == THING_QUEUE) {
			i = print_queues(burst, i, lost);
			continue;
		}
		if (is_lost_card)
			lost[line->apqn.adapter] = true;
		print_line(line, line->label, is_lost_card ? count_lost(burst, line->apqn.adapter) : 0);
		i++;
	}
	forget(burst);
}
