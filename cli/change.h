/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the verbs that change something have in common: optional parameters, the steps
 * of a dry run, and the end of each, which tells the one sentence.
 */
#ifndef APQD_CLI_CHANGE_H
#define APQD_CLI_CHANGE_H

#include <json-c/json.h>
#include <stdbool.h>

#include "cli/client.h"
#include "cli/device.h"
#include "cli/verbs.h"
#include "common/macro.h"

/* Adds name: true for a flag that was given; one that was not is left out. */
MUST_CHECK int change_add_flag(struct json_object *parameters, const char *name,
			       const struct options *options, enum option_id id);

/* Adds what --name, --auto, --manual and --interrupts say, as far as they were given. */
MUST_CHECK int change_add_settings(struct json_object *parameters, const struct options *options);

/* Looks a device up by what the user calls it.  Returns EXIT_STATUS_DONE or what to exit with. */
MUST_CHECK int change_find_device(struct run *run, const char *name, struct reply *ret_reply,
				  struct device *ret_device);

/* The member changed of a reply. */
bool change_was_made(const struct reply *reply);

/* The member device of a reply; 0, or -EBADMSG. */
MUST_CHECK int change_read_device(const struct reply *reply, struct device *ret_device);

/*
 * Does what is common to the output of all changes: warns of ids that the machine does not have, shows
 * what decimal ids of the command line are in hexadecimal, with --json prints the reply, with
 * --dry-run its steps, and where nothing changed says so: label (NULL for none) and same, how it
 * is already, for example "web1" "is started".  Returns whether the sentence for a change made
 * is still to be printed.
 */
bool change_report(struct run *run, const struct reply *reply, const char *label, const char *same);

/* Prints a device's label, made safe. */
void change_print_label(const char *label);

/* Prints a matrix in words. */
void change_print_matrix(const struct matrix *matrix);

/* Ends the sentence that a device was started: with what it has. */
void change_print_started(const struct device *device);

/* Prints a line where the guest gets less than the device has. */
void change_print_shortage(const struct device *device);

#endif
