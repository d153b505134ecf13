/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The form of /etc/apqd/host.json and of its parts, as objects of JSON; the records of changes
 * under way use it too.
 */
#ifndef APQD_DAEMON_STORE_POLICY_FORM_H
#define APQD_DAEMON_STORE_POLICY_FORM_H

#include <json-c/json.h>

#include "common/macro.h"
#include "daemon/model/policy.h"
#include "daemon/store/locate.h"

/* What is wrong, and where; policy_mistake_done() lets it go. */
struct policy_mistake {
	struct locate_path at;	/* its keys are borrowed from the object that was read */
	char *why;		/* owned; a phrase that names the key, and says what is accepted */
};

void policy_mistake_done(struct policy_mistake *mistake);

#define CLEANUP_POLICY_MISTAKE CLEANUP(policy_mistake_done)

/* Returns 0, -ENOMEM, or -EINVAL and *mistake (which must be empty before). */
MUST_CHECK int policy_form_read(struct json_object *object, struct host_policy *ret_policy,
				struct policy_mistake *mistake);

/* The same for the member "interrupts" of object; what it does not say stays in wish. */
MUST_CHECK int policy_form_read_wish(struct json_object *object, struct interrupts_wish *wish,
				     struct policy_mistake *mistake);

/* The same for the list under key in object; what it names is added to queues. */
MUST_CHECK int policy_form_read_queues(struct json_object *object, const struct locate_path *in,
				       const char *key, struct queue_set *queues,
				       struct policy_mistake *mistake);

/*
 * Sets our keys in an object, and keeps all others; what carries nothing is taken out.  Masks are
 * written only where policy_form_may_have_masks(), so what is written can always be read again.
 * Returns 0 or -ENOMEM.
 */
MUST_CHECK int policy_form_write(struct json_object *object, const struct host_policy *policy);
MUST_CHECK int policy_form_write_wish(struct json_object *object, const struct interrupts_wish *wish);

/* The list of runs, "05.0012-0014"; the caller puts it; NULL without memory. */
struct json_object *policy_form_queues(const struct queue_set *queues);

/*
 * Returns true if masks mean something beside the rest: they are what was chosen for a
 * reservation.
 */
bool policy_form_may_have_masks(const struct host_policy *policy);

#endif
