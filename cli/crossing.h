/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A device has every queue where its adapters and domains cross, and cannot have any other set: what
 * that makes of queues that are named one by one.
 */
#ifndef APQD_CLI_CROSSING_H
#define APQD_CLI_CROSSING_H

#include <stdbool.h>

#include "common/macro.h"
#include "common/matrix.h"
#include "common/queue-set.h"

/* All queues of a matrix. */
struct queue_set crossing_queues(const struct matrix *matrix);

/* The smallest matrix that has all of the queues. */
struct matrix crossing_around(const struct queue_set *queues);

/* Returns the queues that *has gains by *more, without those of *wanted. */
struct queue_set crossing_gain(const struct matrix *has, const struct matrix *more,
			       const struct queue_set *wanted);

/* Returns the queues that *has loses without the adapters and domains of *gone. */
struct queue_set crossing_loss(const struct matrix *has, const struct matrix *gone);

/*
 * Finds the adapters and domains whose loss takes exactly those of the queues from has that it has.
 * Returns whether there are such; else *ret_gone is untouched.
 */
bool crossing_take(const struct matrix *has, const struct queue_set *queues,
		   struct matrix *ret_gone);

/*
 * A matrix as options: "--adapters 0x04 --domains 0x0010-0x0012".  The caller
 * frees it; NULL without memory.
 */
char *crossing_options(const struct matrix *matrix);

/*
 * Names queues for people, the first of them where there are many: "04.0010-0012, 05.0010 and 230 more".
 * The caller frees it; NULL without memory.
 */
char *crossing_names(const struct queue_set *queues);

#endif
