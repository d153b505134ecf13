/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changes that nobody asks for at this moment: devices with start=auto, what a killed daemon
 * left half done, and, where the host policy says so, the undoing of drift.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "daemon/log.h"
#include "daemon/engine/manager-internal.h"
#include "daemon/report/diagnose.h"
#include "daemon/plan/reserve.h"
#include "daemon/store/batch.h"

/* After the n-th failure in a row the next attempt waits 2^(n-1) seconds, at most this many. */
#define BACKOFF_MAX 64u
#define SECOND 1000000u

static bool is_to_start(const struct manager *manager, const struct definition *definition,
			const struct device_note *note)
{
	const struct observed_device *device =
		observed_find_device(&manager->observed, &definition->uuid);

	if (definition->problem || definition->start != START_AUTO ||
	    (note && note->stopped != STOPPED_BY_NOBODY))
		return false;
	if (!device)
		return true;
	/*
	 * Another program (mdevctl at boot) made it a moment ago and has not finished, or never will.
	 * What is there only lacks something; had it been whole before, that would be drift.
	 */
	return !(note && note->settled) && device->active_known && !device->in_use &&
	       matrix_is_subset(&device->active, &definition->matrix) &&
	       !matrix_equal(&device->active, &definition->matrix);
}

/* When the daemon starts, and when vfio_ap appears: all that start by themselves are due. */
static void mark_due(struct manager *manager)
{
	for (size_t i = 0; i < manager->desired.definitions.count; i++) {
		const struct definition *definition = manager->desired.definitions.items[i];
		struct device_note *note =
			uuid_list_find(&manager->desired.notes, &definition->uuid);

		if (!is_to_start(manager, definition, note))
			continue;
		note = desired_note(&manager->desired, &definition->uuid);
		if (note)
			note->waiting = true;
	}
}

/* The removal of the whole driver is nobody's wish about one device. */
static void forgive_others(struct manager *manager)
{
	for (size_t i = 0; i < manager->desired.notes.count; i++) {
		struct device_note *note = manager->desired.notes.items[i];

		if (note->stopped != STOPPED_BY_OTHER)
			continue;
		note->stopped = STOPPED_BY_NOBODY;
		manager_keep_note(manager, note);
	}
}

struct job *reconcile_new_job(struct manager *manager, enum job_kind kind)
{
	struct job *job = calloc(1, sizeof(*job));

	if (job) {
		job->manager = manager;
		job->kind = kind;
		host_change_init(&job->pending.change.host);
		host_change_init(&job->pending.was_host);
	}
	return job;
}

/* While a change of them is queued, no other automatic one is made. */
static int set_queued(struct manager *manager, const struct change *change, bool queued)
{
	if (!change_has_device(change))
		manager->host.queued = queued;
	for (size_t i = 0; i < change->count; i++) {
		struct device_note *note = desired_note(&manager->desired, &change->devices[i].uuid);

		if (!note)
			return -ENOMEM;
		note->queued = queued;
	}
	return 0;
}

static void log_cut_off(const struct pending *pending, const char *what)
{
	const struct device_change *single = change_single(&pending->change);

	log_fields(LOG_NOTICE,
		   &(struct log_fields){ .id = MESSAGE_CUT_OFF,
					 .device = single ? &single->uuid : NULL },
		   "%s", what);
}

static void on_pending(void *userdata, struct pending *pending)
{
	struct manager *manager = userdata;
	struct job *job = reconcile_new_job(manager, JOB_RECOVERY);

	if (!job || set_queued(manager, &pending->change, true) < 0) {
		free(job);
		return;
	}
	log_cut_off(pending, "Finishing a change that was cut off.");
	job->pending = *pending;
	pending->change.devices = NULL;
	pending->change.count = 0;
	job->pending.change.host.cut_off = job->pending.was_host.cut_off = true;
	job->recorded = true;
	job_submit(job);
}

static int on_retry(sd_event_source *source, uint64_t now, void *userdata)
{
	struct manager *manager = userdata;

	(void)source;
	(void)now;
	manager->retry_timer = sd_event_source_disable_unref(manager->retry_timer);
	reconcile(manager);
	return 0;
}

void reconcile_at(struct manager *manager, uint64_t when)
{
	uint64_t armed;

	if (manager->retry_timer) {
		if (sd_event_source_get_time(manager->retry_timer, &armed) >= 0 && armed <= when)
			return;
		manager->retry_timer = sd_event_source_disable_unref(manager->retry_timer);
	}
	if (sd_event_add_time(manager->loop, &manager->retry_timer, CLOCK_MONOTONIC, when, 0, on_retry,
			      manager) < 0)
		log_warning("Without memory for a timer, a device is tried again only at the next event.");
}

static void set_failure(struct manager *manager, struct device_note *note, const char *failure)
{
	if (failure && note->failure && strcmp(failure, note->failure) == 0)
		return;
	if (!failure && !note->failure)
		return;
	device_note_set_failure(note, failure ? strdup(failure) : NULL);
	/* The journal gets it with the device's other problems, see daemon/api/subscribe.c. */
	refresh_tell_device(manager, &note->uuid);
}

/* So many conflicts stand in the text that is kept of each device. */
#define CONFLICTS_TOLD 4

/* What stands in the way, as one text. */
static char *describe_conflicts(const struct plan *plan)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	for (size_t i = 0; i < plan->conflicts.count && i < CONFLICTS_TOLD; i++)
		fprintf(out, "%s%s", i ? " " : "",
			plan->conflicts.items[i].message ? plan->conflicts.items[i].message : "");
	if (plan->conflicts.count > CONFLICTS_TOLD)
		fprintf(out, " Problems: %zu more.", plan->conflicts.count - CONFLICTS_TOLD);
	if (plan->in_use)
		fputs("Queues would have to be taken away from a running guest.", out);
	if (plan->no_forwarding)
		fprintf(out, "The device requires interrupts, and the host cannot forward them. %s",
			plan->no_forwarding);
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

/* Plans first, without any effect: a device that cannot be started yet costs no write and no lock. */
static void try_device(struct manager *manager, struct device_note *note,
		       const struct definition *definition)
{
	struct device_change device = {
		.uuid = definition->uuid,
		.live = true,
		.started = true,
		.active = definition->matrix,
	};
	struct change change = { .devices = &device, .count = 1 };
	CLEANUP_PLAN struct plan plan = { 0 };
	struct job *job;

	if (note->not_before > manager_now(manager)) {
		reconcile_at(manager, note->not_before);
		return;
	}
	plan_make(&manager->observed, &manager->desired, &change, &plan);
	if (plan.count == 0 && plan.conflicts.count == 0) {
		note->waiting = false;
		note->attempts = 0;
		set_failure(manager, note, NULL);
		return;
	}
	if (plan.conflicts.count || plan.in_use || plan.no_forwarding || plan.no_memory) {
		CLEANUP_FREE char *text = describe_conflicts(&plan);

		set_failure(manager, note, text ? text : "There is not enough memory.");
		return;
	}
	job = reconcile_new_job(manager, JOB_AUTOMATIC);
	if (!job)
		return;
	if (change_set_count(&job->pending.change, 1) < 0) {
		free(job);
		return;
	}
	job->pending.change.devices[0] = device;
	note->queued = true;
	job_submit(job);
}

/* While it waited for its turn, somebody may have changed the definition or stopped the device. */
static void renew_device(struct manager *manager, struct device_change *change)
{
	const struct definition *definition = desired_find(&manager->desired, &change->uuid);
	const struct device_note *note = desired_find_note(&manager->desired, &change->uuid);
	bool drifted = manager->desired.policy.enforce &&
		       diagnose_has_drift(&manager->observed, &manager->desired, &change->uuid);

	change->live = definition && !definition->problem && note && (note->waiting || drifted);
	if (change->live)
		change->active = definition->matrix;
}

int reconcile_renew(struct manager *manager, struct change *change, struct problems *conflicts)
{
	if (!change_has_device(change))
		return reconcile_host_renew(manager, &change->host, conflicts);
	renew_device(manager, change_single(change));
	return 0;
}

/* What waits for another program's lock for long keeps nobody from being ready. */
static bool has_work(struct manager *manager)
{
	if (manager->current && !manager->current->gave_way)
		return true;
	for (const struct job *job = manager->queue; job; job = job->next)
		if (!job->gave_way)
			return true;
	return false;
}

static void reconcile_devices(struct manager *manager)
{
	for (size_t i = 0; i < manager->desired.definitions.count; i++) {
		const struct definition *definition = manager->desired.definitions.items[i];
		struct device_note *note =
			uuid_list_find(&manager->desired.notes, &definition->uuid);
		bool drifted = manager->desired.policy.enforce &&
			       !under_way_find(&manager->desired, &definition->uuid) &&
			       diagnose_has_drift(&manager->observed, &manager->desired,
						  &definition->uuid);

		if (drifted && !note)
			note = desired_note(&manager->desired, &definition->uuid);
		if (!note || definition->problem || note->queued || note->stopping)
			continue;
		/* A definition that was made manual meanwhile no longer waits. */
		if (note->waiting && definition->start != START_AUTO) {
			note->waiting = false;
			set_failure(manager, note, NULL);
		}
		if (note->waiting || drifted)
			try_device(manager, note, definition);
		else if (note->failure)
			set_failure(manager, note, NULL);
	}
}

void reconcile(struct manager *manager)
{
	bool passthrough = manager->observed.host.passthrough;
	bool waits = reconcile_host(manager);

	if (passthrough && !manager->was_passthrough) {
		forgive_others(manager);
		mark_due(manager);
	}
	manager->was_passthrough = passthrough;
	/* A device must not fail for a queue that is about to be taken from the host. */
	if (passthrough && !waits)
		reconcile_devices(manager);
	if (!manager->ready && !waits && !has_work(manager)) {
		manager->ready = true;
		manager->listener->ready(manager->listener->userdata);
	}
}

void reconcile_again(struct manager *manager)
{
	manager->host.due = true;
	mark_due(manager);
}

int reconcile_start(struct manager *manager)
{
	int r;

	notes_start(manager);
	manager->was_passthrough = manager->observed.host.passthrough;
	for (size_t i = 0; i < manager->observed.devices.count; i++)
		reconcile_device_seen(manager, &observed_device_at(&manager->observed, i)->uuid);
	r = store_finish_commit(manager->store);
	if (r > 0) {
		manager->marks.disk = true;
		refresh_now(manager);
	} else if (io_is_of_the_moment(-r)) {
		return r;
	}
	/* First, since finishing a change may begin to write to the kernel at once. */
	reconcile_host_start(manager);
	r = store_load_pending(manager->store, on_pending, manager);
	/* Who goes on without it would lose it by the next change: another start will read it. */
	if (r < 0) {
		log_error("Could not read what was under way: %s.", strerror(-r));
		return r;
	}
	mark_due(manager);
	manager->desired.starting = false;
	reconcile(manager);
	return 0;
}

/* Turns what is wanted of a device into what it was; a definition that was written too. */
static void invert_device(struct device_change *device, bool many)
{
	device->started = device->was.started;
	device->active = device->was.active;
	/* Of a single device the definition is written last: what failed before has not written it. */
	if (!many || device->definition_action == DEFINITION_KEEP) {
		device->definition_action = DEFINITION_KEEP;
		return;
	}
	device->definition_action = device->was.defined ? DEFINITION_WRITE : DEFINITION_REMOVE;
	device->definition = device->was.definition;
}

/*
 * Gives up finishing what was begun, and undoes it, with what was done to the host or without.
 * Takes the devices out of pending.
 */
static bool undo_recovery(struct manager *manager, struct pending *pending, bool of_host)
{
	struct job *job = reconcile_new_job(manager, JOB_RECOVERY_UNDO);

	if (!job)
		return false;
	log_cut_off(pending, "Undoing a change that was cut off and cannot be finished.");
	job->pending = *pending;
	pending->change.devices = NULL;
	pending->change.count = 0;
	for (size_t i = 0; i < job->pending.change.count; i++)
		invert_device(&job->pending.change.devices[i], job->pending.change.count > 1);
	job->pending.was_host = pending->change.host;
	if (of_host)
		job->pending.change.host = pending->was_host;
	else
		host_change_init(&job->pending.change.host);
	/* The record of what is undone stays until that is over. */
	job->recorded = true;
	job_submit(job);
	return true;
}

bool reconcile_is_undone(const struct job *job)
{
	const struct change *change = &job->pending.change;

	if (job->kind == JOB_RECOVERY)
		return change_is_live(change) || change->host.ownership ||
		       change->host.set_interrupts || change->count > 1;
	return job->kind == JOB_RECOVERY_UNDO && change_is_live(change) && change->host.ownership;
}

/* An automatic change of one device has been made, or could not be. */
static void note_attempt(struct manager *manager, struct device_note *note, const struct error *error)
{
	if (error->code != ERROR_NONE) {
		CLEANUP_FREE char *text = error_describe(error->code, NULL, error->parameters);
		unsigned int seconds = note->attempts < 6 ? 1u << note->attempts : BACKOFF_MAX;

		note->attempts++;
		note->not_before = manager_now(manager) + (uint64_t)seconds * SECOND;
		set_failure(manager, note, text ? text : "There is not enough memory.");
		reconcile_at(manager, note->not_before);
	} else {
		log_message(LOG_NOTICE, &note->uuid, "apqd brought it to its definition.");
		note->waiting = false;
		/* Another program that undoes it at once must not be fought without a pause. */
		note->attempts = note->attempts < 6 ? note->attempts + 1 : note->attempts;
		note->not_before = manager_now(manager) + (uint64_t)note->attempts * SECOND / 4;
		set_failure(manager, note, NULL);
	}
}

void reconcile_job_ended(struct job *job)
{
	struct manager *manager = job->manager;
	const struct change *change = &job->pending.change;
	bool failed = job->outcome.error.code != ERROR_NONE;

	/* For a device that cannot be read, nobody knows how far the change came. */
	if (failed && job->kind != JOB_AUTOMATIC)
		remember_nothing(manager, change);
	/* What cannot go back to the host, since a device has it by now, must not keep the rest. */
	if (failed && reconcile_is_undone(job) &&
	    undo_recovery(manager, &job->pending, job->kind == JOB_RECOVERY))
		return;
	/* Half a change is left, and there is no client who could be told. */
	if (failed && job->kind != JOB_AUTOMATIC)
		job_log_stuck(job, job->kind == JOB_RECOVERY ?
					   "A change that was cut off could not be finished" :
					   "A change that was cut off could not be undone");
	if (!change_has_device(change)) {
		reconcile_host_ended(job);
		return;
	}
	/* Notes that are there already need no memory. */
	if (set_queued(manager, change, false) == 0 && job->kind == JOB_AUTOMATIC)
		note_attempt(manager, desired_note(&manager->desired, &change->devices->uuid),
			     &job->outcome.error);
}

void reconcile_device_gone(struct manager *manager, const struct uuid *uuid)
{
	const struct definition *definition = desired_find(&manager->desired, uuid);
	struct device_note *note = uuid_list_find(&manager->desired.notes, uuid);
	bool ours = under_way_find(&manager->desired, uuid) ||
		    (note && (note->stopping || note->queued));

	for (const struct job *job = manager->current; job && !ours; job = NULL)
		ours = change_find(&job->pending.change, uuid) != NULL;
	if (ours || !definition || definition->start != START_AUTO)
		return;
	note = desired_note(&manager->desired, uuid);
	/* Where a client has stopped it, that was not read until now. */
	if (!note || note->waiting || note->stopped == STOPPED_BY_CLIENT)
		return;
	note->stopped = STOPPED_BY_OTHER;
	note->settled = false;
	manager_keep_note(manager, note);
}

void reconcile_device_seen(struct manager *manager, const struct uuid *uuid)
{
	const struct observed_device *device = observed_find_device(&manager->observed, uuid);
	const struct definition *definition = desired_find(&manager->desired, uuid);
	struct device_note *note;

	/*
	 * A change under way is reported at its end, and a device with an unknown matrix may be
	 * incomplete.
	 */
	if (!definition || definition->problem || under_way_find(&manager->desired, uuid) ||
	    !device || !device->active_known ||
	    diagnose_has_drift(&manager->observed, &manager->desired, uuid))
		return;
	note = desired_note(&manager->desired, uuid);
	if (!note || (note->settled && note->stopped == STOPPED_BY_NOBODY))
		return;
	/* The device is complete, and no longer counts as stopped, whoever started it. */
	note->settled = true;
	note->stopped = STOPPED_BY_NOBODY;
	manager_keep_note(manager, note);
}
