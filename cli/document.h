/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The document of export and apply: as a text that people read and compare, from a file, and
 * the difference between two of them.
 */
#ifndef APQD_CLI_DOCUMENT_H
#define APQD_CLI_DOCUMENT_H

#include <json-c/json.h>

#include "common/macro.h"

/* The most bytes that a document may have: what apqd takes in one call. */
#define DOCUMENT_MAX (16u << 20)

/*
 * The JSON text of value, with a newline at its end: a member a line, but lists of plain values in one,
 * so that a change of one device is a change of few lines.  The caller frees it; NULL without memory.
 */
char *document_format(struct json_object *value);

/*
 * Reads the document in the file path, or from standard input for "-".  Returns 0 and the object (the
 * caller puts it), -EBADMSG or another negative errno, and then a sentence that says what is wrong
 * and where in *ret_message (the caller frees it; NULL without memory).
 */
MUST_CHECK int document_read(const char *path, struct json_object **ret_value, char **ret_message);

/*
 * Finds the state in what was read, and the revision beside it where 'apqctl export --json' has written
 * it; *ret_revision stays as it is where there is none.  The caller puts *ret_state.
 */
MUST_CHECK int document_split(struct json_object *value, struct json_object **ret_state,
			      const char **ret_revision);

/*
 * Says what is wrong with the value at path ("state.devices[3].start", as apqd names it), what it is, and
 * what is accepted there.  The caller frees it; NULL without memory.
 */
char *document_explain(struct json_object *document, const char *path);

/*
 * Prints the difference on standard output, with ids as texts in both from then on, as "diff -u" does, by that very program.  Returns 0, also
 * where there is none; -ENOENT where that program is missing, or another negative errno.
 */
MUST_CHECK int document_print_difference(struct json_object *before, struct json_object *after);

#endif
