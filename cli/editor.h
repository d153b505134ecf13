/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A text in a private temporary file, and the user's editor on it.  Whatever ends apqctl, a file in
 * which the editor has written stays.
 */
#ifndef APQD_CLI_EDITOR_H
#define APQD_CLI_EDITOR_H

#include <stdbool.h>

#include "common/macro.h"

/* The longest path of the file. */
#define EDITOR_PATH_MAX 4096

/* There is at most one at a time, for signals must find it. */
struct editor {
	char path[EDITOR_PATH_MAX];	/* "": there is no file */
};

/*
 * Writes text to a new file in TMPDIR that only this user can read.  Until editor_done() or editor_keep()
 * a signal that ends apqctl removes the file if it is as it was written.  Returns 0 or a negative errno.
 */
MUST_CHECK int editor_init(struct editor *editor, const char *text);

/*
 * Runs VISUAL, EDITOR or vi on the file until it ends.  Returns 0; -ECANCELED if it failed, which is then
 * on standard error; or another negative errno.
 */
MUST_CHECK int editor_run(const struct editor *editor);

/* Returns true if the file changed since apqctl wrote it: the editor has saved it. */
bool editor_was_saved(const struct editor *editor);

/* Removes the file. */
void editor_done(struct editor *editor);

/* Leaves the file where it is. */
void editor_keep(struct editor *editor);

#define CLEANUP_EDITOR CLEANUP(editor_done)

#endif
