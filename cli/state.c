/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/state.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/json.h"

static const struct {
	const char *member, *list, *key;
} table[THINGS] = {
	[THING_DEVICE] = { "device", "devices", "uuid" },
	[THING_CARD] = { "card", "cards", "adapter" },
	[THING_QUEUE] = { "queue", "queues", "apqn" },
	[THING_HOST] = { "host", NULL, NULL },
};

int state_init(struct state *state)
{
	CLEANUP_STATE struct state made = { 0 };

	for (int thing = 0; thing < THINGS; thing++) {
		made.things[thing] = json_object_new_object();
		if (!made.things[thing])
			return -ENOMEM;
	}
	*state = made;
	made = (struct state){ 0 };
	return 0;
}

void state_done(struct state *state)
{
	for (int thing = 0; thing < THINGS; thing++)
		json_object_put(state->things[thing]);
	*state = (struct state){ 0 };
}

const char *thing_member(enum thing thing)
{
	return table[thing].member;
}

const char *thing_list_member(enum thing thing)
{
	return table[thing].list;
}

const char *thing_key(enum thing thing, struct json_object *description)
{
	struct json_object *key = NULL;

	if (!json_object_is_type(description, json_type_object))
		return NULL;
	if (!table[thing].key)
		return "";
	json_object_object_get_ex(description, table[thing].key, &key);
	return key ? json_object_get_string(key) : NULL;
}

char *thing_label(enum thing thing, struct json_object *description)
{
	struct json_object *adapter = NULL;
	char *label = NULL;
	int n = -1;

	switch (thing) {
	case THING_DEVICE:
		if (json_get_string(description, "name"))
			return strdup(json_get_string(description, "name"));
		n = asprintf(&label, "%s", thing_key(thing, description));
		break;
	case THING_CARD:
		json_object_object_get_ex(description, "adapter", &adapter);
		n = asprintf(&label, "card %02x", (unsigned int)json_object_get_int(adapter));
		break;
	case THING_QUEUE:
		n = asprintf(&label, "queue %s", thing_key(thing, description));
		break;
	case THING_HOST:
	case THINGS:
		return strdup("host");
	}
	return n < 0 ? NULL : label;
}

struct apqn thing_place(enum thing thing, struct json_object *description)
{
	struct json_object *adapter = NULL, *domain = NULL;

	if (thing != THING_CARD && thing != THING_QUEUE)
		return (struct apqn){ 0 };
	json_object_object_get_ex(description, "adapter", &adapter);
	json_object_object_get_ex(description, "domain", &domain);
	return (struct apqn){ (uint8_t)json_object_get_int(adapter), (uint8_t)json_object_get_int(domain) };
}

struct json_object *state_find(const struct state *state, enum thing thing, const char *key)
{
	struct json_object *description = NULL;

	json_object_object_get_ex(state->things[thing], key, &description);
	return description;
}

int state_put(struct state *state, enum thing thing, struct json_object *description)
{
	const char *key = thing_key(thing, description);

	return key ? json_add(state->things[thing], key, json_object_get(description)) : -EBADMSG;
}

void state_remove(struct state *state, enum thing thing, const char *key)
{
	json_object_object_del(state->things[thing], key);
}

size_t state_count(const struct state *state, enum thing thing)
{
	return (size_t)json_object_object_length(state->things[thing]);
}

void state_compare(const struct state *before, const struct state *after,
		   void (*tell)(void *context, enum thing thing, struct json_object *before,
				struct json_object *after),
		   void *context)
{
	for (enum thing thing = 0; thing < THINGS; thing++) {
		json_object_object_foreach(after->things[thing], key, description) {
			struct json_object *old = state_find(before, thing, key);

			if (!old || !json_object_equal(old, description))
				tell(context, thing, old, description);
		}
		json_object_object_foreach(before->things[thing], old_key, old_description)
			if (!state_find(after, thing, old_key))
				tell(context, thing, old_description, NULL);
	}
}
