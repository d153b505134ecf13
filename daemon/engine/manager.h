/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Joins everything: what is (from the kernel), what should be (from the disk), and the
 * changes that bring the first to the second.  The socket lies above it.
 */
#ifndef APQD_DAEMON_ENGINE_MANAGER_H
#define APQD_DAEMON_ENGINE_MANAGER_H

#include <stdbool.h>
#include <systemd/sd-event.h>

#include "common/error.h"
#include "common/macro.h"
#include "daemon/model/desired.h"
#include "daemon/report/metrics.h"
#include "daemon/model/observed.h"
#include "daemon/plan/plan.h"
#include "daemon/plan/request.h"

struct manager;

/* What may have changed. */
enum manager_thing {
	MANAGER_HOST,
	MANAGER_CARD,
	MANAGER_QUEUE,
	MANAGER_DEVICE,
};

struct manager_listener {
	/* Look at the thing again: apqn is a queue's or a card's, uuid a device's. */
	void (*changed)(void *userdata, enum manager_thing thing, struct apqn apqn,
			const struct uuid *uuid);
	/* The first reconciliation is over: everything that could be started is. */
	void (*ready)(void *userdata);
	void *userdata;
};

/*
 * Opens the disk and the kernel below root ("" for none) and reads both.
 * Returns 0, or a negative errno and a sentence (the caller frees it).
 */
MUST_CHECK int manager_new(const char *root, sd_event *loop, struct manager **ret_manager,
			   char **ret_message);

/* Starts to reconcile.  The listener must live as long as the manager. */
MUST_CHECK int manager_start(struct manager *manager, const struct manager_listener *listener);

/* Takes NULL too. */
void manager_free(struct manager *manager);

/*
 * Reads the files of the definitions and the policy again, soon: the second tells whether that has
 * been done, or nobody asked for it.
 */
void manager_reload(struct manager *manager);
bool manager_has_reloaded(const struct manager *manager);

/*
 * Reads what changes without an event, before it is told: interrupts of queues that a guest has,
 * and checkstops of the cards that devices use; of one device, or (NULL) of all.
 */
void manager_look(struct manager *manager, const struct uuid *uuid);

/* Borrowed, and always up to date with the last event that was handled. */
const struct observed *manager_observed(const struct manager *manager);
const struct desired *manager_desired(const struct manager *manager);

/* What was done since the manager was made; borrowed. */
const struct metrics *manager_metrics(const struct manager *manager);

/* What came of a request. */
struct outcome {
	struct error error;	/* code ERROR_NONE: done */
	struct uuid uuid;	/* of the device, unless there is none; then its text is empty */
	char name[DEVICE_NAME_SIZE];	/* of it before the change; "" for none */
	bool changed;		/* with dry_run: would have changed something */
	struct plan plan;	/* its steps */
	struct queue_set collateral;	/* see reserve_make() */
	struct queue_set taken, given;	/* the queues that the host loses, and gets */
	/* Of an apply: what was wanted before, and will be, as the type State. */
	struct json_object *before, *after;
	char revision[REVISION_SIZE];	/* of what there was before it */
};

typedef void (*manager_done_fn)(void *userdata, const struct outcome *outcome);

/*
 * Queues a change.  request->state is taken over.  done is called exactly once, perhaps before this returns, unless
 * manager_forget() comes first.  Returns 0 or -ENOMEM, and then done is not called.
 */
MUST_CHECK int manager_submit(struct manager *manager, const struct request *request,
			      manager_done_fn done, void *userdata);

/*
 * Whether what was submitted with this userdata waits for a guest to let go of its device, which may
 * take as long as the guest runs.
 */
bool manager_waits_for_guest(const struct manager *manager, const void *userdata);

/* Whoever submitted with this userdata is gone: what is under way goes on, and nobody is told. */
void manager_forget(struct manager *manager, void *userdata);

#endif
