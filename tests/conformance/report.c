/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/conformance/report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/list.h"

static PRINTF_LIKE(2, 3) int add(struct report *report, const char *format, ...)
{
	va_list arguments;
	char *line;
	int r;

	if (report->count == report->size) {
		size_t size = report->size ? 2 * report->size : 64;
		char **lines = reallocarray(report->lines, size, sizeof(*lines));

		if (!lines)
			return -ENOMEM;
		report->lines = lines;
		report->size = size;
	}
	va_start(arguments, format);
	r = vasprintf(&line, format, arguments);
	va_end(arguments);
	if (r < 0)
		return -ENOMEM;
	report->lines[report->count++] = line;
	return 0;
}

static int add_host(struct report *report, const struct observed_host *host)
{
	CLEANUP_FREE char *configured = matrix_describe(&host->configured);
	char apmask[MASK_TEXT_SIZE], aqmask[MASK_TEXT_SIZE];
	int r;

	if (!configured)
		return -ENOMEM;
	r = add(report, "apmask %s", mask_format(&host->apmask, apmask));
	if (r == 0)
		r = add(report, "aqmask %s", mask_format(&host->aqmask, aqmask));
	if (r == 0)
		r = add(report, "bindings %s", host->bindings_complete ? "complete" : "incomplete");
	if (r == 0)
		r = add(report, "configured %s", configured);
	if (r == 0)
		r = add(report, "polling thread %d timeout %" PRId64, host->poll_thread,
			host->poll_timeout);
	if (r == 0)
		r = add(report, "kvm gisa %d facility65 %d", host->gisa, host->facility65);
	if (r == 0)
		r = add(report,
			"host%s%s%s%s, adapters to %d, domains to %d, bus \"%s\", vfio_ap \"%s\"",
			host->passthrough ? " passthrough" : "",
			host->has_ap_config ? " ap_config" : "",
			host->has_override ? " override" : "",
			host->interrupts ? " interrupts" : "", host->max_adapter, host->max_domain,
			host->bus_features, host->passthrough_features);
	return r;
}

static int add_card(struct report *report, const struct observed_card *card)
{
	return add(report, "card %02x %s type %d depth %d size %d functions %s%s%s online %d",
		   card->adapter, card->type, (int)card->hardware_type, (int)card->depth,
		   (int)card->max_message_size, card->functions,
		   card->configured ? "" : " deconfigured",
		   card->checkstopped ? " checkstopped" : "", card->online);
}

static int add_queue(struct report *report, const struct observed_queue *queue)
{
	static const char *const statuses[] = {
		[QUEUE_STATUS_NONE] = "no status",
		[QUEUE_STATUS_UNASSIGNED] = "unassigned",
		[QUEUE_STATUS_ASSIGNED] = "assigned",
		[QUEUE_STATUS_IN_USE] = "in use",
	};

	return add(report,
		   "queue %02x.%04x driver \"%s\" override \"%s\" %s%s%s online %d interrupt %d",
		   queue->apqn.adapter, queue->apqn.domain, queue->driver, queue->override,
		   statuses[queue->status], queue->configured ? "" : " deconfigured",
		   queue->checkstopped ? " checkstopped" : "", queue->online, queue->interrupt);
}

static int add_device(struct report *report, const struct observed_device *device)
{
	CLEANUP_FREE char *active = matrix_describe(&device->active);
	CLEANUP_FREE char *guest = matrix_describe(&device->guest);

	if (!active || !guest)
		return -ENOMEM;
	return add(report, "device %s has %s; its guest %s%s", device->uuid.text,
		   device->active_known ? active : "what is not known",
		   device->guest_known ? guest : "what is not known",
		   device->in_use ? "; in use" : "");
}

static int compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int add_all(struct report *report, const struct observed *observed)
{
	int r = add_host(report, &observed->host);

	MASK_FOR_EACH(adapter, &observed->cards)
		if (r == 0)
			r = add_card(report, &observed->card[adapter]);
	for (unsigned int adapter = 0; adapter < APQN_IDS; adapter++)
		MASK_FOR_EACH(domain, &observed->queues[adapter])
			if (r == 0)
				r = add_queue(report, &observed->queue[adapter][domain]);
	for (size_t i = 0; i < observed->devices.count && r == 0; i++)
		r = add_device(report, observed_device_at(observed, i));
	return r;
}

int report_make(const struct observed *observed, struct report *ret_report)
{
	CLEANUP(report_done) struct report report = { 0 };
	int r = add_all(&report, observed);

	if (r < 0)
		return r;
	qsort(report.lines, report.count, sizeof(*report.lines), compare_lines);
	*ret_report = report;
	report = (struct report){ 0 };
	return 0;
}

void report_done(struct report *report)
{
	for (size_t i = 0; i < report->count; i++)
		free(report->lines[i]);
	free(report->lines);
	*report = (struct report){ 0 };
}

static size_t print_missing(const struct report *from, const struct report *in, char sign)
{
	size_t missing = 0;

	for (size_t i = 0; i < from->count; i++) {
		if (in->count > 0 && bsearch(&from->lines[i], in->lines, in->count,
					     sizeof(*in->lines), compare_lines))
			continue;
		printf("  %c %s\n", sign, from->lines[i]);
		missing++;
	}
	return missing;
}

size_t report_print_difference(const struct report *before, const struct report *after)
{
	return print_missing(before, after, '-') + print_missing(after, before, '+');
}
