/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes what the kernel has: start, stop, and the queues of a device. */
#include <errno.h>
#include <stdio.h>

#include "cli/call.h"
#include "cli/change.h"
#include "cli/device.h"
#include "cli/output.h"
#include "cli/reserved.h"
#include "cli/verbs.h"
#include "common/json.h"

/* What the guest gets is worth a word where it is not all. */
static void print_shortage(const struct device *device)
{
	unsigned int assigned = matrix_queue_count(&device->active);
	unsigned int effective = matrix_queue_count(&device->effective);

	if (!device->is_active || !device->has_effective || effective >= assigned)
		return;
	printf("Its guest gets %u of %u queues; why: 'apqctl show ", effective, assigned);
	output_text(device_label(device), STYLE_PLAIN);
	puts("'.");
}

int verb_start(struct run *run)
{
	CLEANUP_JSON struct json_object *parameters =
		call_device_parameters(run->options->arguments[0]);
	CLEANUP_REPLY struct reply reply = { 0 };
	struct device device;
	int r;

	if (change_add_flag(parameters, "force", run->options, OPTION_FORCE) < 0 ||
	    change_add_flag(parameters, "reserve", run->options, OPTION_RESERVE) < 0 ||
	    change_add_flag(parameters, "dryRun", run->options, OPTION_DRY_RUN) < 0)
		return call_broken(-ENOMEM);
	r = call(run, "Start", TAKE_PTR(parameters), CLIENT_NO_TIMEOUT, &reply);
	if (r != EXIT_STATUS_DONE)
		return r;
	r = change_read_device(&reply, &device);
	if (r < 0)
		return call_failed(run, r);
	if (change_report(run, &reply, device_label(&device), "is started, and as it is defined")) {
		change_print_label(device_label(&device));
		change_print_started(&device);
		print_shortage(&device);
	}
	reserved_print_taken(run, &reply);
	return EXIT_STATUS_DONE;
}

int verb_stop(struct run *run)
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
	if (change_add_flag(parameters, "force", run->options, OPTION_FORCE) < 0 ||
	    change_add_flag(parameters, "dryRun", run->options, OPTION_DRY_RUN) < 0)
		return call_broken(-ENOMEM);
	r = call(run, "Stop", TAKE_PTR(parameters), CLIENT_NO_TIMEOUT, &reply);
	if (r != EXIT_STATUS_DONE)
		return r;
	if (change_report(run, &reply, device_label(&device), "is not started")) {
		change_print_label(device_label(&device));
		puts(device.is_defined ?
			     " stopped." :
			     " stopped; it had no definition, so nothing of it is left.");
	}
	return EXIT_STATUS_DONE;
}

/* What the device has now, in the kernel and on the disk. */
static void print_result(const struct device *device)
{
	if (!device->is_active || !device->is_defined ||
	    matrix_equal(&device->active, &device->definition)) {
		fputs("now it has ", stdout);
		change_print_matrix(device_matrix(device));
		fputs(device->is_active ? device->is_defined ? "" : " (in the kernel only)" :
					  " (it is not started)", stdout);
	} else {
		fputs("the kernel has ", stdout);
		change_print_matrix(&device->active);
		fputs(", the definition ", stdout);
		change_print_matrix(&device->definition);
	}
	puts(".");
}

/* Assign and Unassign differ in their method and in words only. */
static int change_matrix(struct run *run, const char *method, const char *done, const char *same)
{
	const struct options *options = run->options;
	CLEANUP_JSON struct json_object *parameters = call_device_parameters(options->arguments[0]);
	CLEANUP_REPLY struct reply reply = { 0 };
	struct device device;
	int r;

	if (matrix_is_empty(&options->matrix))
		return options_mistake(options->verb,
				       "'apqctl %s' needs to know what: give --adapters, "
				       "--domains or --control-domains with a list.",
				       options->verb->name);
	r = json_add(parameters, "matrix", json_from_matrix(&options->matrix));
	if (r == 0 && option_given(options, OPTION_LIVE))
		r = json_add_string(parameters, "scope", "live");
	if (r == 0 && option_given(options, OPTION_DEFINITION))
		r = json_add_string(parameters, "scope", "definition");
	if (r < 0 || change_add_flag(parameters, "force", options, OPTION_FORCE) < 0 ||
	    change_add_flag(parameters, "reserve", options, OPTION_RESERVE) < 0 ||
	    change_add_flag(parameters, "dryRun", options, OPTION_DRY_RUN) < 0)
		return call_broken(-ENOMEM);
	r = call(run, method, TAKE_PTR(parameters), CLIENT_NO_TIMEOUT, &reply);
	if (r != EXIT_STATUS_DONE)
		return r;
	r = change_read_device(&reply, &device);
	if (r < 0)
		return call_failed(run, r);
	if (change_report(run, &reply, device_label(&device), same)) {
		change_print_label(device_label(&device));
		printf(" %s ", done);
		change_print_matrix(&options->matrix);
		fputs("; ", stdout);
		print_result(&device);
		print_shortage(&device);
	}
	reserved_print_taken(run, &reply);
	return EXIT_STATUS_DONE;
}

int verb_assign(struct run *run)
{
	return change_matrix(run, "Assign", "was given", "has all of that");
}

int verb_unassign(struct run *run)
{
	return change_matrix(run, "Unassign", "has lost", "has none of that");
}
