/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ids that the masks take from the host: adapters whose bit in apmask is 0, and domains whose
 * bit in aqmask is 0.  A queue is the host's only if it is in neither (ap_owned_by_def_drv() in
 * ap_bus.c).
 */
#ifndef APQD_DAEMON_MODEL_MASK_CHOICE_H
#define APQD_DAEMON_MODEL_MASK_CHOICE_H

#include <stdbool.h>

#include "common/mask.h"

struct mask_choice {
	struct mask adapters, domains;
};

/* Returns true if the queue is not the host's. */
bool mask_choice_takes(const struct mask_choice *choice, struct apqn apqn);

bool mask_choice_is_subset(const struct mask_choice *inner, const struct mask_choice *outer);

bool mask_choice_is_empty(const struct mask_choice *choice);

/* Return the ids that are in a or b; those that are in a but not in b. */
struct mask_choice mask_choice_or(const struct mask_choice *a, const struct mask_choice *b);
struct mask_choice mask_choice_minus(const struct mask_choice *a, const struct mask_choice *b);

#endif
