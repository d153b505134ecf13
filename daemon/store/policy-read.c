/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads what host.json says.  People write it by hand, so a mistake is told by key and value, with
 * what is accepted.  Unknown keys of the file itself belong to others; within an object of ours
 * they are mistakes, because a misspelled one must not give queues away.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "common/list.h"
#include "common/utf8.h"
#include "daemon/store/internal.h"
#include "daemon/store/policy-form.h"

/* A mistake quotes at most this much of the file. */
#define QUOTE_MAX 60

static const struct locate_path top;

void policy_mistake_done(struct policy_mistake *mistake)
{
	free(mistake->why);
}

static int PRINTF_LIKE(3, 4) refuse(struct policy_mistake *mistake, const struct locate_path *at,
				    const char *format, ...)
{
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = vasprintf(&mistake->why, format, arguments);
	va_end(arguments);
	if (n < 0) {
		mistake->why = NULL;
		return -ENOMEM;
	}
	mistake->at = *at;
	return -EINVAL;
}

/* A value as the file may have it, but on one line; the caller frees it; NULL without memory. */
static char *quote(struct json_object *value)
{
	const char *text = value ? json_text(value, NULL) : "null";
	int fitting;
	char *quoted;

	if (!text)
		return NULL;
	fitting = utf8_fitting(text, QUOTE_MAX);
	if (asprintf(&quoted, "%.*s%s", fitting, text, text[fitting] ? "..." : "") < 0)
		return NULL;
	return quoted;
}

/* The keys of a path, "reserved.adapters"; an entry of a list is called as the list. */
static void name_path(const struct locate_path *at, char *name, size_t size)
{
	size_t length = 0;

	name[0] = '\0';
	for (size_t i = 0; i < at->count && length < size; i++)
		if (at->steps[i].key)
			length += (size_t)snprintf(name + length, size - length, "%s%s",
						   i > 0 ? "." : "", at->steps[i].key);
}

/* What is there, and what is accepted in its place. */
static int refuse_value(struct policy_mistake *mistake, const struct locate_path *at,
			struct json_object *value, const char *accepted)
{
	bool is_entry = !at->steps[at->count - 1].key;
	CLEANUP_FREE char *quoted = quote(value);
	char name[40];

	if (!quoted)
		return -ENOMEM;
	name_path(at, name, sizeof(name));
	return refuse(mistake, at, "'%s' %s %s, and %s", name, is_entry ? "holds" : "is", quoted,
		      accepted);
}

/* A member that says something; null says as little as none. */
static struct json_object *get(struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	json_object_object_get_ex(object, key, &value);
	return value;
}

/* An object of ours, all of whose members are in names; *ret_object may get NULL: there is none. */
static int read_object(struct json_object *policy, const char *key, const char *const *names,
		       size_t count, const char *accepted, struct json_object **ret_object,
		       struct policy_mistake *mistake)
{
	struct json_object *object = get(policy, key);
	struct locate_path at = locate_member(&top, key);

	*ret_object = object;
	if (!object)
		return 0;
	if (!json_object_is_type(object, json_type_object))
		return refuse_value(mistake, &at, object, accepted);
	json_object_object_foreach(object, name, value)
	{
		struct locate_path inner = locate_member(&at, name);
		CLEANUP_JSON struct json_object *text = NULL;
		CLEANUP_FREE char *quoted = NULL;

		(void)value;
		if (store_find_word(names, count, name) >= 0)
			continue;
		text = json_object_new_string(name);
		quoted = quote(text);
		if (!text || !quoted)
			return -ENOMEM;
		return refuse(mistake, &inner, "'%s' has the key %s, and %s", key, quoted,
			      accepted);
	}
	return 0;
}

/*
 * Writes a phrase about accepted values for the key, for an entry such as "0047" with each number
 * that it can mean.
 */
static void describe_ids(const char *key, struct json_object *entry, char *text, size_t size)
{
	const char *string =
		json_object_is_type(entry, json_type_string) ? json_object_get_string(entry) : "";
	unsigned int decimal, hex;

	if (list_read_both(string, &decimal, &hex) && decimal < APQN_IDS && hex < APQN_IDS)
		snprintf(text, size, "%s are decimal numbers: write %u, or %u for 0x%x", key,
			 decimal, hex, hex);
	else
		snprintf(text, size, "%s are numbers from 0 to %d", key, APQN_IDS - 1);
}

static int read_ids(struct json_object *object, const struct locate_path *in, const char *key,
		    struct mask *ids, struct policy_mistake *mistake)
{
	struct locate_path at = locate_member(in, key);
	struct json_object *list = get(object, key);
	char accepted[80];

	if (!list)
		return 0;
	if (!json_object_is_type(list, json_type_array))
		return refuse_value(mistake, &at, list,
				    "a list of numbers from 0 to 255 is accepted");
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *entry = json_object_array_get_idx(list, i);
		int64_t id = json_object_is_type(entry, json_type_int) ?
				     json_object_get_int64(entry) :
				     -1;

		if (id < 0 || id >= APQN_IDS) {
			at = locate_entry(&at, i);
			describe_ids(key, entry, accepted, sizeof(accepted));
			return refuse_value(mistake, &at, entry, accepted);
		}
		mask_set(ids, (unsigned int)id);
	}
	return 0;
}

int policy_form_read_queues(struct json_object *object, const struct locate_path *in,
			    const char *key, struct queue_set *queues,
			    struct policy_mistake *mistake)
{
	struct locate_path at = locate_member(in, key);
	struct json_object *list = get(object, key);

	if (!list)
		return 0;
	if (!json_object_is_type(list, json_type_array))
		return refuse_value(mistake, &at, list,
				    "a list such as [\"05.0010\", \"05.0012-0014\"] is "
				    "accepted");
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *entry = json_object_array_get_idx(list, i);

		if (json_object_is_type(entry, json_type_string) &&
		    queue_set_parse(json_object_get_string(entry), queues) == 0)
			continue;
		at = locate_entry(&at, i);
		return refuse_value(mistake, &at, entry,
				    "queues are \"AA.DDDD\" or \"AA.DDDD-DDDD\", hexadecimal, adapters up to "
				    "ff and domains up to 00ff");
	}
	return 0;
}

static int read_reserved(struct json_object *object, struct host_policy *policy,
			 struct policy_mistake *mistake)
{
	static const char *const names[] = { "adapters", "domains", "queues" };
	struct locate_path at = locate_member(&top, "reserved");
	struct json_object *reserved;
	int r = read_object(object, "reserved", names, ARRAY_SIZE(names),
			    "an object of 'adapters', 'domains' and 'queues' is accepted",
			    &reserved, mistake);

	if (r < 0 || !reserved)
		return r;
	policy->has_reservation = true;
	r = read_ids(reserved, &at, "adapters", &policy->reserved.adapters, mistake);
	if (r == 0)
		r = read_ids(reserved, &at, "domains", &policy->reserved.domains, mistake);
	return r < 0 ? r :
		       policy_form_read_queues(reserved, &at, "queues", &policy->reserved.queues,
					       mistake);
}

static int read_masks(struct json_object *object, struct host_policy *policy,
		      struct policy_mistake *mistake)
{
	static const char *const names[] = { "adapters", "domains" };
	struct locate_path at = locate_member(&top, "masks");
	struct json_object *masks;
	int r = read_object(object, "masks", names, ARRAY_SIZE(names),
			    "an object of 'adapters' and 'domains' is accepted", &masks, mistake);

	if (r < 0 || !masks)
		return r;
	if (!policy->has_reservation)
		return refuse(mistake, &at,
			      "'masks' is there without 'reserved': say what is reserved, or "
			      "take 'masks' out");
	if (!policy_form_may_have_masks(policy))
		return refuse(mistake, &at,
			      "'masks' is there and 'ownership' is not \"masks\": write \"ownership\": "
			      "\"masks\", or take 'masks' out");
	policy->has_masks = true;
	r = read_ids(masks, &at, "adapters", &policy->masks.adapters, mistake);
	return r < 0 ? r : read_ids(masks, &at, "domains", &policy->masks.domains, mistake);
}

/* ret_answer is left alone where the key says nothing. */
static int read_answer(struct json_object *object, const struct locate_path *in, const char *key,
		       int8_t *ret_answer, struct policy_mistake *mistake)
{
	struct locate_path at = locate_member(in, key);
	struct json_object *value = get(object, key);

	if (!value)
		return 0;
	if (!json_object_is_type(value, json_type_boolean))
		return refuse_value(mistake, &at, value, "true or false is accepted");
	*ret_answer = json_object_get_boolean(value) ? 1 : 0;
	return 0;
}

static int read_timeout(struct json_object *object, const struct locate_path *in,
			int64_t *ret_timeout, struct policy_mistake *mistake)
{
	struct locate_path at = locate_member(in, "pollTimeout");
	struct json_object *value = get(object, "pollTimeout");
	int64_t timeout;

	if (!value)
		return 0;
	timeout = json_object_is_type(value, json_type_int) ? json_object_get_int64(value) : -1;
	if (timeout < 0 || timeout > POLL_TIMEOUT_MAX)
		return refuse_value(mistake, &at, value,
				    "nanoseconds from 0 to 120000000000 (120 seconds) are accepted");
	*ret_timeout = timeout;
	return 0;
}

int policy_form_read_wish(struct json_object *object, struct interrupts_wish *wish,
			  struct policy_mistake *mistake)
{
	static const char *const names[] = { "gisa", "pollThread", "pollTimeout" };
	struct locate_path at = locate_member(&top, "interrupts");
	struct json_object *interrupts;
	int r = read_object(object, "interrupts", names, ARRAY_SIZE(names),
			    "an object of 'gisa', 'pollThread' and 'pollTimeout' is accepted",
			    &interrupts, mistake);

	if (r < 0 || !interrupts)
		return r;
	r = read_answer(interrupts, &at, "gisa", &wish->gisa, mistake);
	if (r == 0)
		r = read_answer(interrupts, &at, "pollThread", &wish->poll_thread, mistake);
	return r < 0 ? r : read_timeout(interrupts, &at, &wish->poll_timeout, mistake);
}

static int read_mechanism(struct json_object *object, enum ownership_mechanism *ret_mechanism,
			  struct policy_mistake *mistake)
{
	struct locate_path at = locate_member(&top, "ownership");
	struct json_object *value = get(object, "ownership");
	int mechanism = MECHANISM_UNDECIDED;

	if (!value)
		return 0;
	if (json_object_is_type(value, json_type_string))
		mechanism = store_find_word(ownership_mechanism_names,
					    ARRAY_SIZE(ownership_mechanism_names),
					    json_object_get_string(value));
	if (mechanism <= MECHANISM_UNDECIDED)
		return refuse_value(mistake, &at, value,
				    "\"masks\", \"overrides\" or \"observe\" is accepted");
	*ret_mechanism = (enum ownership_mechanism)mechanism;
	return 0;
}

int policy_form_read(struct json_object *object, struct host_policy *ret_policy,
		     struct policy_mistake *mistake)
{
	struct host_policy policy;
	int8_t enforce = 0;
	int r;

	host_policy_init(&policy);
	r = read_mechanism(object, &policy.mechanism, mistake);
	if (r == 0)
		r = read_reserved(object, &policy, mistake);
	if (r == 0)
		r = read_masks(object, &policy, mistake);
	if (r == 0)
		r = policy_form_read_wish(object, &policy.interrupts, mistake);
	if (r == 0)
		r = read_answer(object, &top, "enforce", &enforce, mistake);
	if (r < 0)
		return r;
	policy.enforce = enforce > 0;
	*ret_policy = policy;
	return 0;
}
