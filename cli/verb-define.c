/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes what is written down: definitions, and what apqd keeps beside them. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/call.h"
#include "cli/change.h"
#include "cli/device.h"
#include "cli/many.h"
#include "cli/output.h"
#include "cli/reserved.h"
#include "cli/verbs.h"
#include "cli/usage.h"
#include "common/json.h"
#include "common/uuid.h"

/* "web1 (UUID)", or the UUID alone. */
static void print_full_label(const struct device *device)
{
	change_print_label(device_label(device));
	if (device->name) {
		fputs(" (", stdout);
		output_text(device->uuid, STYLE_PLAIN);
		putchar(')');
	}
}

static void print_settings(const struct device *device)
{
	fputs("start ", stdout);
	output_text(device->start, STYLE_PLAIN);
	fputs(", interrupts ", stdout);
	output_text(device->interrupts, STYLE_PLAIN);
	puts(".");
}

/* A definition alone starts nothing, also where it says auto. */
static void print_when(const struct device *device)
{
	if (device->is_active || strcmp(device->start, "auto") != 0)
		return;
	change_print_label(device_label(device));
	fputs(" starts when apqd starts the next time, at the latest at the next boot.", stdout);
	/* A problem of the device comes with the command that fixes it and starts the device. */
	if (device_problem_count(device) == 0) {
		fputs(" To start it now, run: 'apqctl start ", stdout);
		output_text(device_label(device), STYLE_PLAIN);
		fputs("'.", stdout);
	}
	putchar('\n');
}

static void print_defined(const struct device *device)
{
	print_full_label(device);
	fputs(" defined: ", stdout);
	change_print_matrix(&device->definition);
	fputs("; ", stdout);
	print_settings(device);
	print_when(device);
}

static int check_define(const struct options *options)
{
	if (!option_given(options, OPTION_ADAPTERS) || !option_given(options, OPTION_DOMAINS))
		return options_mistake(
			options->verb,
			"'apqctl define' needs --adapters and --domains: which "
			"queues the device shall have, for example --adapters 4,6 --domains 0x10.");
	if (option_given(options, OPTION_FORCE) && !option_given(options, OPTION_START) &&
	    !option_given(options, OPTION_RESERVE))
		return options_mistake(options->verb,
				       "--force is about --start and --reserve: give one of them too.");
	return EXIT_STATUS_DONE;
}

static int call_define(struct run *run, struct reply *ret_reply)
{
	const struct options *options = run->options;
	CLEANUP_JSON struct json_object *parameters = json_object_new_object();
	int r = json_add(parameters, "matrix", json_from_matrix(&options->matrix));

	if (r == 0 && options->arguments_count > 0)
		r = json_add_string(parameters, "uuid", options->arguments[0]);
	if (r < 0 || change_add_settings(parameters, options) < 0 ||
	    change_add_flag(parameters, "startNow", options, OPTION_START) < 0 ||
	    change_add_flag(parameters, "reserve", options, OPTION_RESERVE) < 0 ||
	    change_add_flag(parameters, "force", options, OPTION_FORCE) < 0 ||
	    change_add_flag(parameters, "dryRun", options, OPTION_DRY_RUN) < 0)
		return call_broken(-ENOMEM);
	return call(run, "Define", TAKE_PTR(parameters), CLIENT_NO_TIMEOUT, ret_reply);
}

int verb_define(struct run *run)
{
	bool start = option_given(run->options, OPTION_START);
	CLEANUP_REPLY struct reply reply = { 0 };
	struct device device;
	int r = check_define(run->options);

	if (r == EXIT_STATUS_DONE)
		r = call_define(run, &reply);
	if (r != EXIT_STATUS_DONE)
		return r;
	r = change_read_device(&reply, &device);
	if (r < 0)
		return call_failed(run, r);
	if (change_report(run, &reply, device_label(&device),
			  start ? "is already defined and started like this" : "is already defined like this")) {
		print_defined(&device);
		if (start) {
			change_print_label(device_label(&device));
			change_print_started(&device);
			change_print_shortage(&device);
		}
	}
	reserved_print_taken(run, &reply);
	return EXIT_STATUS_DONE;
}

static int undefine_one(struct run *run, const char *name)
{
	CLEANUP_JSON struct json_object *parameters = NULL;
	CLEANUP_REPLY struct reply found = { 0 };
	CLEANUP_REPLY struct reply reply = { 0 };
	struct device device;
	int r;

	r = change_find_device(run, name, &found, &device);
	if (r != EXIT_STATUS_DONE)
		return r;
	parameters = call_device_parameters(device.uuid);
	if (change_add_flag(parameters, "dryRun", run->options, OPTION_DRY_RUN) < 0)
		return call_broken(-ENOMEM);
	r = call(run, "Undefine", TAKE_PTR(parameters), CLIENT_NO_TIMEOUT, &reply);
	if (r != EXIT_STATUS_DONE)
		return r;
	if (change_report(run, &reply, device_label(&device), "has no definition")) {
		print_full_label(&device);
		if (device.is_active) {
			fputs(" undefined. The device stays started, without a name. To stop it, run: 'apqctl stop ",
			      stdout);
			output_text(device.uuid, STYLE_PLAIN);
			puts("'.");
		} else {
			puts(" undefined.");
		}
	}
	return EXIT_STATUS_DONE;
}

static bool is_defined(const struct device *device)
{
	return device->is_defined;
}

int verb_undefine(struct run *run)
{
	return many_run(run, is_defined, "no device is defined", undefine_one);
}

int verb_modify(struct run *run)
{
	const struct options *options = run->options;
	CLEANUP_JSON struct json_object *parameters = call_device_parameters(options->arguments[0]);
	CLEANUP_REPLY struct reply reply = { 0 };
	struct device device;
	int r;

	if (!(options->given & ~(OPTIONS_GLOBAL | OPTION_BIT(OPTION_DRY_RUN))))
		return options_mistake(options->verb,
				       "'apqctl modify' needs to know what: give --name, --auto, "
				       "--manual, --interrupts or --adopt.");
	if (change_add_settings(parameters, options) < 0 ||
	    change_add_flag(parameters, "adopt", options, OPTION_ADOPT) < 0 ||
	    change_add_flag(parameters, "dryRun", options, OPTION_DRY_RUN) < 0)
		return call_broken(-ENOMEM);
	r = call(run, "Modify", TAKE_PTR(parameters), CLIENT_NO_TIMEOUT, &reply);
	if (r != EXIT_STATUS_DONE)
		return r;
	r = change_read_device(&reply, &device);
	if (r < 0)
		return call_failed(run, r);
	if (change_report(run, &reply, device_label(&device), "is so already")) {
		print_full_label(&device);
		fputs(" modified: ", stdout);
		change_print_matrix(&device.definition);
		fputs("; ", stdout);
		print_settings(&device);
		if (option_given(options, OPTION_AUTO))
			print_when(&device);
	}
	return EXIT_STATUS_DONE;
}
