/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host as apqd describes it (the interface's types Host and Interrupts), read into structs,
 * as far as people need it.
 */
#ifndef APQD_CLI_HOST_H
#define APQD_CLI_HOST_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#include "cli/reserved.h"
#include "common/macro.h"
#include "common/matrix.h"

/* What the kernel has of them, or what the host policy wants. */
struct interrupts_settings {
	int8_t gisa, poll_thread;	/* 1, 0, -1: not known, or nothing is wanted */
	int64_t poll_timeout;		/* nanoseconds; JSON_INT_NULL: likewise */
};

struct interrupts {
	bool host;			/* the AP bus takes interrupts for the host's queues */
	int8_t facility65;		/* 1, 0, -1: could not be asked */
	bool forwarding;
	const char *reason;		/* why there is no forwarding; NULL for none */
	struct interrupts_settings now, wanted;
};

/* Strings and lists are borrowed from the object that it was read from. */
struct host {
	const char *kernel, *reason;
	const char *ownership;		/* default, masks, overrides */
	const char *mechanism;		/* masks, overrides, observe; NULL: not decided */
	bool ready, bindings_complete;
	int64_t max_adapter, max_domain;
	struct matrix configured;
	struct mask host_adapters, host_domains;
	struct matrix others;		/* bits of the masks that another program cleared */
	const char *importable;		/* the file that 'apqctl import' would take over, or NULL */
	int64_t queues, host_queues;	/* how many there are, and the host has; -1: an older apqd */
	struct reserved reserved;
	struct interrupts interrupts;
	struct json_object *bus_features, *passthrough_features, *problems;	/* lists, or NULL */
};

/* Reads the member host of a reply.  Returns 0, or -EBADMSG for what is no Host. */
MUST_CHECK int host_read(struct json_object *parameters, struct host *ret_host);

/* The member interrupts of the member host of a reply, or NULL; borrowed. */
struct json_object *host_interrupts(struct json_object *parameters);

/* Returns true if something is wanted of a setting and the kernel has it otherwise. */
bool interrupts_differ(const struct interrupts *interrupts);

/* Prints the line of a listing: whether interrupts can be forwarded to guests, or why not. */
void interrupts_print_forwarding(const struct interrupts *interrupts);

/*
 * "kvm.use_gisa on, poll thread off, poll timeout 250000 ns": those of the settings that are known
 * or wanted, or "" where none is.  The caller frees it; NULL without memory.
 */
char *interrupts_describe(const struct interrupts_settings *settings);

#endif
