/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Turns a refusal by the kernel or by the disk into words, and into an error for a client.
 */
#ifndef APQD_DAEMON_REPORT_REFUSAL_H
#define APQD_DAEMON_REPORT_REFUSAL_H

#include <stdbool.h>

#include "common/error.h"
#include "daemon/model/attribute.h"

/* A sentence about a positive errno that a write of the attribute got; static. */
const char *refusal_sentence(enum attribute attribute, int errnum);

/* A sentence about the cost of a change that moved queues before apqd undid it. */
#define REFUSAL_MOVED \
	"Queues that moved were reset meanwhile, and a guest that has them may have lost them for a moment."

/*
 * Each fills *ret_error and returns -ECANCELED, or -ENOMEM.
 *
 * refusal_describe(): the kernel refused a write with errnum.  undo_failed (or NULL) is the write
 * that could not be undone, and undo_errnum says why.  moved: earlier steps moved queues and were
 * undone.
 *
 * refusal_describe_read_back(): the value read back differs from the value written.  If it cannot
 * be read, read_errnum says why, else read_errnum is 0.  undone: apqd undid all of it.  Otherwise
 * undo_failed is as above, or the change cannot be undone.
 */
int refusal_describe(const struct attribute_write *failed, int errnum, bool moved,
		     const struct attribute_write *undo_failed, int undo_errnum,
		     struct error *ret_error);
int refusal_describe_read_back(int read_errnum, bool undone, const struct attribute_write *undo_failed,
			       int undo_errnum, struct error *ret_error);

/* The state of the kernel's side after the disk refused. */
enum refusal_state {
	REFUSAL_UNCHANGED,	/* it is as it was, and was so all the time */
	REFUSAL_UNDONE,		/* it had the change, which moved queues, and is as it was */
	REFUSAL_STUCK,		/* it has the change, and refused the undo */
	REFUSAL_FILE_STUCK,	/* it is as it was, but a file on the disk is not */
};

/*
 * A definition on the disk is not the one that the change was planned for.  Returns as the others
 * do.
 */
int refusal_describe_overtaken_file(enum refusal_state state, struct error *ret_error);

/*
 * The disk, or memory, refused an operation ("write the definition") with errnum.  reason is a
 * sentence that says more than that, or NULL.
 */
int refusal_describe_store(const char *operation, int errnum, const char *reason, enum refusal_state state,
			   struct error *ret_error);

#endif
