/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A verb for several devices: each in turn, and none when one of the names is wrong.
 */
#ifndef APQD_CLI_MANY_H
#define APQD_CLI_MANY_H

#include <stdbool.h>

#include "cli/device.h"
#include "cli/verbs.h"

/*
 * Calls one for each device that the command line names, or with --all for each that is_meant lets
 * through; each reports what it did.  none is the sentence for no such device.  Returns the exit
 * status of the first that failed.
 */
int many_run(struct run *run, bool (*is_meant)(const struct device *device), const char *none,
	     int (*one)(struct run *run, const char *device));

#endif
