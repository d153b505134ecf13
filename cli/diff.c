/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/diff.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/device.h"
#include "cli/queue.h"
#include "cli/reserved.h"
#include "common/cleanup.h"
#include "common/json.h"
#include "common/list.h"

/* How a member is told. */
enum telling {
	TELL_TEXT,	/* its label, and the values before and after */
	TELL_OWNER,	/* likewise, as queue_owner() has it */
	TELL_DEVICE,	/* likewise, of UUIDs, which are told by name */
	TELL_REASON,	/* its label and the value, where there is one */
	TELL_FLAG,	/* one of two words */
	TELL_MATRIX,	/* words for coming and going, or both values */
	TELL_IDS,	/* adapters or domains */
	TELL_RESERVED,	/* both values in words */
	TELL_INTERRUPTS, /* an object, whose members are told one by one */
	TELL_WANTED,	/* likewise */
	TELL_COUNT,	/* how many items the list has */
	TELL_USERS,	/* who uses a device */
	TELL_PROBLEMS,	/* each that is new, and each that is gone */
};

struct member {
	const char *name;
	enum telling telling;
	const char *label;	/* what it is; MATRIX: when it comes; FLAG: when true */
	const char *other;	/* MATRIX: when it goes; FLAG: when false */
	bool usual;		/* FLAG: not worth telling of something new */
};

static const struct member device_members[] = {
	{ "name", TELL_TEXT, "name", NULL, false },
	{ "start", TELL_TEXT, "start", NULL, false },
	{ "interrupts", TELL_TEXT, "interrupts", NULL, false },
	{ "definition", TELL_MATRIX, "defined as", "undefined", false },
	{ "active", TELL_MATRIX, "started with", "no longer started", false },
	{ "effective", TELL_MATRIX, "guest gets", "guest gets nothing", false },
	{ "users", TELL_USERS, NULL, NULL, false },
	{ "interruptQueues", TELL_COUNT, "queues with interrupts on", NULL, false },
	{ "problems", TELL_PROBLEMS, NULL, NULL, false },
	{ NULL, TELL_TEXT, NULL, NULL, false },
};

static const struct member card_members[] = {
	{ "type", TELL_TEXT, "type", NULL, false },
	{ "mode", TELL_TEXT, "mode", NULL, false },
	{ "configured", TELL_FLAG, "configured", "deconfigured", true },
	{ "checkstopped", TELL_FLAG, "checkstopped", "no longer checkstopped", false },
	{ "online", TELL_FLAG, "online", "offline", true },
	{ NULL, TELL_TEXT, NULL, NULL, false },
};

static const struct member queue_members[] = {
	{ "owner", TELL_OWNER, "owner", NULL, false },
	{ "driver", TELL_TEXT, "driver", NULL, false },
	{ "device", TELL_DEVICE, "device", NULL, false },
	{ "inUse", TELL_FLAG, "in use", "no longer in use", false },
	{ "interrupt", TELL_FLAG, "interrupts on", "interrupts off", false },
	{ "configured", TELL_FLAG, "configured", "deconfigured", true },
	{ "checkstopped", TELL_FLAG, "checkstopped", "no longer checkstopped", false },
	{ "online", TELL_FLAG, "online", "offline", true },
	{ NULL, TELL_TEXT, NULL, NULL, false },
};

static const struct member wanted_members[] = {
	{ "gisa", TELL_FLAG, "wanted kvm.use_gisa on", "wanted kvm.use_gisa off", false },
	{ "pollThread", TELL_FLAG, "wanted poll thread on", "wanted poll thread off", false },
	{ "pollTimeout", TELL_TEXT, "wanted poll timeout", NULL, false },
	{ NULL, TELL_TEXT, NULL, NULL, false },
};

static const struct member interrupts_members[] = {
	{ "forwarding", TELL_FLAG, "interrupts can be forwarded to guests",
	  "interrupts cannot be forwarded to guests", true },
	{ "reason", TELL_REASON, "reason", NULL, false },
	{ "host", TELL_FLAG, "the host's queues use interrupts", "the host's queues are polled",
	  true },
	{ "gisa", TELL_FLAG, "kvm.use_gisa on", "kvm.use_gisa off", true },
	{ "facility65", TELL_FLAG, "KVM offers facility 65", "KVM offers no facility 65", true },
	{ "pollThread", TELL_FLAG, "poll thread on", "poll thread off", false },
	{ "pollTimeout", TELL_TEXT, "poll timeout", NULL, false },
	{ "wanted", TELL_WANTED, NULL, NULL, false },
	{ NULL, TELL_TEXT, NULL, NULL, false },
};

static const struct member host_members[] = {
	{ "ready", TELL_FLAG, "ready for passthrough", "not ready for passthrough", true },
	{ "reason", TELL_REASON, "reason", NULL, false },
	{ "ownership", TELL_TEXT, "ownership", NULL, false },
	{ "reserved", TELL_RESERVED, "reserved", NULL, false },
	{ "mechanism", TELL_TEXT, "mechanism", NULL, false },
	{ "hostAdapters", TELL_IDS, "the host's adapters", NULL, false },
	{ "hostDomains", TELL_IDS, "the host's domains", NULL, false },
	{ "configured", TELL_MATRIX, "the machine has", "the machine has nothing", false },
	{ "bindingsComplete", TELL_FLAG, "bindings complete", "bindings not complete", true },
	{ "interrupts", TELL_INTERRUPTS, NULL, NULL, false },
	{ "problems", TELL_PROBLEMS, NULL, NULL, false },
	{ NULL, TELL_TEXT, NULL, NULL, false },
};

static const struct member *const members_of[THINGS] = {
	[THING_DEVICE] = device_members,
	[THING_CARD] = card_members,
	[THING_QUEUE] = queue_members,
	[THING_HOST] = host_members,
};

/* The members of an object that a member is. */
static const struct member *nested_in(const struct member *member)
{
	return member->telling == TELL_WANTED ? wanted_members : interrupts_members;
}

static void tell_text(FILE *out, const struct member *member, const char *before, const char *after)
{
	if (before && after)
		fprintf(out, "%s %s -> %s", member->label, before, after);
	else if (after)
		fprintf(out, "%s %s", member->label, after);
	else
		fprintf(out, "no %s", member->label);
}

static const char *owner_of(struct json_object *value)
{
	const char *owner = json_object_get_string(value);

	return owner ? queue_owner(owner) : NULL;
}

/* The name of the device with a UUID, or the UUID where it has none; borrowed. */
static const char *name_device(struct json_object *devices, struct json_object *value)
{
	const char *uuid = json_object_get_string(value), *name;
	struct json_object *device = NULL;

	if (uuid)
		json_object_object_get_ex(devices, uuid, &device);
	name = json_get_string(device, "name");
	return name ? name : uuid;
}

/* A sentence, whose full stop would stand before the next semicolon. */
static void tell_sentence(FILE *out, const char *label, const char *sentence)
{
	size_t length = strlen(sentence);

	if (length > 0 && sentence[length - 1] == '.')
		length--;
	fprintf(out, "%s: %.*s", label, (int)length, sentence);
}

static char *matrix_in_words(struct json_object *object)
{
	struct matrix matrix;

	return object && json_to_matrix(object, &matrix) == 0 ? matrix_describe(&matrix) : NULL;
}

static void tell_matrix(FILE *out, const struct member *member, struct json_object *before,
			struct json_object *after)
{
	CLEANUP_FREE char *was = matrix_in_words(before);
	CLEANUP_FREE char *is = matrix_in_words(after);

	if (!after)
		fputs(member->other, out);
	else if (was)
		fprintf(out, "%s %s, before %s", member->label, is ? is : "?", was);
	else
		fprintf(out, "%s %s", member->label, is ? is : "?");
}

static char *ids_in_words(const struct member *member, struct json_object *object)
{
	bool domains = strcmp(member->name, "hostDomains") == 0;
	struct mask mask;

	if (!object || json_to_mask(object, &mask) < 0)
		return NULL;
	return list_format(&mask, domains ? LIST_DOMAINS : LIST_ADAPTERS);
}

static void tell_ids(FILE *out, const struct member *member, struct json_object *before,
		     struct json_object *after)
{
	CLEANUP_FREE char *was = ids_in_words(member, before);
	CLEANUP_FREE char *is = ids_in_words(member, after);

	if (was)
		fprintf(out, "%s %s, before %s", member->label, is ? is : "?", was);
	else
		fprintf(out, "%s %s", member->label, is ? is : "?");
}

static char *reserved_in_words(struct json_object *object)
{
	struct reserved reserved;

	return object && reserved_read(object, &reserved) == 0 ? reserved_describe(&reserved) :
								 NULL;
}

static void tell_reserved(FILE *out, const struct member *member, struct json_object *before,
			  struct json_object *after)
{
	CLEANUP_FREE char *was = reserved_in_words(before);
	CLEANUP_FREE char *is = reserved_in_words(after);

	fprintf(out, "%s %s", member->label, is ? is : "?");
	if (was)
		fprintf(out, ", before %s", was);
}

static void tell_users(FILE *out, struct json_object *users)
{
	if (list_length(users) == 0) {
		fputs("no longer in use", out);
		return;
	}
	fputs("in use by", out);
	for (size_t i = 0; i < list_length(users); i++) {
		struct json_object *user = json_object_array_get_idx(users, i), *pid = NULL;
		const char *machine = json_get_string(user, "machine");
		const char *command = json_get_string(user, "command");

		json_object_object_get_ex(user, "pid", &pid);
		fprintf(out, "%s process %lld (%s)", i ? "," : "",
			(long long)json_object_get_int64(pid), command ? command : "?");
		if (machine)
			fprintf(out, ", virtual machine %s", machine);
	}
}

static bool has_problem(struct json_object *problems, const char *message)
{
	for (size_t i = 0; i < list_length(problems); i++)
		if (strcmp(problem_message(json_object_array_get_idx(problems, i)), message) == 0)
			return true;
	return false;
}

static void tell_problems(FILE *out, struct json_object *before, struct json_object *after)
{
	const char *separator = "";

	for (size_t i = 0; i < list_length(after); i++) {
		const char *message = problem_message(json_object_array_get_idx(after, i));

		if (has_problem(before, message))
			continue;
		fputs(separator, out);
		tell_sentence(out, "problem", message);
		separator = "; ";
	}
	for (size_t i = 0; i < list_length(before); i++) {
		const char *message = problem_message(json_object_array_get_idx(before, i));

		if (has_problem(after, message))
			continue;
		fputs(separator, out);
		tell_sentence(out, "no longer", message);
		separator = "; ";
	}
}

static void tell(FILE *out, const struct member *member, struct json_object *before,
		 struct json_object *after, struct json_object *devices)
{
	switch (member->telling) {
	case TELL_TEXT:
		tell_text(out, member, json_object_get_string(before), json_object_get_string(after));
		break;
	case TELL_OWNER:
		tell_text(out, member, owner_of(before), owner_of(after));
		break;
	case TELL_DEVICE:
		tell_text(out, member, name_device(devices, before), name_device(devices, after));
		break;
	case TELL_REASON:
		tell_sentence(out, member->label, json_object_get_string(after));
		break;
	case TELL_FLAG:
		fputs(json_object_get_boolean(after) ? member->label : member->other, out);
		break;
	case TELL_MATRIX:
		tell_matrix(out, member, before, after);
		break;
	case TELL_IDS:
		tell_ids(out, member, before, after);
		break;
	case TELL_RESERVED:
		tell_reserved(out, member, before, after);
		break;
	case TELL_INTERRUPTS:
	case TELL_WANTED:
		break;
	case TELL_COUNT:
		fprintf(out, "%s: %zu", member->label, list_length(after));
		break;
	case TELL_USERS:
		tell_users(out, after);
		break;
	case TELL_PROBLEMS:
		tell_problems(out, before, after);
		break;
	}
}

/* Returns true if a member is worth a word: it differs, or says something of what is new. */
static bool is_worth_telling(const struct member *member, bool is_new, struct json_object *before,
			     struct json_object *after)
{
	struct reserved reserved;

	if (json_object_equal(before, after))
		return false;
	if (member->telling == TELL_FLAG)
		return after && !(is_new && json_object_get_boolean(after) == member->usual);
	if (member->telling == TELL_REASON)
		return after != NULL;
	if (member->telling == TELL_RESERVED && is_new)
		return reserved_read(after, &reserved) == 0 && !reserved_is_empty(&reserved);
	if (is_new && json_object_is_type(after, json_type_array))
		return list_length(after) > 0;
	return true;
}

/*
 * The effective matrix says nothing new where it follows the active one, and nothing at all of a
 * device that is not started.
 */
static bool is_redundant(const struct member *member, struct json_object *before,
			 struct json_object *after)
{
	struct json_object *active = NULL, *effective = NULL, *active_before = NULL;

	if (strcmp(member->name, "effective") != 0)
		return false;
	json_object_object_get_ex(after, "active", &active);
	json_object_object_get_ex(after, "effective", &effective);
	json_object_object_get_ex(before, "active", &active_before);
	return !active ||
	       (json_object_equal(active, effective) && !json_object_equal(active_before, active));
}

/*
 * is_new: not only the object is, but the thing that it is of.  *separator stands before what is
 * told next.
 */
static void describe_members(FILE *out, const struct member *members, bool is_new,
			     struct json_object *before, struct json_object *after,
			     struct json_object *devices, const char **separator)
{
	for (const struct member *member = members; member->name; member++) {
		struct json_object *was = NULL, *is = NULL;

		json_object_object_get_ex(before, member->name, &was);
		json_object_object_get_ex(after, member->name, &is);
		if (!is_worth_telling(member, is_new, was, is) ||
		    is_redundant(member, before, after))
			continue;
		if (member->telling == TELL_INTERRUPTS || member->telling == TELL_WANTED) {
			describe_members(out, nested_in(member), is_new, was, is, devices, separator);
			continue;
		}
		fputs(*separator, out);
		tell(out, member, was, is, devices);
		*separator = "; ";
	}
}

char *diff_describe(enum thing thing, struct json_object *before, struct json_object *after,
		    struct json_object *devices)
{
	const char *separator = "";
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	if (!after)
		fputs("gone", out);
	else
		describe_members(out, members_of[thing], !before, before, after, devices,
				 &separator);
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}
