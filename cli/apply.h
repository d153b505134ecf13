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

/* Details of the outcome that the exit status does not show. */
struct apply_result {
	bool has_moved;		/* refused, for the host is no longer as the revision says */
	bool was_changed;	/* or would be, by a dry run */
};

/*
 * Has apqd apply state, with --prune, --force and --dry-run as given, and prints the outcome.
 * revision is that of the state to replace, or NULL.  file is the document's name, for advised
 * commands.  ret_result may be NULL, and stays as it is if apqd does not answer.  Returns an exit
 * status.
 */
MUST_CHECK int apply_state(struct run *run, struct json_object *state, const char *revision,
			   const char *file, struct apply_result *ret_result);

#endif
