/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The commands of apqd-simctl: what other programs do to a kernel beside the daemon, and
 * faults for the daemon's own writes.
 */
#ifndef APQD_TESTS_SIM_SIMCTL_H
#define APQD_TESTS_SIM_SIMCTL_H

#include "tests/sim/file.h"

/* Exit statuses. */
enum {
	SIMCTL_DONE,
	SIMCTL_REFUSED,	/* the kernel's answer was an errno, or there is no such thing */
	SIMCTL_USAGE,
};

/*
 * argv begins with the command's name and ends with NULL.  Each prints what it has to say
 * and returns an exit status.
 */
typedef int simctl_fn(struct sim *sim, char **argv);

simctl_fn simctl_write, simctl_read, simctl_count, simctl_guest, simctl_hardware, simctl_kvm;
simctl_fn simctl_interrupt, simctl_aqic, simctl_fault, simctl_lose, simctl_clear, simctl_unblock,
	simctl_blocked;

/* Reads "on" or "off"; false for anything else. */
bool simctl_on_off(const char *text, bool *ret_on);

/* Reads a decimal or 0x number up to max; false for anything else. */
bool simctl_number(const char *text, unsigned long max, unsigned long *ret_number);

/* An attribute by name, or by a path that ends with it; ATTRIBUTES and a message for none. */
enum attribute simctl_attribute(const char *text);

/* Fills in the device or queue that text names: false, and a message, for what is neither. */
bool simctl_target(const char *text, struct attribute_write *write);

#endif
