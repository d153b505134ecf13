/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/recheck.h"

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

struct recheck {
	sd_event *loop;
	sd_event_source *timer;
	recheck_fn fn;
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

static uint64_t now(struct recheck *recheck)
{
	uint64_t usec = 0;

	(void)!sd_event_now(recheck->loop, CLOCK_MONOTONIC, &usec);
	return usec;
}

static void arm(struct recheck *recheck)
{
	uint64_t first = UINT64_MAX;

	for (size_t i = 0; i < recheck->count; i++) {
		if (due(&recheck->entries[i]) < first)
			first = due(&recheck->entries[i]);
	}
	(void)!sd_event_source_set_time(recheck->timer, first);
	(void)!sd_event_source_set_enabled(recheck->timer,
					   first == UINT64_MAX ? SD_EVENT_OFF : SD_EVENT_ONESHOT);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct recheck *recheck = userdata;
	uint64_t reached = now(recheck);

	(void)source;
	(void)usec;
	for (size_t i = 0; i < recheck->count; i++) {
		struct entry *entry = &recheck->entries[i];
		bool with_users = false, is_due = due(entry) <= reached;
		struct uuid uuid = entry->uuid;

		/* after a busy time several steps may be due: one reading does for all */
		for (; due(entry) <= reached; entry->step++)
			with_users |= entry->used && steps[entry->step].with_users;
		if (entry->step == ARRAY_SIZE(steps)) {
			entry->used = false;
			if (!entry->held)
				recheck->entries[i--] = recheck->entries[--recheck->count];
		}
		if (is_due)
			recheck->fn(recheck->userdata, &uuid, with_users);
	}
	arm(recheck);
	return 0;
}

/* Starts its steps anew; but a time that is due soon stays, or steady hints would put it off. */
static void restart(struct recheck *recheck, struct entry *entry)
{
	uint64_t start = now(recheck);

	if (entry->step == 0 && due(entry) < start + steps[0].delay)
		return;
	entry->start = start;
	entry->step = 0;
}

int recheck_add(struct recheck *recheck, const struct uuid *uuid, enum recheck_why why)
{
	size_t i = 0;

	while (i < recheck->count && !uuid_equal(&recheck->entries[i].uuid, uuid))
		i++;
	if (i == recheck->size) {
		size_t size = recheck->size ? 2 * recheck->size : 16;
		struct entry *entries = reallocarray(recheck->entries, size, sizeof(*entries));

		if (!entries)
			return -ENOMEM;
		recheck->entries = entries;
		recheck->size = size;
	}
	if (i == recheck->count)
		recheck->entries[recheck->count++] = (struct entry){
			.uuid = *uuid, .step = ARRAY_SIZE(steps),
		};
	restart(recheck, &recheck->entries[i]);
	recheck->entries[i].used |= why == RECHECK_USED;
	recheck->entries[i].held |= why == RECHECK_QUEUE;
	arm(recheck);
	return 0;
}

void recheck_release(struct recheck *recheck)
{
	for (size_t i = 0; i < recheck->count; i++) {
		if (!recheck->entries[i].held)
			continue;
		recheck->entries[i].held = false;
		restart(recheck, &recheck->entries[i]);
	}
	arm(recheck);
}

int recheck_open(sd_event *loop, recheck_fn fn, void *userdata, struct recheck **ret_recheck)
{
	struct recheck *recheck = calloc(1, sizeof(*recheck));
	int r;

	if (!recheck)
		return -ENOMEM;
	*recheck = (struct recheck){ .loop = sd_event_ref(loop), .fn = fn, .userdata = userdata };
	/* 1 ms: the default accuracy, 250 ms, would make the steps one */
	r = sd_event_add_time(loop, &recheck->timer, CLOCK_MONOTONIC, 0, MSEC, on_timer, recheck);
	if (r >= 0)
		r = sd_event_source_set_enabled(recheck->timer, SD_EVENT_OFF);
	if (r < 0) {
		recheck_close(recheck);
		return r;
	}
	*ret_recheck = recheck;
	return 0;
}

void recheck_close(struct recheck *recheck)
{
	if (!recheck)
		return;
	sd_event_source_disable_unref(recheck->timer);
	sd_event_unref(recheck->loop);
	free(recheck->entries);
	free(recheck);
}
