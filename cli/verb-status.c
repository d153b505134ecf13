/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is: the host as a whole, and all problems. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/call.h"
#include "cli/device.h"
#include "cli/host.h"
#include "cli/listing.h"
#include "cli/output.h"
#include "cli/reserved.h"
#include "cli/verbs.h"

static void print_has(const struct host *host)
{
	listing_name("Host has");
	if (host->queues < 0)
		puts("not known");
	else
		printf("%" PRId64 " of %" PRId64 " queues\n", host->host_queues, host->queues);
}

/* Bits of the masks that are not apqd's, and the command that makes them so. */
static void print_others(const struct host *host)
{
	CLEANUP_FREE char *taken = NULL;

	if (!matrix_is_empty(&host->others)) {
		taken = matrix_describe(&host->others);
		listing_name("Others took");
		printf("%s, by the masks", taken ? taken : "?");
		puts(host->importable ? "" : "; 'apqctl reserve' with these keeps them for guests at "
					     "each boot");
	}
	if (host->importable) {
		listing_name("Boot masks");
		fputs("set by ", stdout);
		output_text(host->importable, STYLE_PLAIN);
		puts("; 'apqctl import' takes them over");
	}
}

static void print_ownership(const char *ownership)
{
	listing_line("Ownership",
		     strcmp(ownership, "masks") == 0 ?
			     "by the masks apmask and aqmask" :
		     strcmp(ownership, "overrides") == 0 ?
			     "by driver overrides, queue by queue" :
			     "kernel default (nothing reserved)",
		     STYLE_PLAIN);
}

static void print_reserved(const struct host *host)
{
	CLEANUP_FREE char *text = reserved_describe(&host->reserved);

	listing_name("Reserved");
	output_text(text, STYLE_PLAIN);
	if (host->mechanism && strcmp(host->mechanism, "observe") == 0)
		fputs(" (apqd only observes ownership)", stdout);
	else if (!reserved_is_empty(&host->reserved))
		printf(" (%s)", reserved_mechanism(host->mechanism));
	putchar('\n');
}

/* The settings that are about the host's own queues, and those that are not as they are wanted. */
static void print_settings(const struct interrupts *interrupts)
{
	struct interrupts_settings of_host = interrupts->now;
	CLEANUP_FREE char *wanted = interrupts_describe(&interrupts->wanted);
	CLEANUP_FREE char *text = NULL;

	of_host.gisa = -1; /* it is about guests, and told by the line of forwarding */
	text = interrupts_describe(&of_host);
	if (text && *text)
		listing_line("Host polls", text, STYLE_PLAIN);
	if (interrupts_differ(interrupts))
		listing_line("Wanted", wanted, STYLE_WARN);
}

static void print_host(const struct host *host)
{
	listing_line("Kernel", host->kernel, STYLE_PLAIN);
	if (host->ready) {
		listing_line("Passthrough", "ready", STYLE_GOOD);
	} else {
		listing_name("Passthrough");
		output_text("not ready: ", STYLE_BAD);
		output_text(host->reason ? host->reason : "the reason is not known", STYLE_PLAIN);
		putchar('\n');
	}
	listing_words("AP bus", "features", host->bus_features);
	listing_words("vfio_ap", "features", host->passthrough_features);
	listing_name("Highest ids");
	if (host->max_adapter < 0 || host->max_domain < 0)
		puts("not known");
	else
		printf("adapter %02x, domain %04x\n", (unsigned int)host->max_adapter,
		       (unsigned int)host->max_domain);
	listing_matrix("Machine has", &host->configured);
	print_has(host);
	print_ownership(host->ownership);
	print_reserved(host);
	print_others(host);
	if (host->queues > 0)
		listing_line("Bindings",
			     host->bindings_complete ? "complete: each queue has its driver" :
						       "not complete: some queues have no driver yet",
			     host->bindings_complete ? STYLE_PLAIN : STYLE_WARN);
	interrupts_print_forwarding(&host->interrupts);
	print_settings(&host->interrupts);
}

static void print_device_count(const struct device *devices, size_t count)
{
	size_t in_use = 0, started = 0;

	for (size_t i = 0; i < count; i++) {
		in_use += devices[i].in_use;
		started += devices[i].is_active && !devices[i].in_use;
	}
	listing_name("Devices");
	printf("%zu: %zu in use, %zu started, %zu defined\n", count, in_use, started,
	       count - in_use - started);
}

static size_t count_problems(struct json_object *of_host, const struct device *devices, size_t count)
{
	size_t sum = list_length(of_host);

	for (size_t i = 0; i < count; i++)
		sum += device_problem_count(&devices[i]);
	return sum;
}

/* The problems of the host and those of its devices, each once. */
static void print_all_problems(struct json_object *of_host, const struct device *devices,
			       size_t count)
{
	listing_problem_count(count_problems(of_host, devices, count));
	listing_problems(of_host);
	for (size_t i = 0; i < count; i++)
		listing_problems(devices[i].problems);
}

int verb_status(struct run *run)
{
	CLEANUP_REPLY struct reply host_reply = { 0 };
	CLEANUP_REPLY struct reply devices_reply = { 0 };
	CLEANUP_FREE struct device *devices = NULL;
	struct host host;
	size_t count;
	int r;

	r = call(run, "GetHost", NULL, CLIENT_READ_TIMEOUT, &host_reply);
	if (r != EXIT_STATUS_DONE)
		return r;
	if (option_given(run->options, OPTION_JSON)) {
		output_json(host_reply.parameters, true);
		if (!option_given(run->options, OPTION_CHECK))
			return EXIT_STATUS_DONE;
	}
	r = call_collect(run, "ListDevices", NULL, "devices", &devices_reply);
	if (r != EXIT_STATUS_DONE)
		return r;
	r = host_read(host_reply.parameters, &host);
	if (r < 0)
		return call_failed(run, r);
	r = device_read_list(devices_reply.parameters, &devices, &count);
	if (r < 0)
		return call_failed(run, r);
	if (!option_given(run->options, OPTION_JSON)) {
		if (run->options->host)
			listing_line("Host", run->options->host, STYLE_BOLD);
		print_host(&host);
		print_device_count(devices, count);
		print_all_problems(host.problems, devices, count);
	}
	return option_given(run->options, OPTION_CHECK) &&
			       (!host.ready || count_problems(host.problems, devices, count) > 0) ?
		       EXIT_STATUS_CONFLICT :
		       EXIT_STATUS_DONE;
}
