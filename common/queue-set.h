/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any set of queues, not only a product of adapters and domains, and its text:
 * AA.DDDD and AA.DDDD-DDDD, both hexadecimal as the kernel writes them.
 */
#ifndef APQD_COMMON_QUEUE_SET_H
#define APQD_COMMON_QUEUE_SET_H

#include <stdbool.h>

#include "common/apqn.h"
#include "common/macro.h"
#include "common/mask.h"
#include "common/matrix.h"

struct queue_set {
	struct mask domains[APQN_IDS];	/* by adapter */
};

/* Runs through the queues of *set in ascending order. */
#define QUEUE_SET_FOR_EACH(adapter, domain, set)                          \
	for (unsigned int adapter = 0; adapter < APQN_IDS; adapter++)     \
		MASK_FOR_EACH(domain, &(set)->domains[adapter])

void queue_set_add(struct queue_set *set, struct apqn apqn);
void queue_set_remove(struct queue_set *set, struct apqn apqn);
bool queue_set_has(const struct queue_set *set, struct apqn apqn);
bool queue_set_is_empty(const struct queue_set *set);
bool queue_set_equal(const struct queue_set *a, const struct queue_set *b);
unsigned int queue_set_count(const struct queue_set *set);

/* Puts what is in other too into set, or takes it out of set. */
void queue_set_add_all(struct queue_set *set, const struct queue_set *other);
void queue_set_remove_all(struct queue_set *set, const struct queue_set *other);

/* Puts the queues of a matrix into set. */
void queue_set_add_matrix(struct queue_set *set, const struct matrix *matrix);

/*
 * Adds what text names: one queue, "04.0047", or a run of domains of one adapter,
 * "04.0010-0012".  Returns 0 or -EINVAL, and then set is as it was.
 */
MUST_CHECK int queue_set_parse(const char *text, struct queue_set *set);

/* So many runs of domains are shown to people; a message stays one that can be read. */
#define QUEUE_SET_RUNS_MAX 8

/*
 * Names the queues for people: "queue 06.0010", "queues 04.0010-0012, 06.0010", and of many the
 * first runs only: "queues 00.0000, 00.0002, [...] 00.000e and 240 more".
 * The caller frees it; NULL without memory.
 */
char *queue_set_format(const struct queue_set *set);

/* The same as the beginning of a sentence: "Queues 04.0010-0012, 06.0010". */
char *queue_set_title(const struct queue_set *set);

/* All of them, as a list that a command line takes: "04.0010-0012,06.0010". */
char *queue_set_list(const struct queue_set *set);

/* Returns true if queue_set_format() names every queue of the set. */
bool queue_set_is_short(const struct queue_set *set);

#endif
