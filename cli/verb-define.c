/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes what is written down: definitions, and what apqd keeps beside them. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/call.h"
#include "cli/change.h"
#include "cli/device.h"
#include "cli/output.h"
#include "cli/reserved.h"
#include "cli/verbs.h"
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

static void print_defined(const struct device *device)
{
	print_full_label(device);
	fputs(" defined: ", stdout);
	change_print_matrix(&device->definition);
	fputs("; ", stdout);
	print_settings(device);
}

static int check_define(const struct options *options)
{
	struct uuid uuid;

	if (options->arguments_count > 0 && uuid_parse(options->arguments[0], &uuid) < 0)
		return options_mistake(
			options->verb,
			"'%.60s' is not a UUID: give one as 8-4-4-4-12 "
			"hexadecimal digits, or none for a new one; a name is given by --name.",
			options->arguments[0]);
	if (!option_given(options, OPTION_ADAPTERS) || !option_given(options, OPTION_DOMAINS))
		return options_mistake(
			options->verb,
			"'apqctl define' needs --adapters and --domains: which "
			"queues the device shall have, for example --adapters 4,6 --domains 0x10.");
	if (option_given(options, OPTION_RESERVE) && !option_given(options, OPTION_START))
		return options_mistake(options->verb,
				       "--reserve is part of the start: give --start too, or "
				       "'apqctl start --reserve' later.");
	return EXIT_STATUS_DONE;
}

/* A definition that was there before must not be taken back when the start is refused. */
static int was_defined_before(struct run *run, bool *ret_was_defined)
{
	CLEANUP_REPLY struct reply reply = { 0 };
	struct device device;
	int r;

	*ret_was_defined = false;
	if (run->options->arguments_count == 0 || !option_given(run->options, OPTION_START))
		return EXIT_STATUS_DONE;
	r = call_try(run, "GetDevice", call_device_parameters(run->options->arguments[0]),
		     CLIENT_READ_TIMEOUT, &reply);
	if (r != EXIT_STATUS_DONE)
		return r;
	*ret_was_defined = !reply.error && change_read_device(&reply, &device) == 0 &&
			   device.is_defined;
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
	    change_add_flag(parameters, "dryRun", options, OPTION_DRY_RUN) < 0)
		return call_broken(-ENOMEM);
	return call(run, "Define", TAKE_PTR(parameters), CLIENT_NO_TIMEOUT, ret_reply);
}

/*
 * The start was refused: nothing shall be left of the definition that was made for it.  Told
 * on standard error only, because --json has printed the refusal.
 */
static void take_back(struct run *run, const struct device *device)
{
	CLEANUP_REPLY struct reply reply = { 0 };
	CLEANUP_FREE char *why = NULL;
	CLEANUP_FREE char *safe_why = NULL;
	CLEANUP_FREE char *uuid = output_safe(device->uuid, false);
	int r = call_try(run, "Undefine", call_device_parameters(device->uuid), CLIENT_NO_TIMEOUT,
			 &reply);

	if (r == EXIT_STATUS_DONE && !reply.error) {
		fputs("apqctl: The definition was taken back: nothing is left of it.\n", stderr);
		return;
	}
	if (reply.error)
		why = error_describe(error_from_name(reply.error), reply.error, reply.parameters);
	safe_why = output_safe(why ? why : "apqd did not answer.", true);
	fprintf(stderr, "apqctl: The definition %s stays, because it could not be taken back: %s\n",
		uuid ? uuid : "?", safe_why ? safe_why : "?");
}

/* --json prints one reply for both: changed if either did, and the steps of both in order. */
static int join_replies(const struct reply *define, struct reply *start)
{
	CLEANUP_JSON struct json_object *all = json_object_new_array();
	const struct reply *const replies[] = { define, start };

	for (size_t i = 0; i < ARRAY_SIZE(replies); i++) {
		struct json_object *steps = NULL;

		json_object_object_get_ex(replies[i]->parameters, "steps", &steps);
		for (size_t k = 0; k < list_length(steps); k++)
			if (json_object_array_add(
				    all, json_object_get(json_object_array_get_idx(steps, k))) < 0)
				return -ENOMEM;
	}
	if (json_add_bool(start->parameters, "changed",
			  change_was_made(define) || change_was_made(start)) < 0)
		return -ENOMEM;
	return json_add(start->parameters, "steps", TAKE_PTR(all));
}

/* The second half of define --start; device is what Define returned. */
static int start_defined(struct run *run, const struct reply *defined, const struct device *device,
			 bool is_new)
{
	CLEANUP_JSON struct json_object *parameters = call_device_parameters(device->uuid);
	CLEANUP_REPLY struct reply reply = { 0 };
	struct device started;
	int r;

	if (change_add_flag(parameters, "reserve", run->options, OPTION_RESERVE) < 0 ||
	    change_add_flag(parameters, "dryRun", run->options, OPTION_DRY_RUN) < 0)
		return call_broken(-ENOMEM);
	r = call_try(run, "Start", TAKE_PTR(parameters), CLIENT_NO_TIMEOUT, &reply);
	if (r != EXIT_STATUS_DONE)
		return r;
	if (reply.error) {
		r = call_refused(run, &reply);
		if (is_new)
			take_back(run, device);
		return r;
	}
	if (join_replies(defined, &reply) < 0)
		return call_broken(-ENOMEM);
	r = change_read_device(&reply, &started);
	if (r < 0)
		return call_failed(run, r);
	if (change_report(run, &reply, device_label(&started),
			  "is so defined and started already")) {
		print_defined(&started);
		change_print_label(device_label(&started));
		change_print_started(&started);
	}
	reserved_print_taken(run, &reply);
	return EXIT_STATUS_DONE;
}

int verb_define(struct run *run)
{
	bool start = option_given(run->options, OPTION_START), was_defined;
	bool dry_run = option_given(run->options, OPTION_DRY_RUN);
	CLEANUP_REPLY struct reply reply = { 0 };
	struct device device;
	int r = check_define(run->options);

	if (r == EXIT_STATUS_DONE)
		r = was_defined_before(run, &was_defined);
	if (r == EXIT_STATUS_DONE)
		r = call_define(run, &reply);
	if (r != EXIT_STATUS_DONE)
		return r;
	r = change_read_device(&reply, &device);
	if (r < 0)
		return call_failed(run, r);
	/* A dry run leaves nothing that apqd could be asked to start. */
	if (start && !(dry_run && change_was_made(&reply)))
		return start_defined(run, &reply, &device, change_was_made(&reply) && !was_defined);
	if (change_report(run, &reply, device_label(&device), "is so defined already"))
		print_defined(&device);
	else if (start && !option_given(run->options, OPTION_JSON))
		puts("Then it would be started; whether it can be is known once it is defined.");
	return EXIT_STATUS_DONE;
}

int verb_undefine(struct run *run)
{
	CLEANUP_JSON struct json_object *parameters = NULL;
	CLEANUP_REPLY struct reply found = { 0 };
	CLEANUP_REPLY struct reply reply = { 0 };
	struct device device;
	int r;

	r = change_find_device(run, run->options->arguments[0], &found, &device);
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
	}
	return EXIT_STATUS_DONE;
}
