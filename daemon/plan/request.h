/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The request of a client, from the parameters of a changing method, and the struct change that it
 * comes to.  Pure.
 */
#ifndef APQD_DAEMON_PLAN_REQUEST_H
#define APQD_DAEMON_PLAN_REQUEST_H

#include <stdbool.h>

#include "common/error.h"
#include "daemon/model/desired.h"
#include "daemon/model/observed.h"
#include "daemon/plan/plan.h"
#include "daemon/plan/revision.h"
#include "daemon/plan/document.h"

enum operation {
	OPERATION_DEFINE,
	OPERATION_UNDEFINE,
	OPERATION_START,
	OPERATION_STOP,
	OPERATION_ASSIGN,
	OPERATION_UNASSIGN,
	OPERATION_MODIFY,
	OPERATION_RESERVE,
	OPERATION_RELEASE,
	OPERATION_SET_INTERRUPTS,
	OPERATION_APPLY,
	OPERATION_IMPORT,
	OPERATIONS
};

enum scope {
	SCOPE_BOTH,
	SCOPE_LIVE,
	SCOPE_DEFINITION,
};

struct request {
	enum operation operation;
	char device[DEVICE_NAME_SIZE];	/* as the client named it; of DEFINE: a UUID, or "" for a new one */
	struct matrix matrix;		/* of DEFINE, ASSIGN, UNASSIGN */
	bool has_name;
	char name[DEVICE_NAME_SIZE];
	bool has_start;
	enum start_mode start;
	bool has_interrupts;
	enum interrupts_policy interrupts;
	enum scope scope;
	bool adopt;			/* MODIFY: the definition becomes what is active */
	bool reserve;			/* START, ASSIGN, DEFINE: reserve first what is the host's */
	bool start_now;			/* DEFINE: the device is started too */
	struct reservation what;	/* of RESERVE and RELEASE */
	enum ownership_mechanism mechanism;
	struct interrupts_wish wish;	/* of SET_INTERRUPTS */
	struct state *state;		/* of APPLY; owned by whoever has the request */
	bool prune;			/* of APPLY */
	char revision[REVISION_SIZE];	/* of APPLY: what it is meant to replace; "": whatever there is */
	bool force, dry_run;
};

/* The operation's verb, for messages and the journal: "start". */
const char *operation_name(enum operation operation);

/* Returns true if it is about the host alone, and not about a device. */
bool operation_is_of_host(enum operation operation);

/*
 * Turns the request into a change.  DEFINE without a UUID takes new_uuid.  Adds to collateral the
 * other queues that a reservation takes (see reserve.h), and to conflicts the reasons that forbid
 * it.
 * Returns 0 (the caller frees *ret_change with change_done()), or -ECANCELED and *ret_error, or
 * -ENOMEM.
 */
MUST_CHECK int request_to_change(const struct observed *observed, const struct desired *desired,
				 const struct request *request, const struct uuid *new_uuid,
				 struct change *ret_change, struct queue_set *collateral,
				 struct problems *conflicts, struct error *ret_error);

#endif
