/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A problem: a code for programs, a sentence for people, and the queues that have it.  Problems
 * describe faults of the present state, and the reasons of a refused change.
 */
#ifndef APQD_DAEMON_MODEL_PROBLEM_H
#define APQD_DAEMON_MODEL_PROBLEM_H

#include <stdbool.h>
#include <stddef.h>

#include "common/cleanup.h"
#include "common/macro.h"
#include "common/queue-set.h"
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
#define PROBLEM_NAME_CONFLICT "nameConflict"
#define PROBLEM_CANNOT_START "cannotStart"
#define PROBLEM_BAD_DEFINITION "badDefinition"
#define PROBLEM_NOT_STARTED "notStarted"
#define PROBLEM_STOPPING "stopping"
#define PROBLEM_INTERRUPTS_UNAVAILABLE "interruptsUnavailable"
#define PROBLEM_NOT_POLLED "interruptsOn"
#define PROBLEM_NOT_READY "notReady"
#define PROBLEM_RESERVATION_LOST "reservationLost"
#define PROBLEM_BOOT_MASKS "bootMasksDisagree"
#define PROBLEM_OTHER_MECHANISM "otherMechanism"
#define PROBLEM_OTHER_OVERRIDES "otherOverrides"
#define PROBLEM_OVERRIDE_LEAKED "overrideLeaked"
#define PROBLEM_HOST_LOSES_MODE "hostLosesMode"
#define PROBLEM_HOST_INTERRUPTS "hostInterrupts"
#define PROBLEM_BAD_POLICY "badHostPolicy"
#define PROBLEM_STRANGE_FILE "strangeFile"
#define PROBLEM_MORE "more"		/* in place of those that a list has no room for */

struct problem {
	const char *code;		/* one of the words above, static */
	char *message;			/* owned */
	struct queue_set *queues;	/* owned; NULL for none */
	bool has_device;
	struct uuid device;
};

/* So many are kept in one list, and the others counted: somebody has to read them. */
#define PROBLEMS_MAX 1024

struct problems {
	struct problem *items;
	size_t count, size;
	size_t left_out;		/* so many more there are */
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

/*
 * Adds a problem about the queues of *set: their names, ": ", and why.  Adds nothing if the set is
 * empty.  device may be NULL.
 */
void problems_add_queues(struct problems *problems, const char *code, const struct uuid *device,
			 const struct queue_set *set, const char *why);

/* Returns true if a problem of that code has exactly this message. */
bool problems_has(const struct problems *problems, const char *code, const char *message);

#endif
