/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is reserved for guests (the interface's type Reservation) in words, and the collateral
 * of taking it from the host.
 */
#ifndef APQD_CLI_RESERVED_H
#define APQD_CLI_RESERVED_H

#include <json-c/json.h>
#include <stdbool.h>

#include "cli/verbs.h"
#include "common/macro.h"
#include "common/matrix.h"
#include "common/queue-set.h"

/* Whole adapters, whole domains, and single queues besides. */
struct reserved {
	struct mask adapters, domains;
	struct queue_set queues;
};

/* Reads a Reservation; NULL, from an older apqd, is nothing.  Returns 0 or -EBADMSG. */
MUST_CHECK int reserved_read(struct json_object *object, struct reserved *ret_reserved);

bool reserved_is_empty(const struct reserved *reserved);

/*
 * "adapters 04, domains 0047, queues 05.0010-0012", or "nothing".  Of many queues only the
 * first are named.  The caller frees it; NULL without memory.
 */
char *reserved_describe(const struct reserved *reserved);

/* "by the masks", "by driver overrides", or "by nothing yet" for a mechanism of the interface. */
const char *reserved_mechanism(const char *mechanism);

/* Adds every text of a list (AA.DDDD or AA.DDDD-DDDD) to set.  Returns 0 or -EBADMSG. */
MUST_CHECK int reserved_add_queues(struct json_object *list, struct queue_set *set);

/* Shows people the queues that the host gets by a release; nothing with --json. */
void reserved_print_given(const struct run *run, const struct reply *reply);

/*
 * Shows people the queues that the host loses, and of these the collateral: those that the masks take
 * although nobody asked for them.  Prints nothing where there are none, and nothing with --json.
 */
void reserved_print_taken(const struct run *run, const struct reply *reply);

/*
 * The same of a release: the queues that are still kept from the host, by the masks or by the bits of
 * another program.
 */
void reserved_print_kept(const struct run *run, const struct reply *reply, const struct matrix *others);

#endif
