/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Carries the kernel's steps of a plan out: the only way to a kernel write.  A step that is
 * refused has those before it undone; what was written is believed after reading it back.
 */
#ifndef APQD_DAEMON_APPLY_H
#define APQD_DAEMON_APPLY_H

#include <stdbool.h>

#include "common/macro.h"
#include "daemon/kernel/kernel.h"
#include "daemon/model/plan.h"
#include "daemon/worker.h"

struct apply_result {
	int error;			/* 0, or the kernel's answer to the step that failed */
	struct attribute_write failed;	/* that step's write */
	bool differs;			/* all was written, but reading back shows something else */
	int undo_error;			/* 0, or why the steps before could not all be undone */
	struct attribute_write undo_failed;
};

typedef void (*apply_done_fn)(void *userdata, const struct apply_result *result);

/*
 * Writes the plan's steps of kind STEP_WRITE on a worker, and calls done on the loop.  With
 * started, the device must end with the matrix expected; without, it must be gone.  The plan
 * is copied.  Returns 0 or a negative errno, and then done is not called.
 */
MUST_CHECK int apply_start(struct worker *worker, struct kernel *kernel, const struct plan *plan,
			   bool started, const struct matrix *expected, apply_done_fn done,
			   void *userdata);

#endif
