/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/change.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/call.h"
#include "cli/given.h"
#include "cli/lacking.h"
#include "cli/output.h"
#include "cli/steps.h"
#include "common/json.h"

int change_add_flag(struct json_object *parameters, const char *name, const struct options *options,
		    enum option_id id)
{
	return option_given(options, id) ? json_add_bool(parameters, name, true) : 0;
}

int change_add_settings(struct json_object *parameters, const struct options *options)
{
	int r = 0;

	if (option_given(options, OPTION_NAME))
		r = json_add_string(parameters, "name", options->name);
	if (r == 0 && option_given(options, OPTION_AUTO))
		r = json_add_string(parameters, "start", "auto");
	if (r == 0 && option_given(options, OPTION_MANUAL))
		r = json_add_string(parameters, "start", "manual");
	if (r == 0 && option_given(options, OPTION_INTERRUPTS))
		r = json_add_string(parameters, "interrupts", options->interrupts);
	return r;
}

int change_find_device(struct run *run, const char *name, struct reply *ret_reply,
		       struct device *ret_device)
{
	CLEANUP_REPLY struct reply reply = { 0 };
	int r = call(run, "GetDevice", call_device_parameters(name), CLIENT_READ_TIMEOUT, &reply);

	if (r != EXIT_STATUS_DONE)
		return r;
	r = change_read_device(&reply, ret_device);
	if (r < 0)
		return call_failed(run, r);
	*ret_reply = reply;
	reply = (struct reply){ 0 };
	return EXIT_STATUS_DONE;
}

bool change_was_made(const struct reply *reply)
{
	struct json_object *changed = NULL;

	json_object_object_get_ex(reply->parameters, "changed", &changed);
	return json_object_get_boolean(changed);
}

int change_read_device(const struct reply *reply, struct device *ret_device)
{
	struct json_object *device = NULL;

	json_object_object_get_ex(reply->parameters, "device", &device);
	return device_read(device, ret_device);
}

/* The steps of a dry run, where label names the one device that is changed. */
static void print_steps(const struct options *options, const struct reply *reply, const char *label)
{
	bool is_defined = options->verb->id == VERB_DEFINE && !matrix_is_empty(&options->matrix);
	bool is_new = options->verb->id == VERB_DEFINE && options->name;
	const struct steps_naming naming = {
		.parameters = reply->parameters,
		.label = is_new ? options->name : label,
		.takes = options->verb->id == VERB_UNASSIGN,
		.definition = is_defined ? &options->matrix : NULL,
	};
	struct json_object *steps = NULL;

	json_object_object_get_ex(reply->parameters, "steps", &steps);
	steps_print(steps, &naming, option_given(options, OPTION_VERBOSE));
}

/* A device that is to start automatically and cannot is told where it is made so, and not at the next boot. */
static void warn_of_start(const struct reply *reply)
{
	struct device device;

	if (change_read_device(reply, &device) < 0)
		return;
	for (size_t i = 0; i < device_problem_count(&device); i++) {
		struct json_object *problem = json_object_array_get_idx(device.problems, i);
		CLEANUP_FREE char *safe = NULL;

		if (strcmp(problem_code(problem), "cannotStart") != 0)
			continue;
		safe = output_safe(problem_message(problem), false);
		fprintf(stderr, "apqctl: Warning: %s\n", safe ? safe : "?");
	}
}

bool change_report(struct run *run, const struct reply *reply, const char *label, const char *same)
{
	lacking_warn(run);
	if (option_given(run->options, OPTION_JSON)) {
		output_json(reply->parameters, !run->many);
		return false;
	}
	given_print(run->options, stdout);
	if (!change_was_made(reply)) {
		fputs("Nothing to change: ", stdout);
		if (label) {
			change_print_label(label);
			putchar(' ');
		}
		printf("%s.\n", same);
		return false;
	}
	if (option_given(run->options, OPTION_DRY_RUN)) {
		puts("Dry run, nothing was changed. Steps:");
		print_steps(run->options, reply, label);
		return false;
	}
	warn_of_start(reply);
	return true;
}

void change_print_label(const char *label)
{
	output_text(label, STYLE_BOLD);
}

void change_print_matrix(const struct matrix *matrix)
{
	CLEANUP_FREE char *text = matrix_describe(matrix);

	output_text(text, STYLE_PLAIN);
}

void change_print_started(const struct device *device)
{
	if (device_is_unreadable(device)) {
		puts(" started; what it has cannot be read back on this kernel.");
		return;
	}
	fputs(" started: ", stdout);
	change_print_matrix(&device->active);
	puts(".");
}

void change_print_shortage(const struct device *device)
{
	unsigned int assigned = matrix_queue_count(&device->active);
	unsigned int effective = matrix_queue_count(&device->effective);

	if (!device->is_active || !device->has_effective || effective >= assigned)
		return;
	printf("Its guest gets %u of %u queues; why: 'apqctl show ", effective, assigned);
	output_text(device_label(device), STYLE_PLAIN);
	puts("'.");
}
