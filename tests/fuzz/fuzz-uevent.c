/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any message as a uevent: nothing but what lies in it is looked at, and what it is about has a
 * name that could be one.
 */
#include <errno.h>

#include "daemon/kernel/uevent.h"
#include "tests/fuzz/fuzz.h"

static void check_string(const char *string, const uint8_t *data, size_t size)
{
	const char *begin = (const char *)data;

	MUST(string);
	if (*string)
		MUST(string > begin && string < begin + size && memchr(string, '\0', size - (size_t)(string - begin)));
}

static void check_event(const struct kernel_event *event)
{
	struct uuid again;

	switch (event->type) {
	case KERNEL_EVENT_HOST:
	case KERNEL_EVENT_CARD:		/* every adapter and domain could be one */
	case KERNEL_EVENT_QUEUE:
		break;
	case KERNEL_EVENT_DEVICE:
		MUST(uuid_parse(event->uuid.text, &again) == 0 && uuid_equal(&again, &event->uuid));
		break;
	case KERNEL_EVENT_RESCAN:
		MUST(false);	/* that is of lost events */
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct uevent uevent;
	struct kernel_event event;
	int r = uevent_parse((const char *)data, size, &uevent);

	MUST(r == 0 || r == -EBADMSG);
	if (r < 0)
		return 0;
	check_string(uevent.action, data, size);
	check_string(uevent.devpath, data, size);
	check_string(uevent.bindings, data, size);
	check_string(uevent.event, data, size);
	MUST(*uevent.action && *uevent.devpath);
	if (uevent_decode(&uevent, &event))
		check_event(&event);
	if (uevent_is_of_machine(&uevent))
		MUST(uevent.pid > 0);
	return 0;
}
