/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The desired state of a host and its devices as one document: the result of Export and the input
 * of Apply, the type State of the interface.  Pure.
 */
#ifndef APQD_DAEMON_PLAN_DOCUMENT_H
#define APQD_DAEMON_PLAN_DOCUMENT_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/cleanup.h"
#include "common/error.h"
#include "daemon/model/change.h"

/* The one form that there is so far. */
#define STATE_VERSION 1

/* One device of a state. */
struct state_device {
	bool has_uuid;			/* else the name tells which device is meant: */
	struct uuid new_uuid;		/* ... or that there is none yet, and this is the new one's */
	struct definition definition;	/* its UUID counts with has_uuid only */
};

struct state {
	/* Of the host; what is not given is left as it is. */
	bool has_ownership, has_enforce, has_reserved;
	enum ownership_mechanism ownership;	/* masks, overrides or observe */
	bool enforce;
	struct reservation reserved;
	bool has_interrupts;	/* if pruned, settings missing from interrupts are no longer wanted */
	struct interrupts_wish interrupts;

	struct state_device *devices;	/* owned */
	size_t count;
};

void state_done(struct state *state);

#define CLEANUP_STATE CLEANUP(state_done)

/* How it is to be made so. */
struct state_way {
	bool prune;	/* what the state does not have is taken away: definitions, their devices, reservations */
	bool force;	/* queues may be taken away from running guests */
};

/*
 * Says what has to change.  Every device of the state gets its definition; those that are started,
 * and those that start by themselves, are to have in the kernel what they are defined with.
 * Without prune what is reserved stays reserved.  Adds to collateral and conflicts as
 * reserve_make() does.
 * Returns 0 (the caller lets *ret_change go with change_done()), or -ECANCELED and *ret_error,
 * or -ENOMEM.
 */
MUST_CHECK int state_to_change(const struct observed *observed, const struct desired *desired,
			       const struct state *state, const struct state_way *way,
			       struct change *ret_change, struct queue_set *collateral,
			       struct problems *conflicts, struct error *ret_error);

/*
 * Returns the desired state after change (NULL: the present one) as the type State, without
 * definitions whose files cannot be used.  The caller puts it.  Returns NULL without memory.
 */
struct json_object *state_describe(const struct desired *desired, const struct change *change);

#endif
