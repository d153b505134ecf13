/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Answers a request for a whole state with the wanted states before and after it. */
#include <errno.h>

#include "common/json.h"
#include "daemon/engine/job-internal.h"

/* Both states have to fit one message, with room for the steps; fewer devices always do. */
#define STATES_MAX (11u << 20)
#define STATES_SMALL 1024u

static int check_length(struct job *job)
{
	const struct outcome *outcome = &job->outcome;
	size_t before = 0, after = 0;

	if (job->manager->desired.definitions.count + job->pending.change.count <= STATES_SMALL)
		return 0;
	if (!outcome->before || !outcome->after || !json_text(outcome->before, &before) ||
	    !json_text(outcome->after, &after))
		return -ENOMEM;
	if (before + after <= STATES_MAX)
		return 0;
	return error_set_reason(&job->outcome.error, ERROR_UNSUPPORTED,
				"Nothing was changed. The document is too long: the definitions before and after it "
				"together take %zu bytes, and an answer has room for %u. Apply fewer devices at a "
				"time.", before + after, STATES_MAX);
}

int job_note_states(struct job *job)
{
	const struct desired *desired = &job->manager->desired;

	if (job->kind != JOB_CLIENT || job->request.operation != OPERATION_APPLY)
		return 0;
	json_object_put(job->outcome.before);
	json_object_put(job->outcome.after);
	job->outcome.before = state_describe(desired, NULL);
	job->outcome.after = state_describe(desired, &job->pending.change);
	if (check_length(job) < 0)
		return job->outcome.error.code != ERROR_NONE ? -ECANCELED : -ENOMEM;
	return revision_make(&job->manager->observed, desired, job->outcome.revision);
}
