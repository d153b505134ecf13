/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host policy: which queues are reserved for guests and by what means, what is wanted of
 * interrupts, and whether drift is undone.  It is /etc/apqd/host.json as a value.
 */
#ifndef APQD_DAEMON_MODEL_POLICY_H
#define APQD_DAEMON_MODEL_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "common/json.h"
#include "common/queue-set.h"
#include "daemon/model/mask-choice.h"

/* The means by which the kernel knows the owner of a queue. */
enum ownership_mechanism {
	MECHANISM_UNDECIDED,	/* nothing is reserved, or the next reservation chooses */
	MECHANISM_MASKS,	/* apmask and aqmask of the AP bus */
	MECHANISM_OVERRIDES,	/* driver_override of each queue */
	MECHANISM_OBSERVE,	/* apqd never touches ownership */
};

/* The words of host.json and of the interface; "" for undecided. */
extern const char *const ownership_mechanism_names[4];

/* The ids and queues that the administrator took from the host. */
struct reservation {
	struct mask adapters, domains;	/* whole ones, also their queues to come */
	struct queue_set queues;	/* and these */
};

/* The wanted interrupt settings of the kernel.  By default none is wanted. */
struct interrupts_wish {
	int8_t gisa, poll_thread;	/* 1, 0, -1: nothing is wanted */
	int64_t poll_timeout;		/* nanoseconds; JSON_INT_NULL: nothing is wanted */
};

#define INTERRUPTS_NO_WISH \
	((struct interrupts_wish){ .gisa = -1, .poll_thread = -1, .poll_timeout = JSON_INT_NULL })

bool interrupts_wish_is_empty(const struct interrupts_wish *wish);

/* poll_timeout_store() in the kernel's ap_bus.c takes up to 120 seconds. */
#define POLL_TIMEOUT_MAX 120000000000

struct host_policy {
	enum ownership_mechanism mechanism;
	bool has_reservation;		/* else apqd leaves ownership alone */
	struct reservation reserved;
	bool has_masks;			/* MECHANISM_MASKS: the bits that apqd cleared for it */
	struct mask_choice masks;
	struct interrupts_wish interrupts;
	bool enforce;			/* undo drift */
};

/* A policy that wants nothing. */
void host_policy_init(struct host_policy *policy);

bool host_policy_equal(const struct host_policy *a, const struct host_policy *b);

bool reservation_is_empty(const struct reservation *reserved);
bool reservation_equal(const struct reservation *a, const struct reservation *b);
bool reservation_has(const struct reservation *reserved, struct apqn apqn);

/* Puts every queue of the whole adapters and domains that lies in among, and the single ones, into set. */
void reservation_expand(const struct reservation *reserved, const struct queue_set *among,
			struct queue_set *set);

#endif
