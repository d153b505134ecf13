/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A uevent, and what it is about.  The kernel's own messages and udev's both become one.
 */
#ifndef APQD_DAEMON_KERNEL_UEVENT_H
#define APQD_DAEMON_KERNEL_UEVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/macro.h"
#include "daemon/kernel/kernel.h"

/* Strings are borrowed from the message; those that it does not have are "". */
struct uevent {
	const char *action;	/* "add", "remove", "change", "bind", "unbind" ... */
	const char *devpath;	/* without /sys */
	const char *bindings;	/* BINDINGS=, of the AP bus */
	const char *event;	/* EVENT=, of kvm: "create", "destroy" */
	pid_t pid;		/* PID=, of kvm; 0: none */
	uint64_t seqnum;	/* SEQNUM=; 0: none */
};

/*
 * Reads the kernel's form: "ACTION@DEVPATH" and "KEY=VALUE"s, each with its NUL, length
 * bytes in all.  Returns 0, or -EBADMSG where it is something else.
 */
MUST_CHECK int uevent_parse(const char *message, size_t length, struct uevent *ret_uevent);

/* What may have changed by it.  Returns true, or false where it is about nothing of ours. */
bool uevent_decode(const struct uevent *uevent, struct kernel_event *ret_event);

/* Returns true if it is about kvm as such: it came or went, as a module or as /dev/kvm. */
bool uevent_is_of_kvm(const struct uevent *uevent);

/* Returns true if a virtual machine came or went; then uevent->pid is its VMM's. */
bool uevent_is_of_machine(const struct uevent *uevent);

#endif
