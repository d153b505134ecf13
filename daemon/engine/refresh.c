/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From hints to what is: events mark things, one deferred source reads what is marked, and
 * the listener hears of what turned out to have changed.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/io.h"
#include "daemon/log.h"
#include "daemon/engine/manager-internal.h"

/*
 * The AP bus itself finds a checkstop only when it scans, every 30 seconds (config_time), and
 * sends no uevent for it; nor does vfio_ap when a guest switches interrupts.  So while a device
 * is started, its cards and the queues that a guest has are looked at as often; microseconds.
 */
#define LOOK_INTERVAL 30000000u
#define LOOK_ACCURACY 5000000u

/* How often a failed reading of what was just written is repeated, and the pause before each. */
#define READ_AGAIN 10u
#define READ_PAUSE_USEC 50000u

/* The pause before failed readings are repeated: 1 s, doubled to 64 s. */
#define REREAD_INTERVAL 1000000u
#define REREAD_ACCURACY 100000u
#define REREAD_DOUBLED 6u

static void wake(struct manager *manager)
{
	sd_event_source_set_enabled(manager->refresh, SD_EVENT_ONESHOT);
}

void refresh_on_kernel_event(void *userdata, const struct kernel_event *event)
{
	struct manager *manager = userdata;

	marks_add_event(&manager->marks, event);
	/* A queue that is back before it is read again is another one, without its override. */
	if (event->type == KERNEL_EVENT_QUEUE && event->gone)
		queue_set_remove(&manager->host.seen, event->apqn);
	wake(manager);
}

void refresh_on_store_event(void *userdata, const struct uuid *uuid)
{
	struct manager *manager = userdata;

	if (uuid)
		marks_add_definition(&manager->marks, uuid);
	else
		manager->marks.disk = true;
	wake(manager);
}

static void complain(const char *what, int r)
{
	/* What is gone is no failure: its own event will say so. */
	if (r < 0 && r != -ENOENT)
		log_warning("Could not read %s: %s.", what, strerror(-r));
}

/*
 * Reports a failed reading of the kernel.  Returns true if the reason is transient: then the mark has to stay,
 * in manager->failed.
 */
static bool has_failed(struct manager *manager, const char *what, int r, int *ret_error)
{
	complain(what, r);
	if (!io_is_of_the_moment(-r))
		return false;
	*ret_error = r;
	/* The turn arms the timer, whoever reads here. */
	wake(manager);
	return true;
}

static void read_host(struct manager *manager, int *ret_error)
{
	if (has_failed(manager, "the state of the AP bus",
		       kernel_read_host(manager->kernel, &manager->observed), ret_error))
		manager->failed.host = true;
}

static void read_card(struct manager *manager, unsigned int adapter, int *ret_error)
{
	if (has_failed(manager, "a card", kernel_read_card(manager->kernel, &manager->observed, adapter),
		       ret_error))
		mask_set(&manager->failed.cards, adapter);
}

static void read_queue(struct manager *manager, struct apqn apqn, int *ret_error)
{
	if (has_failed(manager, "a queue", kernel_read_queue(manager->kernel, &manager->observed, apqn),
		       ret_error))
		mask_set(&manager->failed.queues[apqn.adapter], apqn.domain);
}

static void read_device(struct manager *manager, const struct uuid *uuid, int *ret_error)
{
	if (has_failed(manager, "a device", kernel_read_device(manager->kernel, &manager->observed, uuid),
		       ret_error))
		marks_add_device(&manager->failed, uuid);
}

/* What a reading of definitions found out, to be told when all of them have been read. */
struct reading {
	struct manager *manager;
	struct uuid_set changed;	/* the definitions that did */
	struct queue_set queues;	/* those that they have now, or had */
};

static void note_definition(struct reading *reading, const struct uuid *uuid,
			    const struct matrix *matrix)
{
	if (uuid_set_add(&reading->changed, uuid) < 0)
		refresh_tell_device(reading->manager, uuid);
	MASK_FOR_EACH(adapter, &matrix->adapters)
		reading->queues.domains[adapter] =
			mask_or(&reading->queues.domains[adapter], &matrix->domains);
}

static bool has_any(const struct mask rows[static APQN_IDS], const struct matrix *matrix)
{
	MASK_FOR_EACH(adapter, &matrix->adapters) {
		struct mask both = mask_and(&rows[adapter], &matrix->domains);

		if (!mask_is_empty(&both))
			return true;
	}
	return false;
}

/*
 * A definition's problems are told of every device that shares queues with it.  Only when all have been
 * read: before, two that have exchanged their queues would seem to want the same.
 */
static void tell_definitions(struct reading *reading)
{
	struct manager *manager = reading->manager;

	for (size_t i = 0; i < reading->changed.count; i++)
		refresh_tell_device(manager, &reading->changed.items[i]);
	for (size_t i = 0; reading->changed.count > 0 && i < manager->desired.definitions.count; i++) {
		const struct definition *other = manager->desired.definitions.items[i];

		if (!uuid_set_has(&reading->changed, &other->uuid) &&
		    has_any(reading->queues.domains, &other->matrix))
			refresh_tell_device(manager, &other->uuid);
	}
	uuid_set_done(&reading->changed);
}

/* Returns 0: as a callback it never ends the walk. */
static int read_definition(void *userdata, const struct uuid *uuid)
{
	struct reading *reading = userdata;
	struct manager *manager = reading->manager;
	const struct definition *old = desired_find(&manager->desired, uuid);
	struct definition before = old ? *old : (struct definition){ 0 };
	bool had_problem = old && old->problem;
	const struct definition *new;
	struct matrix both;

	complain("a definition", store_read_definition(manager->store, &manager->desired, uuid));
	new = desired_find(&manager->desired, uuid);
	if (!new && !before.uuid.text[0])
		return 0;
	if (new && before.uuid.text[0] && !new->problem && !had_problem &&
	    definition_equal(new, &before))
		return 0;
	both = before.matrix;
	if (new)
		both = matrix_or(&both, &new->matrix);
	note_definition(reading, uuid, &both);
	return 0;
}

static void tell_host(struct manager *manager)
{
	manager->listener->changed(manager->listener->userdata, MANAGER_HOST, (struct apqn){ 0 }, NULL);
}

/* Every definition that is known, and every one that has a file. */
static void read_all_definitions(struct manager *manager, struct reading *reading)
{
	/* From the end, because one that is gone makes the list shorter. */
	for (size_t i = manager->desired.definitions.count; i-- > 0;) {
		const struct definition *definition = manager->desired.definitions.items[i];
		struct uuid uuid = definition->uuid;

		read_definition(reading, &uuid);
	}
	complain("the definitions", store_each_definition(manager->store, read_definition, reading));
}

/*
 * Announces the automatic devices that are not started: their problems depend on host, policy (all)
 * and queues.
 */
static void tell_automatic(struct manager *manager, bool all)
{
	const struct observed *observed = &manager->observed;

	for (size_t i = 0; i < manager->desired.definitions.count; i++) {
		const struct definition *definition = manager->desired.definitions.items[i];

		if (definition_is_automatic(definition) &&
		    !observed_find_device(observed, &definition->uuid) &&
		    (all || has_any(observed->changes.queues, &definition->matrix)))
			refresh_tell_device(manager, &definition->uuid);
	}
}

static void read_policy(struct manager *manager)
{
	complain("the host policy", store_read_shared(manager->store, &manager->desired));
	reconcile_host_complete(manager);
	/* With "enforce", what it says now is wanted now. */
	manager->host.changed = true;
	tell_host(manager);
	tell_automatic(manager, true);
}

void refresh_policy(struct manager *manager)
{
	/* What is being written may be the policy itself. */
	if (!manager->applying)
		read_policy(manager);
}

static void read_disk(struct manager *manager, const struct marks *marks)
{
	struct reading reading = { .manager = manager };

	if (marks->disk)
		store_reopen(manager->store);
	for (size_t i = 0; i < marks->definitions.count; i++)
		read_definition(&reading, &marks->definitions.items[i]);
	if (marks->disk)
		read_all_definitions(manager, &reading);
	tell_definitions(&reading);
	notes_limit(manager);
	if (marks->disk || marks->policy)
		read_policy(manager);
}

static void read_things(struct manager *manager, const struct marks *marks, int *ret_error)
{
	if (marks->host)
		read_host(manager, ret_error);
	MASK_FOR_EACH(adapter, &marks->cards)
		read_card(manager, adapter, ret_error);
	for (unsigned int adapter = 0; adapter < APQN_IDS; adapter++)
		MASK_FOR_EACH(domain, &marks->queues[adapter])
			read_queue(manager, (struct apqn){ adapter, domain }, ret_error);
	for (size_t i = 0; i < marks->devices.count; i++)
		read_device(manager, &marks->devices.items[i], ret_error);
}

/* Whether one of the device's queues came, went or changed. */
static bool queues_changed(const struct observed *observed, const struct observed_device *device)
{
	MASK_FOR_EACH(adapter, &device->active.adapters) {
		struct mask both = mask_and(&observed->changes.queues[adapter],
					    &device->active.domains);

		if (!mask_is_empty(&both))
			return true;
	}
	return false;
}

/*
 * What the kernel filters out of a device follows its queues, and nothing tells of it.  Those that
 * were marked have been read last, after the queues.
 */
static void read_affected_devices(struct manager *manager, const struct uuid_set *marked,
				  int *ret_error)
{
	struct observed *observed = &manager->observed;

	/* From the end, because one that is gone makes the list shorter. */
	for (size_t i = observed->devices.count; i-- > 0;) {
		struct uuid uuid = observed_device_at(observed, i)->uuid;

		if (uuid_set_has(marked, &uuid))
			continue;
		/*
		 * The matrices of other devices and the use of queues narrow down an unknown
		 * matrix.
		 */
		if (queues_changed(observed, observed_device_at(observed, i)) || observed->changes.host ||
		    (!observed_device_at(observed, i)->active_known && observed->changes.any))
			read_device(manager, &uuid, ret_error);
	}
}

/* Failed readings of files stay marked, on whichever thread they failed. */
static void keep_failed_files(struct manager *manager)
{
	manager->failed.disk |= store_has_unread(manager->store);
}

/*
 * Reads all that is marked, and reports what has changed.  Returns 0, or a negative errno if something of
 * the kernel could not be read for a transient reason.
 */
static int read_marked(struct manager *manager)
{
	struct marks marks = { 0 };
	int error = 0;

	/* Anything marked from here on is for the next turn. */
	marks_move(&marks, &manager->marks);
	if (marks_are_empty(&manager->failed))
		sd_event_source_set_enabled(manager->refresh, SD_EVENT_OFF);
	if (marks_are_empty(&marks)) {
		refresh_tell(manager);
		return 0;
	}
	if (!marks.everything) {
		read_things(manager, &marks, &error);
		read_affected_devices(manager, &marks.devices, &error);
	} else if (has_failed(manager, "the state of the kernel",
			      kernel_scan(manager->kernel, &manager->observed), &error)) {
		manager->failed.everything = true;
	}
	/* The disk is last, because it reports its findings: half a change would look like drift. */
	read_disk(manager, &marks);
	keep_failed_files(manager);
	marks_done(&marks);
	refresh_tell(manager);
	return error;
}

void refresh_now(struct manager *manager)
{
	(void)!read_marked(manager);
}

void refresh_everything(struct manager *manager)
{
	manager->marks.everything = true;
	refresh_now(manager);
}

int refresh_for_change(struct manager *manager, const struct change *change)
{
	int r;

	marks_add_change(&manager->marks, change);
	r = read_marked(manager);
	if (r == 0)
		return 0;
	/* A signal or a single refused descriptor is over at once. */
	marks_add_change(&manager->marks, change);
	return read_marked(manager);
}

int refresh_back(struct manager *manager, const struct change *change)
{
	for (unsigned int i = 0;; i++) {
		struct marks marks = { 0 };
		int error = 0;

		marks_add_change(&marks, change);
		read_things(manager, &marks, &error);
		marks_done(&marks);
		if (error == 0 || i == READ_AGAIN)
			return error;
		usleep(READ_PAUSE_USEC);
	}
}

void refresh_tell_device(struct manager *manager, const struct uuid *uuid)
{
	manager->listener->changed(manager->listener->userdata, MANAGER_DEVICE, (struct apqn){ 0 },
				   uuid);
}

static void tell_device(struct manager *manager, const struct uuid *uuid)
{
	if (observed_find_device(&manager->observed, uuid))
		reconcile_device_seen(manager, uuid);
	else
		reconcile_device_gone(manager, uuid);
	remember_device(manager, uuid);
	notes_forget_orphan(manager, uuid);
	refresh_tell_device(manager, uuid);
}

/* Whether a device looks different because of something else than itself. */
static bool is_affected(const struct observed *observed, const struct observed_device *device)
{
	struct mask cards = mask_and(&observed->changes.cards, &device->active.adapters);

	return observed->changes.host || !mask_is_empty(&cards) || queues_changed(observed, device);
}

void refresh_tell(struct manager *manager)
{
	const struct manager_listener *listener = manager->listener;
	struct observed *observed = &manager->observed;
	struct observed_changes *changes = &observed->changes;

	if (!changes->any)
		return;
	manager->host.changed = true;
	if (changes->host)
		listener->changed(listener->userdata, MANAGER_HOST, (struct apqn){ 0 }, NULL);
	MASK_FOR_EACH(adapter, &changes->cards)
		listener->changed(listener->userdata, MANAGER_CARD, (struct apqn){ adapter, 0 }, NULL);
	for (unsigned int adapter = 0; adapter < APQN_IDS; adapter++)
		MASK_FOR_EACH(domain, &changes->queues[adapter])
			listener->changed(listener->userdata, MANAGER_QUEUE,
					  (struct apqn){ adapter, domain }, NULL);
	for (size_t i = 0; i < changes->devices_count; i++)
		tell_device(manager, &changes->devices[i]);
	for (size_t i = 0; i < observed->devices.count; i++)
		if (is_affected(observed, observed_device_at(observed, i)))
			refresh_tell_device(manager, &observed_device_at(observed, i)->uuid);
	tell_automatic(manager, changes->host);
	observed_forget_changes(observed);
}

static void read_guest_queues(struct manager *manager, const struct observed_device *device,
			      int *ret_error)
{
	struct matrix active = device->active;

	MATRIX_FOR_EACH_QUEUE(adapter, domain, &active)
		if (mask_test(&manager->observed.queues[adapter], domain))
			read_queue(manager, (struct apqn){ adapter, domain }, ret_error);
}

/* Adds the device's adapters to those whose cards are to be read. */
static void look_at_device(struct manager *manager, const struct observed_device *device,
			   struct mask *adapters, int *ret_error)
{
	*adapters = mask_or(adapters, &device->active.adapters);
	if (device->in_use)
		read_guest_queues(manager, device, ret_error);
}

void refresh_silent(struct manager *manager, const struct uuid *uuid)
{
	struct observed *observed = &manager->observed;
	const struct observed_device *one = uuid ? observed_find_device(observed, uuid) : NULL;
	const struct uuid_set none = { 0 };
	struct mask adapters = { 0 };
	int error = 0;

	if (manager->applying)
		return;
	if (one)
		look_at_device(manager, one, &adapters, &error);
	for (size_t i = 0; !uuid && i < observed->devices.count; i++)
		look_at_device(manager, observed_device_at(observed, i), &adapters, &error);
	adapters = mask_and(&adapters, &observed->cards);
	MASK_FOR_EACH(adapter, &adapters)
		read_card(manager, adapter, &error);
	/* A queue that has changed here will not be a change when its event has it read again. */
	read_affected_devices(manager, &none, &error);
	refresh_tell(manager);
}

static void set_look_timer(struct manager *manager)
{
	bool needed = manager->observed.devices.count > 0;
	int enabled = SD_EVENT_OFF;

	sd_event_source_get_enabled(manager->look_timer, &enabled);
	if (!needed) {
		sd_event_source_set_enabled(manager->look_timer, SD_EVENT_OFF);
	} else if (enabled == SD_EVENT_OFF) {
		sd_event_source_set_time_relative(manager->look_timer, LOOK_INTERVAL);
		sd_event_source_set_enabled(manager->look_timer, SD_EVENT_ONESHOT);
	}
}

/* No event says when a failed reading can succeed: it is repeated, less and less often. */
static void set_reread_timer(struct manager *manager)
{
	int enabled = SD_EVENT_OFF;

	keep_failed_files(manager);
	if (marks_are_empty(&manager->failed)) {
		manager->rereads = 0;
		manager->failed_at_start = false;
		return;
	}
	sd_event_source_get_enabled(manager->reread_timer, &enabled);
	if (enabled != SD_EVENT_OFF)
		return;
	sd_event_source_set_time_relative(manager->reread_timer, REREAD_INTERVAL << manager->rereads);
	sd_event_source_set_enabled(manager->reread_timer, SD_EVENT_ONESHOT);
	if (manager->rereads < REREAD_DOUBLED)
		manager->rereads++;
}

void refresh_set_timers(struct manager *manager)
{
	set_look_timer(manager);
	set_reread_timer(manager);
}

static int on_reread(sd_event_source *source, uint64_t now, void *userdata)
{
	struct manager *manager = userdata;

	(void)source;
	(void)now;
	marks_move(&manager->marks, &manager->failed);
	wake(manager);
	return 0;
}

static int on_look(sd_event_source *source, uint64_t now, void *userdata)
{
	(void)source;
	(void)now;
	refresh_silent(userdata, NULL);
	set_look_timer(userdata);
	return 0;
}

/*
 * Reads the marked cards while a change is being written.  A card needs none of the locks that the kernel
 * holds during a write.  All else could block: it stays marked, and the change's end wakes the turn.
 */
static void read_cards(struct manager *manager)
{
	struct mask cards = manager->marks.cards;
	int error = 0;

	manager->marks.cards = (struct mask){ 0 };
	MASK_FOR_EACH(adapter, &cards)
		read_card(manager, adapter, &error);
	refresh_tell(manager);
}

static int on_refresh(sd_event_source *source, void *userdata)
{
	struct manager *manager = userdata;
	bool disk = manager->marks.disk;

	(void)source;
	if (manager->applying) {
		read_cards(manager);
		return 0;
	}
	refresh_now(manager);
	if (disk && manager->failed_at_start)
		reconcile_again(manager);
	reconcile(manager);
	refresh_set_timers(manager);
	return 0;
}

int refresh_start(struct manager *manager)
{
	int r = sd_event_add_defer(manager->loop, &manager->refresh, on_refresh, manager);

	if (r < 0)
		return r;
	r = sd_event_add_time_relative(manager->loop, &manager->look_timer, CLOCK_MONOTONIC,
				       LOOK_INTERVAL, LOOK_ACCURACY, on_look, manager);
	if (r >= 0)
		r = sd_event_source_set_enabled(manager->look_timer, SD_EVENT_OFF);
	if (r >= 0)
		r = sd_event_add_time_relative(manager->loop, &manager->reread_timer, CLOCK_MONOTONIC,
					       REREAD_INTERVAL, REREAD_ACCURACY, on_reread, manager);
	if (r >= 0)
		r = sd_event_source_set_enabled(manager->reread_timer, SD_EVENT_OFF);
	if (r < 0)
		return r;
	/* Behind the events of the same round, so that all of them make one reading. */
	r = sd_event_source_set_priority(manager->refresh, SD_EVENT_PRIORITY_IDLE);
	return r < 0 ? r : sd_event_source_set_enabled(manager->refresh, SD_EVENT_OFF);
}

void refresh_done(struct manager *manager)
{
	marks_done(&manager->marks);
	marks_done(&manager->failed);
	manager->refresh = sd_event_source_disable_unref(manager->refresh);
	manager->look_timer = sd_event_source_disable_unref(manager->look_timer);
	manager->reread_timer = sd_event_source_disable_unref(manager->reread_timer);
}
