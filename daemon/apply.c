/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/apply.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"

/* All that the thread touches, besides the kernel. */
struct apply {
	struct worker_job job;		/* first: the worker knows only this */
	struct kernel *kernel;
	struct uuid uuid;
	struct step *steps;
	size_t count;
	bool started;
	struct matrix expected;
	struct apply_result result;
	apply_done_fn done;
	void *userdata;
};

/* From the step before the failed one back to the first; goes on after a failure. */
static void undo(struct apply *apply, size_t count)
{
	while (count-- > 0) {
		const struct step *step = &apply->steps[count];
		int r;

		if (step->kind != STEP_WRITE || !step->has_undo)
			continue;
		r = kernel_write(apply->kernel, &step->undo);
		if (r < 0 && apply->result.undo_error == 0) {
			apply->result.undo_error = r;
			apply->result.undo_failed = step->undo;
		}
	}
}

static bool is_as_expected(struct apply *apply)
{
	struct matrix found;
	int r = kernel_read_matrix(apply->kernel, &apply->uuid, &found);

	if (!apply->started)
		return r == -ENOENT;
	/* What cannot be read without harm was written step by step, each with an answer. */
	if (r == -ENODATA)
		return true;
	return r == 0 && matrix_equal(&found, &apply->expected);
}

static void work(struct worker_job *job)
{
	struct apply *apply = (struct apply *)job;

	for (size_t i = 0; i < apply->count; i++) {
		int r;

		if (apply->steps[i].kind != STEP_WRITE)
			continue;
		r = kernel_write(apply->kernel, &apply->steps[i].write);
		/* Somebody else removed it first: just what was wanted. */
		if (r == -ENOENT && apply->steps[i].write.attribute == ATTRIBUTE_REMOVE)
			r = 0;
		if (r < 0) {
			apply->result.error = r;
			apply->result.failed = apply->steps[i].write;
			undo(apply, i);
			return;
		}
	}
	if (!is_as_expected(apply)) {
		apply->result.differs = true;
		undo(apply, apply->count);
	}
}

static void free_apply(struct apply *apply)
{
	free(apply->steps);
	free(apply);
}

static void done(struct worker_job *job)
{
	struct apply *apply = (struct apply *)job;

	apply->done(apply->userdata, &apply->result);
	free_apply(apply);
}

int apply_start(struct worker *worker, struct kernel *kernel, const struct plan *plan, bool started,
		const struct matrix *expected, apply_done_fn done_fn, void *userdata)
{
	struct apply *apply = calloc(1, sizeof(*apply));
	int r;

	if (!apply)
		return -ENOMEM;
	*apply = (struct apply){
		.job = { .work = work, .done = done },
		.kernel = kernel,
		.uuid = plan->uuid,
		.steps = calloc(plan->count, sizeof(*plan->steps)),
		.count = plan->count,
		.started = started,
		.expected = *expected,
		.done = done_fn,
		.userdata = userdata,
	};
	if (!apply->steps) {
		free_apply(apply);
		return -ENOMEM;
	}
	memcpy(apply->steps, plan->steps, plan->count * sizeof(*plan->steps));
	r = worker_run(worker, &apply->job);
	if (r < 0)
		free_apply(apply);
	return r;
}
