/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The steps of a change in words: "would give web1 adapters 00,03 domains 0006-0007", where the kernel is
 * written masks of 64 digits.
 */
#ifndef APQD_CLI_STEPS_H
#define APQD_CLI_STEPS_H

#include <json-c/json.h>
#include <stdbool.h>

#include "common/matrix.h"

struct steps_naming {
	struct json_object *parameters;	/* of the reply: it has devices and their names */
	const char *label;		/* of the one device that is changed; NULL for many */
	bool takes;			/* the change takes queues away */
	const struct matrix *definition; /* what is written down for it; NULL: not known */
};

/*
 * Prints a list of the type Step, writes that belong together in one line.  With raw, each write as the
 * kernel gets it follows.
 */
void steps_print(struct json_object *steps, const struct steps_naming *naming, bool raw);

#endif
