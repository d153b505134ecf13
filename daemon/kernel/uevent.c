/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/uevent.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/kernel/vfio-nodes.h"

#define KVM_DEVICE "/devices/virtual/misc/kvm"

/* Returns what follows prefix in text, or NULL where text does not begin with it. */
static const char *after(const char *text, const char *prefix)
{
	size_t length = strlen(prefix);

	return strncmp(text, prefix, length) == 0 ? text + length : NULL;
}

int uevent_parse(const char *message, size_t length, struct uevent *ret_uevent)
{
	struct uevent uevent = { .action = "", .devpath = "", .bindings = "", .event = "" };
	const char *end = message + length, *value;

	if (length == 0 || message[length - 1] != '\0' || !strchr(message, '@'))
		return -EBADMSG;
	for (const char *line = message; line < end; line += strlen(line) + 1) {
		if ((value = after(line, "ACTION=")))
			uevent.action = value;
		else if ((value = after(line, "DEVPATH=")))
			uevent.devpath = value;
		else if ((value = after(line, "BINDINGS=")))
			uevent.bindings = value;
		else if ((value = after(line, "EVENT=")))
			uevent.event = value;
		else if ((value = after(line, "PID=")))
			uevent.pid = atoi(value);
		else if ((value = after(line, "SEQNUM=")))
			uevent.seqnum = strtoull(value, NULL, 10);
	}
	if (!*uevent.action || !*uevent.devpath)
		return -EBADMSG;
	*ret_uevent = uevent;
	return 0;
}

bool uevent_is_of_kvm(const struct uevent *uevent)
{
	return strcmp(uevent->devpath, "/module/kvm") == 0 ||
	       (strcmp(uevent->devpath, KVM_DEVICE) == 0 && strcmp(uevent->action, "change") != 0);
}

bool uevent_is_of_machine(const struct uevent *uevent)
{
	return strcmp(uevent->devpath, KVM_DEVICE) == 0 && *uevent->event && uevent->pid > 0;
}

/* "/cardXX" and "/cardXX/AA.DDDD", below /devices/ap. */
static bool decode_ap(const char *path, bool gone, struct kernel_event *event)
{
	const char *card = after(path, "/card");
	char *end;

	if (!card)
		return false;
	if (card[0] == '\0' || card[1] == '\0')
		return false;
	if (card[2] == '/') {
		event->type = KERNEL_EVENT_QUEUE;
		event->gone = gone;
		return apqn_parse(card + 3, &event->apqn) == 0;
	}
	event->type = KERNEL_EVENT_CARD;
	event->apqn.adapter = strtoul(card, &end, 16);
	return end == card + 2 && *end == '\0';
}

/* "/UUID", or what is below it, below /devices/vfio_ap/matrix. */
static bool decode_device(const char *path, struct kernel_event *event)
{
	char text[UUID_TEXT_SIZE];
	size_t length;

	if (*path++ != '/')
		return false;
	length = strcspn(path, "/");
	if (length >= sizeof(text))
		return false;
	memcpy(text, path, length);
	text[length] = '\0';
	event->type = KERNEL_EVENT_DEVICE;
	return uuid_parse(text, &event->uuid) == 0;
}

bool uevent_decode(const struct uevent *uevent, struct kernel_event *ret_event)
{
	static const char *const of_host[] = {
		"/bus/ap", "/devices/ap", "/devices/vfio_ap/matrix",
		"/module/ap", "/module/vfio_ap", "/module/kvm",
	};
	struct kernel_event event = { .type = KERNEL_EVENT_HOST };
	const char *path = uevent->devpath, *rest;
	bool ours = uevent_is_of_kvm(uevent);

	for (size_t i = 0; i < ARRAY_SIZE(of_host); i++)
		ours |= strcmp(path, of_host[i]) == 0;
	if (!ours && after(path, "/bus/ap/drivers/"))
		ours = true;
	if (!ours && (rest = after(path, "/devices/ap")))
		ours = decode_ap(rest, strcmp(uevent->action, "remove") == 0, &event);
	else if (!ours && (rest = after(path, "/devices/vfio_ap/matrix")))
		ours = decode_device(rest, &event);
	else if (!ours && (rest = after(path, "/devices/virtual/vfio/"))) {
		int r = vfio_nodes_find_group(rest, &event.uuid);

		event.type = r == 0 ? KERNEL_EVENT_DEVICE : KERNEL_EVENT_RESCAN;
		ours = r != -ENOENT;
	}
	if (ours)
		*ret_event = event;
	return ours;
}
