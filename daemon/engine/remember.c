/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices whose matrix an old kernel cannot list without harm.  kernel/memory.c knows their
 * matrices as long as no other program writes to them, and the notes keep these over a restart.
 */
#include <string.h>

#include "common/cleanup.h"
#include "daemon/engine/job-internal.h"

void remember_recall(struct manager *manager)
{
	for (size_t i = 0; i < manager->desired.notes.count; i++) {
		const struct device_note *note = manager->desired.notes.items[i];

		if (note->identity[0])
			kernel_recall(manager->kernel, &note->uuid, note->identity,
				      &note->remembered);
	}
}

static bool is_kept(const struct device_note *note, const struct observed_device *device)
{
	return strcmp(note->identity, device->identity) == 0 &&
	       matrix_equal(&note->remembered, &device->active);
}

/* A change is at work on it, and remembers it when it ends. */
static bool is_changing(const struct manager *manager, const struct uuid *uuid)
{
	if (manager->current && change_find(&manager->current->pending.change, uuid))
		return true;
	for (const struct job *job = manager->detached; job; job = job->next)
		if (change_find(&job->pending.change, uuid))
			return true;
	return false;
}

void remember_change(struct manager *manager, const struct uuid *uuid)
{
	const struct observed_device *device = observed_find_device(&manager->observed, uuid);
	struct device_note *note = uuid_list_find(&manager->desired.notes, uuid);

	if (device && device->remembered && !device->leaving) {
		if (note && is_kept(note, device))
			return;
		note = desired_note(&manager->desired, uuid);
		if (!note)
			return;
		note->remembered = device->active;
		strcpy(note->identity, device->identity);
		manager_keep_note(manager, note);
	} else if (note && note->identity[0]) {
		note->identity[0] = '\0';
		manager_keep_note(manager, note);
	}
}

void remember_device(struct manager *manager, const struct uuid *uuid)
{
	if (!is_changing(manager, uuid))
		remember_change(manager, uuid);
}

void remember_all(struct manager *manager)
{
	for (size_t i = 0; i < manager->observed.devices.count; i++)
		remember_device(manager, &observed_device_at(&manager->observed, i)->uuid);
	for (size_t i = 0; i < manager->desired.notes.count; i++) {
		const struct device_note *note = manager->desired.notes.items[i];

		if (!observed_find_device(&manager->observed, &note->uuid))
			remember_device(manager, &note->uuid);
	}
}

void remember_nothing(struct manager *manager, const struct change *change)
{
	for (size_t i = 0; i < change->count; i++) {
		const struct uuid *uuid = &change->devices[i].uuid;
		const struct observed_device *device = observed_find_device(&manager->observed, uuid);

		if (device && device->remembered)
			kernel_doubt(manager->kernel, uuid);
	}
	(void)!refresh_for_change(manager, change);
}
