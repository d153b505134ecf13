/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counts the claimants of each queue, and keeps the numbers of the first few.  Each claimant is
 * added once, and none is compared with another one, so any number of them is cheap.  Pure.
 */
#ifndef APQD_DAEMON_MODEL_CLAIMS_H
#define APQD_DAEMON_MODEL_CLAIMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/cleanup.h"
#include "common/macro.h"
#include "common/matrix.h"
#include "common/queue-set.h"

/* Most claimants: those that stay, those of a document, and those that are under way. */
#define CLAIMS_MAX 16000

/* So many of a queue's claimants are known by number, and the others by how many they are. */
#define CLAIMS_NAMED 4

/* So many groups are told of one question; see claims_find(). */
#define CLAIMS_GROUPS_MAX 64

/* Half a MiB and more, of which only what is claimed takes memory. */
struct claims;

/* No claims yet, or NULL without memory; claims_free() takes NULL too. */
struct claims *claims_new(void);
void claims_free(struct claims *claims);

DEFINE_CLEANUP(struct claims *, claims_free);

#define CLEANUP_CLAIMS CLEANUP(claims_freep)

/* The who'th claimant, 0 to CLAIMS_MAX - 1 and each once, has these queues. */
void claims_add(struct claims *claims, const struct matrix *matrix, unsigned int who);

/* The same for queues that are not adapters crossed with domains. */
void claims_add_set(struct claims *claims, const struct queue_set *set, unsigned int who);

/* Returns true if a queue of matrix has more than own (0 or 1) claimants. */
bool claims_has_more(const struct claims *claims, const struct matrix *matrix, unsigned int own);

/* Queues with the same claimants, as far as these are known by number. */
struct claims_group {
	unsigned int count;			/* of claimants, 2 at least */
	unsigned int named[CLAIMS_NAMED];	/* the first of them, in the order of their adding */
	struct queue_set queues;
};

struct claims_groups {
	struct claims_group *items;	/* owned */
	size_t count;
	unsigned int left_out;		/* so many queues with rivals are in no group any more */
};

void claims_groups_done(struct claims_groups *groups);

#define CLEANUP_CLAIMS_GROUPS CLEANUP(claims_groups_done)

/*
 * Finds the queues of *among with more than one claimant, in at most max groups (up to
 * CLAIMS_GROUPS_MAX).  Returns 0 and the groups, which the caller lets go, or -ENOMEM.
 */
MUST_CHECK int claims_find(const struct claims *claims, const struct queue_set *among, size_t max,
			   struct claims_groups *ret_groups);

/*
 * Returns how many rows of queues were processed since the program began.  Tests measure the work
 * by it.
 */
uint64_t claims_work(void);

#endif
