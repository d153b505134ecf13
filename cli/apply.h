/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Applies a document that has been read, and shows what that did, or why apqd refused it.
 */
#ifndef APQD_CLI_APPLY_H
#define APQD_CLI_APPLY_H

#include <json-c/json.h>
#include <stdbool.h>

#include "cli/verbs.h"
#include "common/macro.h"

/* How it went, as far as the exit status does not tell. */
struct apply_result {
	bool has_moved;		/* refused, for the host is no longer as the revision says */
	bool was_changed;	/* or would be, by a dry run */
};

/*
 * Has apqd apply state, with --prune, --force and --dry-run as given, and prints the outcome.  revision:
 * what it is meant to replace, or NULL.  file: the document's name, for the commands that the texts
 * advise.  ret_result may be NULL, and stays as it is when apqd does not answer.  Returns what to exit with.
 */
MUST_CHECK int apply_state(struct run *run, struct json_object *state, const char *revision,
			   const char *file, struct apply_result *ret_result);

#endif
