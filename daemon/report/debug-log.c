/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/report/debug-log.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Of a line itself, so that there is room for its meaning. */
#define SHOWN_MAX 280

/* A line of the log, which is not terminated. */
struct line {
	const char *text;
	size_t length;
};

/*
 * What the lines of vfio_ap_ops.c (Linux 6.12 to 7.2) mean; the first that fits counts.  The address after
 * "nib=" is not told: the kernel prints there what happens to lie at a place that it has left since.
 */
static const struct {
	const char *part, *meaning;
} meanings[] = {
	{ "AIV facility not installed",
	  "the guest was started while kvm.use_gisa was off, and got an operation exception" },
	{ "invalid NIB address",
	  "the guest gave an address for the notification byte that is 0 or not in its memory" },
	{ "vfio_pin_pages failed",
	  "the notification byte lies in memory that the VMM did not map for the device, or its limit of locked "
	  "memory is too low" },
	{ "gisc registration failed",
	  "the guest has no interruption area (GISA): kvm.use_gisa was off when it was started" },
	{ "kvm_s390_gisc_unregister", "KVM did not release the guest's interruption subclass" },
	{ "hook not registered", "no vfio_ap device was attached to the guest" },
	{ "not bound to the vfio_ap driver",
	  "the queue was not in the guest's device, or vfio_ap was not its driver" },
	{ "not in use", "the device was not attached to a guest any more" },
	{ "failed with status=0x1:", "the queue was not available" },
	{ "failed with status=0x2:", "the queue was being reset; guests try again" },
	{ "failed with status=0x3:", "the adapter was deconfigured" },
	{ "failed with status=0x4:", "the adapter was checkstopped" },
	{ "failed with status=0x5:", "the queue was busy; guests try again" },
	{ "failed with status=0x6:",
	  "the machine did not accept the address of the notification byte" },
	{ "failed with status=0x7:", "interrupts were on already; guests take that for success" },
};

/* Cuts the next line off *text; false at its end. */
static bool next_line(const char **text, struct line *ret_line)
{
	if (!**text)
		return false;
	ret_line->text = *text;
	ret_line->length = strcspn(*text, "\n");
	*text += ret_line->length;
	if (**text)
		(*text)++;
	return true;
}

static const char *find(const struct line *line, const char *part)
{
	return memmem(line->text, line->length, part, strlen(part));
}

/* How many hexadecimal digits stand at offset at. */
static size_t count_digits(const struct line *line, size_t at)
{
	size_t n = 0;

	while (at + n < line->length && isxdigit((unsigned char)line->text[at + n]))
		n++;
	return n;
}

static unsigned long number(const struct line *line, size_t at, size_t digits)
{
	char text[9] = "";

	memcpy(text, line->text + at, digits);
	return strtoul(text, NULL, 16);
}

/* "apqn=0x447", of any width: adapter 04, domain 0047. */
static bool names_number(const struct line *line, const struct queue_set *queues)
{
	const char *part = find(line, "apqn=");
	size_t at, digits;
	unsigned long apqn;

	if (!part)
		return false;
	at = (size_t)(part - line->text) + strlen("apqn=");
	if (at + 2 < line->length && line->text[at] == '0' && line->text[at + 1] == 'x')
		at += 2;
	digits = count_digits(line, at);
	if (digits < 1 || digits > 8)
		return false;
	apqn = number(line, at, digits);
	return apqn <= 0xffff && queue_set_has(queues, (struct apqn){ apqn >> 8, apqn & 0xff });
}

/* "04.0047" anywhere, and no part of something longer. */
static bool names_queue(const struct line *line, const struct queue_set *queues)
{
	for (size_t at = 2; at < line->length; at++) {
		unsigned long domain;

		if (line->text[at] != '.' || !isxdigit((unsigned char)line->text[at - 1]) ||
		    !isxdigit((unsigned char)line->text[at - 2]) ||
		    count_digits(line, at + 1) != 4 ||
		    (at > 2 && isalnum((unsigned char)line->text[at - 3])))
			continue;
		domain = number(line, at + 1, 4);
		if (domain < APQN_IDS &&
		    queue_set_has(queues, (struct apqn){ number(line, at - 2, 2), domain }))
			return true;
	}
	return false;
}

static bool names_device(const struct line *line, const struct uuid *device)
{
	size_t length = device ? strlen(device->text) : 0;

	for (size_t at = 0; length > 0 && at + length <= line->length; at++)
		if (strncasecmp(line->text + at, device->text, length) == 0)
			return true;
	return false;
}

static bool is_wanted(const struct line *line, const struct queue_set *queues,
		      const struct uuid *device)
{
	return names_number(line, queues) || names_queue(line, queues) ||
	       names_device(line, device);
}

static const char *meaning_of(const struct line *line)
{
	for (size_t i = 0; i < ARRAY_SIZE(meanings); i++)
		if (find(line, meanings[i].part))
			return meanings[i].meaning;
	return NULL;
}

static void show(const struct line *line, char shown[static DEBUG_LOG_LINE_SIZE])
{
	const char *meaning = meaning_of(line);
	size_t length = line->length < SHOWN_MAX ? line->length : SHOWN_MAX;

	for (size_t i = 0; i < length; i++) {
		char c = line->text[i];

		shown[i] = c == '\t' ? ' ' : c >= ' ' && c <= '~' ? c : '?';
	}
	snprintf(shown + length, DEBUG_LOG_LINE_SIZE - length, "%s%s%s",
		 line->length > length ? "..." : "", meaning ? "; that is: " : "",
		 meaning ? meaning : "");
}

void debug_log_pick(const char *text, const struct queue_set *queues, const struct uuid *device,
		    struct debug_log *ret_log)
{
	const char *rest = text;
	unsigned int wanted = 0, seen = 0;
	struct line line;

	while (next_line(&rest, &line))
		wanted += is_wanted(&line, queues, device);
	ret_log->count = 0;
	rest = text;
	while (next_line(&rest, &line))
		if (is_wanted(&line, queues, device) && seen++ + DEBUG_LOG_LINES >= wanted)
			show(&line, ret_log->lines[ret_log->count++]);
}
