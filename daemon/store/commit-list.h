/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /etc/apqd/.commit.json: which files are about to change together.  What is to take their places
 * lies beside them, durably, before the list does.
 */
#ifndef APQD_DAEMON_STORE_COMMIT_LIST_H
#define APQD_DAEMON_STORE_COMMIT_LIST_H

#include "daemon/store/staged.h"

struct commit_list {
	struct json_object *files;	/* owned; an array */
	size_t count;			/* of files that change */
	bool written;
};

MUST_CHECK int commit_list_init(struct commit_list *list);
void commit_list_done(struct commit_list *list);

/* Adds a file; one that keeps what it has is left out.  0 or -ENOMEM. */
MUST_CHECK int commit_list_add(struct commit_list *list, const struct staged_file *file);

/* One file changes by itself at once: only of more is there a list on the disk. */
MUST_CHECK int commit_list_write(const struct store *store, struct commit_list *list);
MUST_CHECK int commit_list_remove(const struct store *store, struct commit_list *list);

/*
 * Finishes the change of files that a list tells of.  Returns 1 where there was one, 0, or a negative errno,
 * which is logged, and which the store keeps in mind: nothing may change before.
 */
MUST_CHECK int store_finish_list(struct store *store);

#endif
