/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The document of export and apply as people write it: ids in hexadecimal as they are shown
 * everywhere, and the mistakes in it with the device and the member where they are.
 */
#ifndef APQD_CLI_DOCUMENT_IDS_H
#define APQD_CLI_DOCUMENT_IDS_H

#include <json-c/json.h>

#include "common/macro.h"

/*
 * Looks through a document and makes numbers of ids that are texts ("0x0047", "4-6"), as apqd takes them.
 * Returns 0, -ENOMEM, or -EINVAL and a sentence that names the place (the caller frees it).
 */
MUST_CHECK int document_take_ids(struct json_object *document, char **ret_message);

/* Makes texts of the numbers of ids, as people read them: "0x04", "0x0047".  Returns 0 or -ENOMEM. */
MUST_CHECK int document_show_ids(struct json_object *document);

/* "device 2 (web1)" for the path "state.devices[1].start", else "host" or the like.  NULL without memory. */
char *document_name_place(struct json_object *document, const char *path);

#endif
