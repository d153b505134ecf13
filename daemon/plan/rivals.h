/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The devices that want the same queues, as messages name them.
 */
#ifndef APQD_DAEMON_PLAN_RIVALS_H
#define APQD_DAEMON_PLAN_RIVALS_H

#include <stdbool.h>

#include "common/uuid.h"
#include "daemon/model/claims.h"

/* A device as messages name it. */
struct claimant {
	const struct uuid *uuid;
	const char *name;	/* "" for none */
	bool in_use;
};

typedef struct claimant (*claimant_fn)(const void *userdata, unsigned int who);

/* "A", "A and B", "A, B, C and 397 more" */
struct rivals_text {
	char *text;		/* owned; NULL without memory */
	unsigned int count;	/* how many they are */
	struct uuid first;
};

/*
 * Returns the names of the claimants of a group, without the device *besides (NULL: all of them).
 */
struct rivals_text rivals_describe(const struct claims_group *group, claimant_fn find,
				   const void *userdata, const struct uuid *besides);

#endif
