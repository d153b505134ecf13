/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What monitor has seen last of every device, card and queue, and of the host: kept to
 * say what an event changed, and what changed while apqd was away.
 */
#ifndef APQD_CLI_STATE_H
#define APQD_CLI_STATE_H

#include <json-c/json.h>
#include <stdbool.h>

#include "cli/diff.h"
#include "common/apqn.h"
#include "common/macro.h"

/* Per kind of thing an object: from the thing's key to its description. */
struct state {
	struct json_object *things[THINGS];
};

/* Empty.  Returns 0 or -ENOMEM. */
MUST_CHECK int state_init(struct state *state);
void state_done(struct state *state);

#define CLEANUP_STATE CLEANUP(state_done)

/* The member of an event, and of a reply, that a kind of thing is in: "device", "devices". */
const char *thing_member(enum thing thing);
const char *thing_list_member(enum thing thing);

/* The key of a thing: its UUID, adapter, or queue number; NULL for a description without. */
const char *thing_key(enum thing thing, struct json_object *description);

/* What to call it: "web1", "card 04", "queue 04.0010", "host".  The caller frees it. */
char *thing_label(enum thing thing, struct json_object *description);

/* Returns the place of a card (domain 0) or a queue on the AP bus; 00.0000 for other things. */
struct apqn thing_place(enum thing thing, struct json_object *description);

/* The last description, or NULL; borrowed. */
struct json_object *state_find(const struct state *state, enum thing thing, const char *key);

/* Keeps a description (another reference of it), or forgets the thing. */
int state_put(struct state *state, enum thing thing, struct json_object *description);
void state_remove(struct state *state, enum thing thing, const char *key);

/* How many there are. */
size_t state_count(const struct state *state, enum thing thing);

/*
 * Calls tell for every thing that differs between the two: before is NULL for one that is
 * new, after for one that is gone.
 */
void state_compare(const struct state *before, const struct state *after,
		   void (*tell)(void *context, enum thing thing, struct json_object *before,
				struct json_object *after),
		   void *context);

#endif
