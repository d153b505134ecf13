/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/document-ids.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "common/list.h"
#include "common/text.h"

enum kind {
	KIND_TEXT,
	KIND_FLAG,
	KIND_NUMBER,
	KIND_TEXTS,
	KIND_ADAPTERS,
	KIND_DOMAINS,
	KIND_OBJECT,
	KIND_DEVICES,
};

/* A member that an object of the document may have. */
struct member {
	const char *name;
	enum kind kind;
	bool required;			/* also not null */
	const struct member *of;	/* the members of KIND_OBJECT and KIND_DEVICES; the last has no name */
};

static const struct member of_reserved[] = {
	{ "adapters", KIND_ADAPTERS, true, NULL },
	{ "domains", KIND_DOMAINS, true, NULL },
	{ "queues", KIND_TEXTS, true, NULL },
	{ 0 },
};

static const struct member of_interrupts[] = {
	{ "gisa", KIND_FLAG, false, NULL },
	{ "pollThread", KIND_FLAG, false, NULL },
	{ "pollTimeout", KIND_NUMBER, false, NULL },
	{ 0 },
};

static const struct member of_host[] = {
	{ "ownership", KIND_TEXT, false, NULL },
	{ "enforce", KIND_FLAG, false, NULL },
	{ "reserved", KIND_OBJECT, false, of_reserved },
	{ "interrupts", KIND_OBJECT, false, of_interrupts },
	{ 0 },
};

static const struct member of_device[] = {
	{ "uuid", KIND_TEXT, false, NULL },
	{ "name", KIND_TEXT, false, NULL },
	{ "start", KIND_TEXT, false, NULL },
	{ "interrupts", KIND_TEXT, false, NULL },
	{ "adapters", KIND_ADAPTERS, true, NULL },
	{ "domains", KIND_DOMAINS, true, NULL },
	{ "controlDomains", KIND_DOMAINS, false, NULL },
	{ 0 },
};

static const struct member of_document[] = {
	{ "version", KIND_NUMBER, true, NULL },
	{ "host", KIND_OBJECT, false, of_host },
	{ "devices", KIND_DEVICES, true, of_device },
	{ 0 },
};

/* The place of the walk in the document, and the message about a mistake there. */
struct walk {
	char place[160];	/* "device 2 (web1)"; "" for the document itself */
	char **ret_message;
};

static int mistake(struct walk *walk, const char *format, ...) PRINTF_LIKE(2, 3);

static int mistake(struct walk *walk, const char *format, ...)
{
	CLEANUP_FREE char *text = NULL;
	va_list values;
	int n;

	va_start(values, format);
	text = text_format(format, values);
	va_end(values);
	if (!text)
		return -ENOMEM;
	n = asprintf(walk->ret_message, "In the document%s%s: %s", walk->place[0] ? ", " : "",
		     walk->place, text);
	if (n < 0) {
		*walk->ret_message = NULL;
		return -ENOMEM;
	}
	return -EINVAL;
}

static void name_device(struct json_object *device, size_t number, char *text, size_t size)
{
	const char *name = json_get_string(device, "name"), *uuid = json_get_string(device, "uuid");

	if (name || uuid)
		snprintf(text, size, "device %zu (%.64s)", number + 1, name ? name : uuid);
	else
		snprintf(text, size, "device %zu", number + 1);
}

char *document_name_place(struct json_object *document, const char *path)
{
	const char *bracket = strchr(path, '[');
	struct json_object *devices = NULL, *device;
	size_t number = bracket ? strtoul(bracket + 1, NULL, 10) : 0;
	char text[160];

	if (!bracket)
		return strdup("the document");
	json_object_object_get_ex(document, "devices", &devices);
	device = json_object_is_type(devices, json_type_array) ?
			 json_object_array_get_idx(devices, number) :
			 NULL;
	name_device(json_object_is_type(device, json_type_object) ? device : NULL, number, text,
		    sizeof(text));
	return strdup(text);
}

static const struct member *find_member(const struct member *members, const char *name)
{
	for (; members->name; members++)
		if (strcmp(members->name, name) == 0)
			return members;
	return NULL;
}

/* "uuid, name, start" */
static char *list_members(const struct member *members)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	for (const char *comma = ""; members->name; members++, comma = ", ")
		fprintf(out, "%s%s", comma, members->name);
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

/* As much of a value as identifies it. */
static const char *quote(struct json_object *value, char text[static 64])
{
	const char *whole = json_object_to_json_string_ext(value, JSON_C_TO_STRING_NOSLASHESCAPE);

	snprintf(text, 64, "%.60s%s", whole, strlen(whole) > 60 ? "..." : "");
	return text;
}

static int take_id(struct walk *walk, const struct member *member, struct json_object *item,
		   struct mask *ids)
{
	enum list_kind kind = member->kind == KIND_ADAPTERS ? LIST_ADAPTERS : LIST_DOMAINS;
	CLEANUP_FREE char *message = NULL;
	struct mask more;
	int64_t number;
	char text[64];
	int r;

	if (json_object_is_type(item, json_type_string)) {
		r = list_parse(json_object_get_string(item), kind, &more, NULL, &message);
		if (r == -EINVAL)
			return mistake(walk, "%s: %s", member->name, message ? message : "wrong");
		*ids = r == 0 ? mask_or(ids, &more) : *ids;
		return r;
	}
	number = json_object_get_int64(item);
	if (!json_object_is_type(item, json_type_int) || number < 0 || number > 255)
		return mistake(walk, "%s: %s is not an id. Write a number from 0 to 255, or a text such as "
				     "\"%s\".", member->name, quote(item, text),
			       kind == LIST_ADAPTERS ? "0x04" : "0x0047");
	mask_set(ids, (unsigned int)number);
	return 0;
}

static int take_ids(struct walk *walk, const struct member *member, struct json_object *object,
		    struct json_object *list)
{
	struct mask ids = { 0 };
	struct json_object *numbers;
	char text[64];
	int r = 0;

	if (!json_object_is_type(list, json_type_array))
		return mistake(walk, "%s: %s is not a list of ids, such as [\"0x04\", \"0x06\"].",
			       member->name, quote(list, text));
	for (size_t i = 0; r == 0 && i < json_object_array_length(list); i++)
		r = take_id(walk, member, json_object_array_get_idx(list, i), &ids);
	if (r < 0)
		return r;
	numbers = json_from_mask(&ids);
	return numbers ? json_add(object, member->name, numbers) : -ENOMEM;
}

static bool fits(const struct member *member, struct json_object *value)
{
	switch (member->kind) {
	case KIND_TEXT:
		return json_object_is_type(value, json_type_string);
	case KIND_FLAG:
		return json_object_is_type(value, json_type_boolean);
	case KIND_NUMBER:
		return json_object_is_type(value, json_type_int);
	case KIND_OBJECT:
		return json_object_is_type(value, json_type_object);
	default:
		return json_object_is_type(value, json_type_array);
	}
}

static int walk_object(struct walk *walk, const struct member *members, struct json_object *object);

static int walk_devices(struct walk *walk, const struct member *members, struct json_object *list)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < json_object_array_length(list); i++) {
		struct json_object *device = json_object_array_get_idx(list, i);

		name_device(json_object_is_type(device, json_type_object) ? device : NULL, i, walk->place,
			    sizeof(walk->place));
		r = json_object_is_type(device, json_type_object) ?
			    walk_object(walk, members, device) :
			    mistake(walk, "A device is an object, such as {\"name\": \"web1\", \"adapters\": "
					  "[\"0x04\"], \"domains\": [\"0x0047\"]}.");
	}
	return r;
}

static int walk_member(struct walk *walk, const struct member *member, struct json_object *object,
		       struct json_object *value)
{
	static const char *const forms[] = {
		[KIND_TEXT] = "a text", [KIND_FLAG] = "true or false", [KIND_NUMBER] = "a number",
		[KIND_TEXTS] = "a list of queues such as \"04.0010\" and \"05.0012-0014\"",
		[KIND_ADAPTERS] = "a list", [KIND_DOMAINS] = "a list", [KIND_OBJECT] = "an object",
		[KIND_DEVICES] = "a list of devices",
	};
	char text[64];

	if (!value && !member->required)
		return 0;
	if (member->kind == KIND_ADAPTERS || member->kind == KIND_DOMAINS)
		return take_ids(walk, member, object, value);
	if (!fits(member, value))
		return mistake(walk, "%s is %s, and accepted is %s.", member->name, quote(value, text),
			       forms[member->kind]);
	if (member->kind == KIND_DEVICES)
		return walk_devices(walk, member->of, value);
	if (member->kind != KIND_OBJECT)
		return 0;
	snprintf(walk->place, sizeof(walk->place), "%s", member->name);
	return walk_object(walk, member->of, value);
}

static int walk_object(struct walk *walk, const struct member *members, struct json_object *object)
{
	CLEANUP_FREE char *known = NULL;

	json_object_object_foreach(object, key, ignored) {
		(void)ignored;
		if (find_member(members, key))
			continue;
		known = list_members(members);
		return mistake(walk, "There is no member '%.64s'. Accepted are %s.", key,
			       known ? known : "others");
	}
	for (; members->name; members++) {
		struct json_object *value = NULL;
		bool is_there = json_object_object_get_ex(object, members->name, &value);
		int r = 0;

		if (!is_there && members->required)
			return mistake(walk, "The member '%s' is missing.", members->name);
		if (is_there)
			r = walk_member(walk, members, object, value);
		if (r < 0)
			return r;
		if (members->of == of_host)
			walk->place[0] = '\0';
	}
	return 0;
}

int document_take_ids(struct json_object *document, char **ret_message)
{
	struct walk walk = { .ret_message = ret_message };

	*ret_message = NULL;
	return walk_object(&walk, of_document, document);
}

static int show_list(struct json_object *object, const struct member *member)
{
	struct json_object *list = NULL, *texts;
	char text[8];

	if (!json_object_object_get_ex(object, member->name, &list) ||
	    !json_object_is_type(list, json_type_array))
		return 0;
	texts = json_object_new_array();
	for (size_t i = 0; texts && i < json_object_array_length(list); i++) {
		snprintf(text, sizeof(text), "0x%0*x", member->kind == KIND_ADAPTERS ? 2 : 4,
			 (unsigned int)json_object_get_int(json_object_array_get_idx(list, i)) & 0xff);
		if (json_object_array_add(texts, json_object_new_string(text)) < 0) {
			json_object_put(texts);
			return -ENOMEM;
		}
	}
	return texts ? json_add(object, member->name, texts) : -ENOMEM;
}

static int show_object(struct json_object *object, const struct member *members)
{
	int r = 0;

	if (!json_object_is_type(object, json_type_object))
		return 0;
	for (; r == 0 && members->name; members++) {
		struct json_object *value = NULL;

		if (members->kind == KIND_ADAPTERS || members->kind == KIND_DOMAINS) {
			r = show_list(object, members);
			continue;
		}
		if (!members->of || !json_object_object_get_ex(object, members->name, &value))
			continue;
		if (members->kind == KIND_OBJECT)
			r = show_object(value, members->of);
		for (size_t i = 0; r == 0 && members->kind == KIND_DEVICES &&
				   json_object_is_type(value, json_type_array) &&
				   i < json_object_array_length(value); i++)
			r = show_object(json_object_array_get_idx(value, i), members->of);
	}
	return r;
}

int document_show_ids(struct json_object *document)
{
	return show_object(document, of_document);
}
