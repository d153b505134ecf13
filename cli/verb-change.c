/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes what the kernel has: start and stop. */
#include <errno.h>
#include <stdio.h>

#include "cli/call.h"
#include "cli/change.h"
#include "cli/device.h"
#include "cli/many.h"
#include "cli/output.h"
#include "cli/reserved.h"
#include "cli/verbs.h"
#include "common/json.h"

static int start_one(struct run *run, const char *name)
{
	CLEANUP_JSON struct json_object *parameters = call_device_parameters(name);
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
		change_print_shortage(&device);
	}
	reserved_print_taken(run, &reply);
	return EXIT_STATUS_DONE;
}

static bool is_to_be_started(const struct device *device)
{
	return device->is_defined && !device->is_active;
}

int verb_start(struct run *run)
{
	return many_run(run, is_to_be_started, "every device is started", start_one);
}

/*
 * Returns the sentence about the guest that a forced stop waits for.  The caller frees it; NULL
 * without memory.
 */
static char *describe_wait(const struct device *device)
{
	struct json_object *user = list_length(device->users) > 0 ?
					   json_object_array_get_idx(device->users, 0) : NULL;
	CLEANUP_FREE char *label = output_safe(device_label(device), false);
	CLEANUP_FREE char *vm = output_safe(user ? device_user(user) : "a guest", false);
	char *text = NULL;

	if (!label || !vm ||
	    asprintf(&text, "%s is in use by %s. Waiting until the guest has closed it. Ctrl-C ends "
		     "apqctl, and the removal goes on.", label, vm) < 0)
		return NULL;
	return text;
}

static int stop_one(struct run *run, const char *name)
{
	CLEANUP_FREE char *patience = NULL;
	CLEANUP_JSON struct json_object *parameters = NULL;
	CLEANUP_REPLY struct reply found = { 0 };
	CLEANUP_REPLY struct reply reply = { 0 };
	struct device device;
	int r;

	r = change_find_device(run, name, &found, &device);
	if (r != EXIT_STATUS_DONE)
		return r;
	parameters = call_device_parameters(device.uuid);
	if (change_add_flag(parameters, "force", run->options, OPTION_FORCE) < 0 ||
	    change_add_flag(parameters, "dryRun", run->options, OPTION_DRY_RUN) < 0)
		return call_broken(-ENOMEM);
	if (option_given(run->options, OPTION_FORCE) && device.in_use)
		patience = describe_wait(&device);
	run->patience = patience;
	r = call(run, "Stop", TAKE_PTR(parameters), CLIENT_NO_TIMEOUT, &reply);
	run->patience = NULL;
	if (r != EXIT_STATUS_DONE)
		return r;
	if (change_report(run, &reply, device_label(&device), "is not started")) {
		change_print_label(device_label(&device));
		/* A definition whose file cannot be used is a problem of the device. */
		puts(device.is_defined || device_problem_count(&device) > 0 ?
			     " stopped." :
			     " stopped; it had no definition, so nothing of it is left.");
	}
	return EXIT_STATUS_DONE;
}

static bool is_started(const struct device *device)
{
	return device->is_active;
}

int verb_stop(struct run *run)
{
	return many_run(run, is_started, "no device is started", stop_one);
}
