/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /etc/apqd/host.json.  One that cannot be used wants nothing, because no other reading of it is
 * sure to take no queue from anybody.
 */
#include <errno.h>
#include <stdio.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "daemon/store/internal.h"
#include "daemon/store/policy-form.h"
#include "daemon/store/rules.h"

/* The object and what it says; returns as store_read_object(). */
static int read_file(struct store *store, struct json_object **ret_object,
		     struct host_policy *ret_policy, char **ret_problem)
{
	CLEANUP_JSON struct json_object *object = NULL;
	CLEANUP_FREE char *text = NULL;
	CLEANUP_POLICY_MISTAKE struct policy_mistake mistake = { 0 };
	int r = store_read_object(store, STORE_HOST, STORE_POLICY_NAME, &object, &text, ret_problem);

	if (r < 0)
		return r;
	r = policy_form_read(object, ret_policy, &mistake);
	if (r == -EINVAL &&
	    asprintf(ret_problem,
		     "The file %s/" STORE_POLICY_NAME " cannot be used, and is left as it is: line %u: %s.",
		     store->folder[STORE_HOST].path, locate_line(text, &mistake.at),
		     mistake.why) >= 0)
		return -EBADMSG;
	if (r < 0)
		return -ENOMEM;
	*ret_object = TAKE_PTR(object);
	return 0;
}

int store_read_policy(struct store *store, struct desired *desired)
{
	CLEANUP_JSON struct json_object *object = NULL;
	CLEANUP_FREE char *problem = NULL;
	struct host_policy policy;
	int r;

	host_policy_init(&policy);
	r = read_file(store, &object, &policy, &problem);
	/* What is known stays until it can be read again. */
	store_note_failure(store, r);
	if (store_is_of_the_moment(r) && desired->policy_known)
		return 0;
	desired->policy = policy;
	desired->policy_bad = false;
	desired->policy_known = r == 0 || r == -ENOENT;
	if (r == -ENOENT)
		return 0;
	if (problem) {
		desired->policy_bad = true;
		problems_add(&desired->problems, PROBLEM_BAD_POLICY, NULL, NULL, "%s", problem);
		return 0;
	}
	/* Not known is not the same as nothing wanted. */
	desired->policy_bad = r < 0;
	return r;
}
