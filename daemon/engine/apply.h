/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Carries the kernel's steps of a plan out: the only way to a kernel write.  A step that is
 * refused has those before it undone; what was written is believed after reading it back.
 */
#ifndef APQD_DAEMON_ENGINE_APPLY_H
#define APQD_DAEMON_ENGINE_APPLY_H

#include <stdbool.h>

#include "common/macro.h"
#include "daemon/kernel/kernel.h"
#include "daemon/plan/plan.h"
#include "daemon/worker.h"

struct apply_result {
	int error;			/* 0, or the kernel's answer to the step that failed */
	struct attribute_write failed;	/* that step's write */
	bool differs;			/* all was written, but reading back shows something else */
	int read_error;			/* 0, or that could not be seen: why it could not be read back */
	bool moved;			/* steps that were undone moved queues (plan.h) */
	bool stays;			/* a step that was made has no way back */
	int undo_error;			/* 0, or why the steps before could not all be undone */
	struct attribute_write undo_failed;
};

typedef void (*apply_done_fn)(void *userdata, const struct apply_result *result);

/*
 * Makes the plan's steps of the kernel on a worker, and calls done on the loop.  Where change says
 * so, each device must end with its matrix, or be gone.  Both are copied.  Returns 0 or a negative
 * errno, and then done is not called.
 */
MUST_CHECK int apply_start(struct worker *worker, struct kernel *kernel, const struct plan *plan,
			   const struct change *change, apply_done_fn done, void *userdata);

/*
 * Whether the kernel has lost count of the driver overrides: it then refuses to set even a bit that
 * is 1, which changes nothing and so shows it.  Only for a host whose masks are full and that has no
 * override: it is the one write without the lock, so it names one bit, of an adapter that no host has.
 */
bool apply_finds_leak(struct kernel *kernel);

#endif
