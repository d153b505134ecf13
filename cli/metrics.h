/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What apqd counts (the interface's type Metrics) as a text for monitoring: which number is which
 * metric, and what that means.
 */
#ifndef APQD_CLI_METRICS_H
#define APQD_CLI_METRICS_H

#include <json-c/json.h>
#include <stddef.h>

#include "cli/metric-text.h"
#include "common/macro.h"

/*
 * Makes the text of the member metrics of a reply.  Returns 0 and the text with its length (the
 * caller frees it), -EBADMSG for what is no Metrics, or -ENOMEM.
 */
MUST_CHECK int metrics_make_text(struct json_object *parameters, enum metric_format format,
				 char **ret_text, size_t *ret_length);

#endif
