/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Turns a wish to take queues from the host, or to give them back, into masks, overrides and a new
 * policy.  Pure.
 *
 * The masks know whole adapters and domains only; mask-plan.h chooses them.  They only ever lose
 * bits by a reservation and only ever get bits by a release, so only the wanted queues and those
 * reported as collateral change their owner.  An exact wish does both at once.
 *
 * The policy keeps the bits that apqd itself cleared (host_policy.masks), and only these are ever
 * set again.  A bit that is 0 and is not among them is another program's, and stays so, also where
 * a reservation rests on it.  Only an import makes such bits apqd's own: those of the rule.
 */
#ifndef APQD_DAEMON_PLAN_RESERVE_H
#define APQD_DAEMON_PLAN_RESERVE_H

#include <stdbool.h>

#include "daemon/model/desired.h"
#include "daemon/model/observed.h"
#include "daemon/plan/plan.h"

struct reserve_wish {
	bool release;				/* give back; else take */
	bool exact;				/* reserve just that: take it, and give back what else is reserved */
	bool restore;				/* what was reserved before: vfio_ap may come later */
	bool import;				/* what masks at boot say: also ids beyond those of this machine */
	struct reservation what;
	enum ownership_mechanism mechanism;	/* MECHANISM_UNDECIDED: what policy or kernel say */
};

/*
 * Says in *ret_host what the wish comes to, and adds to collateral what else it takes from the
 * host, or of a release, what still is kept from the host although nobody has it reserved.
 * Adds everything that stands in the way to conflicts; *ret_host then is of no use.
 * Returns 0 or -ENOMEM.
 */
MUST_CHECK int reserve_make(const struct observed *observed, const struct desired *desired,
			    const struct reserve_wish *wish, struct host_change *ret_host,
			    struct queue_set *collateral, struct problems *conflicts);

/*
 * Makes the change by which the kernel follows the present policy: at the start of apqd, and for
 * queues that come back.  It never gives anything back to the host, since another program may have
 * taken it.
 * Returns as reserve_make() does.
 */
MUST_CHECK int reserve_restore(const struct observed *observed, const struct desired *desired,
			       struct host_change *ret_host, struct problems *conflicts);

/* The sentence why overrides cannot be had where host.has_override is not set; a constant. */
const char *reserve_no_override(const struct observed *observed);

/*
 * Returns the option, with a blank in front, that 'apqctl reserve' needs in addition on this host.
 * The option is " --masks" or " --overrides" if the mechanism of the host policy is not available
 * now, else "".  Returns NULL if apqd may reserve nothing.  Static.
 */
const char *reserve_option(const struct observed *observed, const struct desired *desired);

#endif
