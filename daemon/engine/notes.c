/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lifetime of notes: apqd keeps the note of a device as long as the device or its definition
 * exists.  A definition that another program removes may come back at once, as from an editor.
 * Some notes are therefore kept until the next start.
 */
#include <string.h>

#include "daemon/engine/manager-internal.h"

/* So many notes of devices that are neither there nor defined. */
#define ORPHANS_MAX 256u

static bool is_orphan(const struct manager *manager, const struct device_note *note)
{
	return !desired_find(&manager->desired, &note->uuid) &&
	       !observed_find_device(&manager->observed, &note->uuid) && !note->queued && !note->stopping;
}

bool notes_forget_orphan(struct manager *manager, const struct uuid *uuid)
{
	struct device_note *note = uuid_list_find(&manager->desired.notes, uuid);
	const struct uuid copy = *uuid;

	if (!note || !is_orphan(manager, note))
		return false;
	/* Without anything to remember its file goes. */
	note->stopped = STOPPED_BY_NOBODY;
	note->settled = false;
	memset(&note->remembered, 0, sizeof(note->remembered));
	note->identity[0] = '\0';
	manager_keep_note(manager, note);
	desired_forget_note(&manager->desired, &copy);
	return true;
}

static void forget_all(struct manager *manager)
{
	for (size_t i = manager->desired.notes.count; i-- > 0;) {
		const struct device_note *note = manager->desired.notes.items[i];

		notes_forget_orphan(manager, &note->uuid);
	}
}

void notes_start(struct manager *manager)
{
	forget_all(manager);
}

void notes_limit(struct manager *manager)
{
	size_t orphans = 0;

	for (size_t i = 0; i < manager->desired.notes.count; i++)
		orphans += is_orphan(manager, manager->desired.notes.items[i]);
	if (orphans > ORPHANS_MAX)
		forget_all(manager);
}
