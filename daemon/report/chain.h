/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One walk along the chain from a card to a guest, as the files see it that look at its links.
 */
#ifndef APQD_DAEMON_REPORT_CHAIN_H
#define APQD_DAEMON_REPORT_CHAIN_H

#include <stdbool.h>

#include "common/list.h"
#include "daemon/report/explain.h"
#include "daemon/model/problem.h"

/* One walk along the chain.  A link may look at what the links before it have found. */
struct walk {
	const struct observed *observed;
	const struct desired *desired;
	struct uuid uuid;
	const struct definition *definition;	/* NULL: none, or none that can be used */
	const struct observed_device *device;	/* NULL: not started */
	const char *name;			/* as commands name the device */
	bool wanted_known;
	struct matrix wanted;
	struct problems conflicts;		/* what keeps it from having wanted */
	struct problems problems;		/* what diagnose.h says of it */
	struct matrix effective;		/* of device: what its guest gets */

	struct matrix possible;			/* wanted, less ids that this machine cannot have */
	struct queue_set absent;		/* wanted queues that are missing */
	struct queue_set hosts;			/* wanted queues that are the host's */
	struct queue_set unbound;		/* wanted queues whose driver is not vfio_ap */

	struct chain_link *link;		/* the one that is being looked at */
	struct explanation explanation;
	bool no_memory;
};

/* Each adds a sentence to the present link. */
void walk_say(struct walk *walk, const char *format, ...) PRINTF_LIKE(2, 3);
void walk_advise(struct walk *walk, const char *format, ...) PRINTF_LIKE(2, 3);

/* Marks the present link as broken, for these queues in addition (NULL: not for single ones). */
void walk_break(struct walk *walk, const struct queue_set *queues);

/* Marks the present link as unknown, unless it is broken. */
void walk_leave_open(struct walk *walk);

/* Returns true if there is no queue to look at, for the present link; then that is said. */
bool walk_has_nothing(struct walk *walk);

/* For text: the queues as people read them, and ids as the kernel and as a command line have them. */
char *walk_queues(struct walk *walk, const struct queue_set *set);
char *walk_ids(struct walk *walk, const struct mask *ids, enum list_kind kind);
char *walk_arguments(struct walk *walk, const struct mask *ids, enum list_kind kind);

/* Returns true if the queue is the host's and not only without a driver. */
bool walk_is_hosts(const struct walk *walk, struct apqn apqn);

/* Adds the command by which vfio_ap becomes the driver of the queues, or by which they are reserved. */
void walk_advise_bind(struct walk *walk, const struct queue_set *set);
void walk_advise_reserve(struct walk *walk, const struct queue_set *set);

/* The message of the first problem of that code, or NULL. */
const char *walk_problem(const struct problems *problems, const char *code);

#endif
