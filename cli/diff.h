/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The difference between two descriptions of one thing (a device, card, queue, or the
 * host, as the interface describes it), in words.
 */
#ifndef APQD_CLI_DIFF_H
#define APQD_CLI_DIFF_H

#include <json-c/json.h>

#include "common/macro.h"

enum thing {
	THING_DEVICE,
	THING_CARD,
	THING_QUEUE,
	THING_HOST,
	THINGS
};

/*
 * What changed from before to after, for example "started with adapters 04 domains 0010; in
 * use by process 4711 (qemu-kvm)"; "" where nothing that matters did.  Either may be NULL:
 * then the thing came or went, and what is worth telling of it is told.
 * devices: an object of Devices by their UUIDs, for their names.
 * Not safe for a terminal yet.  The caller frees it; NULL without memory.
 */
char *diff_describe(enum thing thing, struct json_object *before, struct json_object *after,
		    struct json_object *devices);

#endif
