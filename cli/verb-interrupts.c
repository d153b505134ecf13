/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The host's side of interrupts: what the kernel has, what is wanted of it, and setting it. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "cli/call.h"
#include "cli/change.h"
#include "cli/host.h"
#include "cli/listing.h"
#include "cli/output.h"
#include "cli/verbs.h"
#include "cli/usage.h"
#include "common/json.h"

#define SETTINGS \
	(OPTION_BIT(OPTION_GISA) | OPTION_BIT(OPTION_POLL_THREAD) | OPTION_BIT(OPTION_POLL_TIMEOUT))

static const char *on_off(int8_t value)
{
	return value ? "on" : "off";
}

/* A line of what the kernel has, and what is wanted where that is something. */
static void print_switch(const char *name, int8_t now, int8_t wanted, const char *unknown)
{
	listing_name(name);
	fputs(now < 0 ? unknown : on_off(now), stdout);
	if (wanted >= 0) {
		fputs("; ", stdout);
		output_text(wanted ? "wanted on" : "wanted off",
			    wanted == now ? STYLE_PLAIN : STYLE_WARN);
	}
	putchar('\n');
}

static void print_timeout(int64_t now, int64_t wanted)
{
	listing_name("Poll timeout");
	if (now == JSON_INT_NULL)
		fputs("not known", stdout);
	else
		printf("%" PRId64 " ns", now);
	if (wanted != JSON_INT_NULL)
		printf("; %swanted %" PRId64 " ns%s",
		       output_style(wanted == now ? STYLE_PLAIN : STYLE_WARN), wanted,
		       output_end(wanted == now ? STYLE_PLAIN : STYLE_WARN));
	putchar('\n');
}

static void print_interrupts(const struct interrupts *interrupts)
{
	const struct interrupts_settings *now = &interrupts->now, *wanted = &interrupts->wanted;

	interrupts_print_forwarding(interrupts);
	listing_line("KVM offers",
		     interrupts->facility65 < 0 ? "not known: KVM could not be asked" :
		     interrupts->facility65	? "facility 65 (AQIC): guests may have apqi=on" :
						  "no facility 65 (AQIC): guests have no apqi",
		     STYLE_PLAIN);
	print_switch("kvm.use_gisa", now->gisa, wanted->gisa, "kvm is not loaded");
	listing_line("Host's queues", interrupts->host ? "use interrupts" : "are polled",
		     STYLE_PLAIN);
	print_switch("Poll thread", now->poll_thread, wanted->poll_thread, "not known");
	print_timeout(now->poll_timeout, wanted->poll_timeout);
}

static int show(struct run *run)
{
	CLEANUP_REPLY struct reply reply = { 0 };
	struct host host;
	int r = call(run, "GetHost", NULL, CLIENT_READ_TIMEOUT, &reply);

	if (r != EXIT_STATUS_DONE)
		return r;
	r = host_read(reply.parameters, &host);
	if (r < 0)
		return call_failed(run, r);
	if (option_given(run->options, OPTION_JSON))
		output_json(host_interrupts(reply.parameters), true);
	else
		print_interrupts(&host.interrupts);
	return EXIT_STATUS_DONE;
}

/* What was set, and what comes of it for guests. */
static int print_set(const struct options *options, const struct interrupts *interrupts)
{
	const struct interrupts_settings settings = {
		.gisa = option_given(options, OPTION_GISA) ? options->gisa : -1,
		.poll_thread = option_given(options, OPTION_POLL_THREAD) ? options->poll_thread :
									   -1,
		.poll_timeout = option_given(options, OPTION_POLL_TIMEOUT) ? options->poll_timeout :
									     JSON_INT_NULL,
	};
	CLEANUP_FREE char *text = interrupts_describe(&settings);

	if (!text)
		return call_broken(-ENOMEM);
	printf("Set now, and at every start of apqd: %s.\n", text);
	if (settings.gisa < 0)
		return EXIT_STATUS_DONE;
	if (interrupts->now.gisa < 0)
		puts("kvm is not loaded: kvm.use_gisa is set as soon as it is.");
	else
		puts("kvm.use_gisa counts for guests that are started from now on.");
	if (!settings.gisa)
		puts("Without it no guest's interrupts can be forwarded.");
	else if (!interrupts->forwarding) {
		fputs("Interrupts cannot be forwarded all the same: ", stdout);
		output_text(interrupts->reason ? interrupts->reason : "the reason is not known.",
			    STYLE_PLAIN);
		putchar('\n');
	}
	return EXIT_STATUS_DONE;
}

static int set(struct run *run)
{
	const struct options *options = run->options;
	CLEANUP_JSON struct json_object *parameters = json_object_new_object();
	CLEANUP_REPLY struct reply reply = { 0 };
	struct host host;
	int r = 0;

	if (option_given(options, OPTION_GISA))
		r = json_add_bool(parameters, "gisa", options->gisa);
	if (r == 0 && option_given(options, OPTION_POLL_THREAD))
		r = json_add_bool(parameters, "pollThread", options->poll_thread);
	if (r == 0 && option_given(options, OPTION_POLL_TIMEOUT))
		r = json_add_int(parameters, "pollTimeout", options->poll_timeout);
	if (r < 0 || change_add_flag(parameters, "dryRun", options, OPTION_DRY_RUN) < 0)
		return call_broken(-ENOMEM);
	r = call(run, "SetInterrupts", TAKE_PTR(parameters), CLIENT_NO_TIMEOUT, &reply);
	if (r != EXIT_STATUS_DONE)
		return r;
	r = host_read(reply.parameters, &host);
	if (r < 0)
		return call_failed(run, r);
	if (!change_report(run, &reply, NULL, "it is so already, and kept"))
		return EXIT_STATUS_DONE;
	return print_set(options, &host.interrupts);
}

int verb_interrupts(struct run *run)
{
	if (run->options->given & SETTINGS)
		return set(run);
	if (option_given(run->options, OPTION_DRY_RUN))
		return options_mistake(run->options->verb,
				       "A dry run needs something to do: give --gisa, "
				       "--poll-thread or --poll-timeout.");
	return show(run);
}
