/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/later.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#define MSEC 1000ull

/*
 * When, counted from the last hint.  A process's descriptor is there, or gone, by the first
 * time; the device itself follows when the VMM comes to it, or when its queues are reset.
 */
static const struct {
	uint64_t delay;
	bool with_users;
} steps[] = {
	{ 10 * MSEC, true }, { 40 * MSEC, false }, { 90 * MSEC, false },
	{ 200 * MSEC, true }, { 500 * MSEC, false },
};

struct entry {
	struct uuid uuid;
	uint64_t start;		/* of its steps, CLOCK_MONOTONIC */
	unsigned int step;	/* the next; ARRAY_SIZE(steps): it only waits for a release */
	bool used;		/* some process opened or closed its node */
	bool held;		/* it waits for a release, too */
};

struct later {
	sd_event *loop;
	sd_event_source *timer;
	later_fn fn;
	void *userdata;
	struct entry *entries;
	size_t count, size;
};

static uint64_t due(const struct entry *entry)
{
	if (entry->step == ARRAY_SIZE(steps))
		return UINT64_MAX;
	return entry->start + steps[entry->step].delay;
}

static uint64_t now(struct later *later)
{
	uint64_t usec = 0;

	(void)!sd_event_now(later->loop, CLOCK_MONOTONIC, &usec);
	return usec;
}

static void arm(struct later *later)
{
	uint64_t first = UINT64_MAX;

	for (size_t i = 0; i < later->count; i++) {
		if (due(&later->entries[i]) < first)
			first = due(&later->entries[i]);
	}
	(void)!sd_event_source_set_time(later->timer, first);
	(void)!sd_event_source_set_enabled(later->timer,
					   first == UINT64_MAX ? SD_EVENT_OFF : SD_EVENT_ONESHOT);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct later *later = userdata;
	uint64_t reached = now(later);

	(void)source;
	(void)usec;
	for (size_t i = 0; i < later->count; i++) {
		struct entry *entry = &later->entries[i];
		bool with_users = false, is_due = due(entry) <= reached;
		struct uuid uuid = entry->uuid;

		/* after a busy time several steps may be due: one reading does for all */
		for (; due(entry) <= reached; entry->step++)
			with_users |= entry->used && steps[entry->step].with_users;
		if (entry->step == ARRAY_SIZE(steps)) {
			entry->used = false;
			if (!entry->held)
				later->entries[i--] = later->entries[--later->count];
		}
		if (is_due)
			later->fn(later->userdata, &uuid, with_users);
	}
	arm(later);
	return 0;
}

/* Starts its steps anew; but a time that is due soon stays, or steady hints would put it off. */
static void restart(struct later *later, struct entry *entry)
{
	uint64_t start = now(later);

	if (entry->step == 0 && due(entry) < start + steps[0].delay)
		return;
	entry->start = start;
	entry->step = 0;
}

int later_add(struct later *later, const struct uuid *uuid, enum later_why why)
{
	size_t i = 0;

	while (i < later->count && !uuid_equal(&later->entries[i].uuid, uuid))
		i++;
	if (i == later->size) {
		size_t size = later->size ? 2 * later->size : 16;
		struct entry *entries = reallocarray(later->entries, size, sizeof(*entries));

		if (!entries)
			return -ENOMEM;
		later->entries = entries;
		later->size = size;
	}
	if (i == later->count)
		later->entries[later->count++] = (struct entry){
			.uuid = *uuid, .step = ARRAY_SIZE(steps),
		};
	restart(later, &later->entries[i]);
	later->entries[i].used |= why == LATER_USED;
	later->entries[i].held |= why == LATER_QUEUE;
	arm(later);
	return 0;
}

void later_release(struct later *later)
{
	for (size_t i = 0; i < later->count; i++) {
		if (!later->entries[i].held)
			continue;
		later->entries[i].held = false;
		restart(later, &later->entries[i]);
	}
	arm(later);
}

int later_open(sd_event *loop, later_fn fn, void *userdata, struct later **ret_later)
{
	struct later *later = calloc(1, sizeof(*later));
	int r;

	if (!later)
		return -ENOMEM;
	*later = (struct later){ .loop = sd_event_ref(loop), .fn = fn, .userdata = userdata };
	/* 1 ms: the default accuracy, 250 ms, would make the steps one */
	r = sd_event_add_time(loop, &later->timer, CLOCK_MONOTONIC, 0, MSEC, on_timer, later);
	if (r >= 0)
		r = sd_event_source_set_enabled(later->timer, SD_EVENT_OFF);
	if (r < 0) {
		later_close(later);
		return r;
	}
	*ret_later = later;
	return 0;
}

void later_close(struct later *later)
{
	if (!later)
		return;
	sd_event_source_disable_unref(later->timer);
	sd_event_unref(later->loop);
	free(later->entries);
	free(later);
}
