/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes what the kernel has: start and stop. */
#include <errno.h>
#include <stdio.h>

#include "cli/call.h"
#include "cli/change.h"
#include "cli/device.h"
#include "cli/output.h"
#include "cli/reserved.h"
#include "cli/verbs.h"
#include "common/json.h"

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
		change_print_shortage(&device);
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
