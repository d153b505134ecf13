/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is wrong, for programs (a code), for people (a sentence), and with which queues.
 * A refused change is explained by the same means as a state that is not as it should be.
 */
#ifndef APQD_DAEMON_MODEL_PROBLEM_H
#define APQD_DAEMON_MODEL_PROBLEM_H

#include <stdbool.h>
#include <stddef.h>

#include "common/cleanup.h"
#include "common/macro.h"
#include "common/mask.h"
#include "common/uuid.h"

/* Stable words: programs rely on them.  apqd(8) lists them. */
#define PROBLEM_HOST_OWNED "queueHostOwned"
#define PROBLEM_CONFLICT "queueConflict"
#define PROBLEM_ABOVE_MAXIMUM "aboveMaximum"
#define PROBLEM_ABSENT "queueAbsent"
#define PROBLEM_NOT_BOUND "queueNotBound"
#define PROBLEM_DECONFIGURED "queueDeconfigured"
#define PROBLEM_CHECKSTOPPED "queueCheckstopped"
#define PROBLEM_CONTROL_DOMAIN "controlDomainFiltered"
#define PROBLEM_MATRIX_UNKNOWN "matrixUnknown"
#define PROBLEM_DRIFT "drift"
#define PROBLEM_DEFINITION_CONFLICT "definitionConflict"
#define PROBLEM_BAD_DEFINITION "badDefinition"
#define PROBLEM_NOT_STARTED "notStarted"
#define PROBLEM_STOPPING "stopping"
#define PROBLEM_NOT_READY "notReady"
#define PROBLEM_BAD_POLICY "badHostPolicy"
#define PROBLEM_STRANGE_FILE "strangeFile"

/* Any set of queues, not only a product of two masks. */
struct queue_set {
	struct mask domains[APQN_IDS];	/* by adapter */
};

void queue_set_add(struct queue_set *set, struct apqn apqn);
bool queue_set_is_empty(const struct queue_set *set);

/*
 * Names every queue: "04.0010-0012, 06.0010", with "queue" or "queues" before it.
 * The caller frees it; NULL without memory.
 */
char *queue_set_format(const struct queue_set *set);

struct problem {
	const char *code;		/* one of the words above, static */
	char *message;			/* owned */
	struct queue_set *queues;	/* owned; NULL for none */
	bool has_device;
	struct uuid device;
};

struct problems {
	struct problem *items;
	size_t count, size;
	bool incomplete;		/* memory ran out: there are more */
};

void problems_done(struct problems *problems);

#define CLEANUP_PROBLEMS CLEANUP(problems_done)

/*
 * Adds one.  device and queues may be NULL; queues are copied.  Without memory the list is
 * marked incomplete: a plan is then refused, never carried out.
 */
void problems_add(struct problems *problems, const char *code, const struct uuid *device,
		  const struct queue_set *queues, const char *format, ...) PRINTF_LIKE(5, 6);

bool problems_has(const struct problems *problems, const char *code, const char *message);

#endif
