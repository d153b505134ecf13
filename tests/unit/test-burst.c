/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli/burst.c: the lines of monitor that come together, in their order, and queues of a card as one.
 */
#include "cli/burst.h"
#include "common/cleanup.h"
#include "common/macro.h"
#include "tests/unit/check.h"

static struct burst burst;

static void add(enum thing thing, const char *event, const char *label, const char *change, unsigned int apqn)
{
	const struct burst_line line = {
		.thing = thing,
		.is_gone = strstr(event, "Removed") != NULL,
		.time = -1,
		.event = event,
		.label = label,
		.change = change,
		.apqn = { (uint8_t)(apqn >> 16), (uint8_t)apqn },
	};

	CHECK_INT(burst_add(&burst, &line), 0);
}

static void add_queues(const char *event, const char *change, unsigned int first, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		add(THING_QUEUE, event, "queue", change, first + i);
}

/* Checks the text that burst_print() writes to standard output. */
static void check_printed(const char *expected)
{
	CLEANUP_FREE char *text = NULL;
	FILE *before = stdout;
	size_t size;

	stdout = open_memstream(&text, &size);
	burst_print(&burst);
	fclose(stdout);
	stdout = before;
	CHECK_STR(text, expected);
	CHECK_INT(burst.count, 0);
}

static void test_card_that_goes(void)
{
	add_queues("queueRemoved", "gone", 0x30000, 85);
	add(THING_CARD, "cardRemoved", "card 03", "gone", 0x30000);
	add_queues("queueRemoved", "gone", 0x40007, 1);
	add(THING_DEVICE, "deviceChanged", "web1", "guest gets less", 0);
	add(THING_HOST, "hostChanged", "host", "has less", 0);
	check_printed("- deviceChanged web1: guest gets less\n"
		      "- hostChanged host: has less\n"
		      "- cardRemoved card 03: gone, with its 85 queues\n"
		      "- queueRemoved queue 04.0007: gone\n");
}

/* By card and by what happens; one queue that changes twice does so in its order. */
static void test_groups(void)
{
	add_queues("queueChanged", "owner host -> nobody", 0x10000, 2);
	add_queues("queueChanged", "owner nobody -> guest", 0x10000, 2);
	add_queues("queueChanged", "deconfigured", 0x10000, 1);
	add_queues("queueChanged", "owner host -> nobody", 0x20005, 1);
	add_queues("queueChanged", "owner host -> nobody", 0x10007, 1);
	check_printed("- queueChanged queues 01.0000-0001, 01.0007: owner host -> nobody\n"
		      "- queueChanged queues 01.0000-0001: owner nobody -> guest\n"
		      "- queueChanged queue 01.0000: deconfigured\n"
		      "- queueChanged queue 02.0005: owner host -> nobody\n");
}

/* A card with one queue, and one without a change that is worth a word. */
static void test_small(void)
{
	add(THING_CARD, "cardRemoved", "card 03", "gone", 0x30000);
	add_queues("queueRemoved", "gone", 0x30001, 1);
	add(THING_CARD, "cardRemoved", "card 05", "gone", 0x50000);
	check_printed("- cardRemoved card 03: gone, with its 1 queue\n"
		      "- cardRemoved card 05: gone\n");
	check_printed("");
}

int main(void)
{
	RUN(test_card_that_goes);
	RUN(test_groups);
	RUN(test_small);
	burst_done(&burst);
	return 0;
}
