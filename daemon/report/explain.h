/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Follows the queues of a device from the machine to its guest, link by link.  Shows each broken
 * link, and the command that fixes it.  Pure.
 */
#ifndef APQD_DAEMON_REPORT_EXPLAIN_H
#define APQD_DAEMON_REPORT_EXPLAIN_H

#include "common/cleanup.h"
#include "common/macro.h"
#include "common/queue-set.h"
#include "daemon/model/desired.h"
#include "daemon/model/observed.h"

/* In the order in which one depends on another. */
enum link_kind {
	LINK_CONFIGURED,	/* the LPAR has the adapters and domains, and they work */
	LINK_RELEASED,		/* no queue is the host's */
	LINK_BOUND,		/* vfio_ap is the driver of every queue */
	LINK_ASSIGNED,		/* the device is started, with the queues that it is to have */
	LINK_EFFECTIVE,		/* the kernel keeps none of them from the guest */
	LINK_GUEST,		/* a guest has the device */
	LINK_INTERRUPTS,	/* as the device's policy wants them */
	LINKS
};

enum link_state {
	LINK_OK,
	LINK_BROKEN,		/* by a fault of its own, whatever the links before it are */
	LINK_UNKNOWN,		/* nothing shows it, or it waits for a link before it */
};

/* The interface's words, in the order of the enums. */
extern const char *const link_names[LINKS];
extern const char *const link_state_names[3];

struct chain_link {
	enum link_state state;
	char *message;			/* owned; one or more sentences */
	char *remedy;			/* owned; what to do; NULL where nothing is to be done, so if ok */
	struct queue_set queues;	/* those that it is broken for */
};

struct explanation {
	struct chain_link links[LINKS];
};

void explanation_done(struct explanation *explanation);

#define CLEANUP_EXPLANATION CLEANUP(explanation_done)

/*
 * Explains a device that is defined, started or both: by its definition, or where that cannot be
 * used by what the kernel has.  Returns 0, or -ENOMEM and then *ret_explanation is untouched.
 */
MUST_CHECK int explain_device(const struct observed *observed, const struct desired *desired,
			      const struct uuid *uuid, struct explanation *ret_explanation);

#endif
