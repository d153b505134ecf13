/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/engine/marks.h"

#include "daemon/model/desired.h"

/* If more devices than this are marked, everything is read. */
#define UUIDS_MAX DESIRED_DEFINITIONS_MAX

void marks_done(struct marks *marks)
{
	uuid_set_done(&marks->devices);
	uuid_set_done(&marks->definitions);
	*marks = (struct marks){ 0 };
}

bool marks_are_empty(const struct marks *marks)
{
	for (unsigned int adapter = 0; adapter < APQN_IDS; adapter++)
		if (!mask_is_empty(&marks->queues[adapter]))
			return false;
	return !marks->everything && !marks->disk && !marks->policy && !marks->host &&
	       mask_is_empty(&marks->cards) && marks->devices.count == 0 &&
	       marks->definitions.count == 0;
}

static void add_uuid(struct marks *marks, struct uuid_set *uuids, const struct uuid *uuid)
{
	if (uuids->count == UUIDS_MAX || uuid_set_add(uuids, uuid) < 0)
		marks->everything = marks->disk = true;
}

void marks_add_device(struct marks *marks, const struct uuid *uuid)
{
	add_uuid(marks, &marks->devices, uuid);
}

void marks_add_definition(struct marks *marks, const struct uuid *uuid)
{
	add_uuid(marks, &marks->definitions, uuid);
}

void marks_add_event(struct marks *marks, const struct kernel_event *event)
{
	switch (event->type) {
	case KERNEL_EVENT_HOST:
		marks->host = true;
		break;
	case KERNEL_EVENT_CARD:
		mask_set(&marks->cards, event->apqn.adapter);
		/* The machine's facts change with its cards, and not always with an event of their own. */
		marks->host = true;
		break;
	case KERNEL_EVENT_QUEUE:
		mask_set(&marks->queues[event->apqn.adapter], event->apqn.domain);
		/* No event of the host reports a domain that goes, or a queue without a driver. */
		marks->host = true;
		break;
	case KERNEL_EVENT_DEVICE:
		marks_add_device(marks, &event->uuid);
		break;
	case KERNEL_EVENT_RESCAN:
		marks->everything = true;
		break;
	}
}

void marks_add_change(struct marks *marks, const struct change *change)
{
	for (size_t i = 0; i < change->count; i++) {
		marks_add_device(marks, &change->devices[i].uuid);
		marks_add_definition(marks, &change->devices[i].uuid);
	}
	for (unsigned int adapter = 0; change->host.ownership && adapter < APQN_IDS; adapter++) {
		struct mask touched = mask_or(&change->host.take.domains[adapter],
					      &change->host.give.domains[adapter]);

		marks->queues[adapter] = mask_or(&marks->queues[adapter], &touched);
	}
	marks->policy |= change->host.ownership || change->host.write_policy;
	marks->host = true;
}

void marks_move(struct marks *marks, struct marks *from)
{
	marks->everything |= from->everything;
	marks->disk |= from->disk;
	marks->policy |= from->policy;
	marks->host |= from->host;
	marks->cards = mask_or(&marks->cards, &from->cards);
	for (unsigned int adapter = 0; adapter < APQN_IDS; adapter++)
		marks->queues[adapter] = mask_or(&marks->queues[adapter], &from->queues[adapter]);
	for (size_t i = 0; i < from->devices.count; i++)
		marks_add_device(marks, &from->devices.items[i]);
	for (size_t i = 0; i < from->definitions.count; i++)
		marks_add_definition(marks, &from->definitions.items[i]);
	marks_done(from);
}
