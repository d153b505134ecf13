/* SPDX-License-Identifier: GPL-2.0-or-later */
/* daemon/engine/marks.c: events, changes and failed readings as marks. */
#include "daemon/engine/marks.h"

#include <stdio.h>

#include "common/cleanup.h"
#include "daemon/model/desired.h"
#include "tests/unit/check.h"

static struct uuid number(unsigned int n)
{
	struct uuid uuid;

	snprintf(uuid.text, sizeof(uuid.text), "00000000-0000-4000-8000-%012x", n);
	return uuid;
}

static void test_none(void)
{
	struct marks marks = { 0 };

	CHECK(marks_are_empty(&marks));
	marks_done(&marks);
	CHECK(marks_are_empty(&marks));
}

/* Each event marks its thing, and a card or a queue the host too. */
static void test_events(void)
{
	static const struct {
		enum kernel_event_type type;
		bool everything, host, card, queue, device;
	} rows[] = {
		{ KERNEL_EVENT_HOST, false, true, false, false, false },
		{ KERNEL_EVENT_CARD, false, true, true, false, false },
		{ KERNEL_EVENT_QUEUE, false, true, false, true, false },
		{ KERNEL_EVENT_DEVICE, false, false, false, false, true },
		{ KERNEL_EVENT_RESCAN, true, false, false, false, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct marks marks = { 0 };

		marks_add_event(&marks, &(struct kernel_event){ .type = rows[i].type,
								.apqn = { 255, 0x10 },
								.uuid = number(1) });
		CHECK(!marks_are_empty(&marks));
		CHECK_INT(marks.everything, rows[i].everything);
		CHECK_INT(marks.host, rows[i].host);
		CHECK_INT(mask_test(&marks.cards, 255), rows[i].card);
		CHECK_INT(mask_test(&marks.queues[255], 0x10), rows[i].queue);
		CHECK_INT(marks.devices.count, rows[i].device);
		CHECK(!marks.disk && !marks.policy && marks.definitions.count == 0);
		marks_done(&marks);
	}
}

/* A change is read again with its devices, definitions, queues, the policy and the host. */
static void test_change(void)
{
	CLEANUP_CHANGE struct change change = { 0 };
	struct marks marks = { 0 };

	host_change_init(&change.host);
	CHECK_INT(change_set_count(&change, 1), 0);
	change.devices[0].uuid = number(7);
	queue_set_add(&change.host.take, (struct apqn){ 4, 1 });
	queue_set_add(&change.host.give, (struct apqn){ 4, 2 });
	marks_add_change(&marks, &change);
	CHECK(marks.host && !marks.policy && !marks.everything);
	CHECK(mask_is_empty(&marks.queues[4]));
	CHECK(uuid_set_has(&marks.devices, &change.devices[0].uuid));
	CHECK(uuid_set_has(&marks.definitions, &change.devices[0].uuid));
	change.host.ownership = true;
	marks_add_change(&marks, &change);
	CHECK(marks.policy && mask_test(&marks.queues[4], 1) && mask_test(&marks.queues[4], 2));
	CHECK_INT(marks.devices.count, 1);
	marks_done(&marks);
}

/* A failed reading keeps its mark beside those that came meanwhile. */
static void test_move(void)
{
	struct marks marks = { .policy = true }, failed = { .disk = true, .host = true };
	struct uuid one = number(1), two = number(2), three = number(3);

	marks_add_device(&marks, &one);
	marks_add_device(&failed, &two);
	marks_add_definition(&failed, &three);
	mask_set(&failed.cards, 3);
	mask_set(&failed.queues[3], 9);
	mask_set(&marks.queues[3], 8);
	marks_move(&marks, &failed);
	CHECK(marks_are_empty(&failed));
	CHECK(marks.policy && marks.disk && marks.host && !marks.everything);
	CHECK(mask_test(&marks.cards, 3));
	CHECK(mask_test(&marks.queues[3], 8) && mask_test(&marks.queues[3], 9));
	CHECK(uuid_set_has(&marks.devices, &one) && uuid_set_has(&marks.devices, &two));
	CHECK(uuid_set_has(&marks.definitions, &three));
	failed.everything = true;
	marks_move(&marks, &failed);
	CHECK(marks.everything && !failed.everything);
	marks_done(&marks);
}

/* Too many devices come to a reading of everything, so nothing is lost. */
static void test_too_many(void)
{
	struct marks marks = { 0 };

	for (unsigned int i = 0; i < DESIRED_DEFINITIONS_MAX; i++) {
		struct uuid uuid = number(i);

		marks_add_device(&marks, &uuid);
	}
	CHECK(!marks.everything);
	marks_add_device(&marks, &(struct uuid){ .text = "ffffffff-0000-4000-8000-000000000000" });
	CHECK(marks.everything && marks.disk);
	marks_done(&marks);
}

int main(void)
{
	RUN(test_none);
	RUN(test_events);
	RUN(test_change);
	RUN(test_move);
	RUN(test_too_many);
	return 0;
}
