/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a change wants of one device, and what it was before, as a member of the change's record.
 */
#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "daemon/store/internal.h"

static const char *const action_names[] = { "keep", "write", "remove" };

/* A definition as it lies in the record. */
struct definition_record {
	struct matrix matrix;
	const char *name, *start, *interrupts;
};

static const struct json_field definition_fields[] = {
	JSON_FIELD(struct definition_record, matrix, "matrix", JSON_KIND_MATRIX, JSON_REQUIRED),
	JSON_FIELD(struct definition_record, name, "name", JSON_KIND_STRING, JSON_REQUIRED),
	JSON_FIELD(struct definition_record, start, "start", JSON_KIND_STRING, JSON_REQUIRED),
	JSON_FIELD(struct definition_record, interrupts, "interrupts", JSON_KIND_STRING, JSON_REQUIRED),
};

struct device_record {
	const char *uuid, *action;
	bool live, started, was_started, was_defined;
	struct matrix active, was_active;
	struct json_object *definition, *was_definition;
};

static const struct json_field fields[] = {
	JSON_FIELD(struct device_record, uuid, "uuid", JSON_KIND_STRING, JSON_REQUIRED),
	JSON_FIELD(struct device_record, live, "live", JSON_KIND_BOOL, JSON_REQUIRED),
	JSON_FIELD(struct device_record, started, "started", JSON_KIND_BOOL, JSON_REQUIRED),
	JSON_FIELD(struct device_record, active, "active", JSON_KIND_MATRIX, JSON_REQUIRED),
	JSON_FIELD(struct device_record, action, "action", JSON_KIND_STRING, JSON_REQUIRED),
	JSON_FIELD(struct device_record, definition, "definition", JSON_KIND_OBJECT, JSON_REQUIRED),
	JSON_FIELD(struct device_record, was_started, "wasStarted", JSON_KIND_BOOL, JSON_REQUIRED),
	JSON_FIELD(struct device_record, was_active, "wasActive", JSON_KIND_MATRIX, JSON_REQUIRED),
	JSON_FIELD(struct device_record, was_defined, "wasDefined", JSON_KIND_BOOL, JSON_REQUIRED),
	JSON_FIELD(struct device_record, was_definition, "wasDefinition", JSON_KIND_OBJECT, JSON_REQUIRED),
};

static struct json_object *write_definition(const struct definition *definition)
{
	struct definition_record lying = {
		.matrix = definition->matrix,
		.name = definition->name,
		.start = start_mode_names[definition->start],
		.interrupts = interrupts_policy_names[definition->interrupts],
	};

	return json_write(definition_fields, ARRAY_SIZE(definition_fields), &lying);
}

struct json_object *device_record_write(const struct device_change *device)
{
	CLEANUP_JSON struct json_object *definition = write_definition(&device->definition);
	CLEANUP_JSON struct json_object *was = write_definition(&device->was.definition);
	struct device_record lying = {
		.uuid = device->uuid.text,
		.live = device->live,
		.started = device->started,
		.active = device->active,
		.action = action_names[device->definition_action],
		.definition = definition,
		.was_started = device->was.started,
		.was_active = device->was.active,
		.was_defined = device->was.defined,
		.was_definition = was,
	};

	return definition && was ? json_write(fields, ARRAY_SIZE(fields), &lying) : NULL;
}

static int read_definition(struct json_object *object, const struct uuid *uuid,
			   struct definition *definition)
{
	struct definition_record lying = { 0 };
	const char *bad;
	int start, interrupts;

	if (json_read(object, definition_fields, ARRAY_SIZE(definition_fields), true, &lying, &bad) < 0)
		return -EINVAL;
	start = store_find_word(start_mode_names, ARRAY_SIZE(start_mode_names), lying.start);
	interrupts = store_find_word(interrupts_policy_names, ARRAY_SIZE(interrupts_policy_names),
				     lying.interrupts);
	if (start < 0 || interrupts < 0 || (lying.name[0] && !device_name_is_valid(lying.name)))
		return -EINVAL;
	*definition = (struct definition){ .uuid = *uuid, .matrix = lying.matrix };
	memcpy(definition->name, lying.name, strlen(lying.name) + 1);
	definition->start = (enum start_mode)start;
	definition->interrupts = (enum interrupts_policy)interrupts;
	return 0;
}

int device_record_read(struct json_object *object, struct device_change *device)
{
	struct device_record lying = { 0 };
	const char *bad;
	int action, r;

	if (json_read(object, fields, ARRAY_SIZE(fields), true, &lying, &bad) < 0 ||
	    uuid_parse(lying.uuid, &device->uuid) < 0)
		return -EINVAL;
	action = store_find_word(action_names, ARRAY_SIZE(action_names), lying.action);
	if (action < 0)
		return action;
	device->live = lying.live;
	device->started = lying.started;
	device->active = lying.active;
	device->definition_action = (enum definition_action)action;
	device->was.started = lying.was_started;
	device->was.active = lying.was_active;
	device->was.defined = lying.was_defined;
	r = read_definition(lying.definition, &device->uuid, &device->definition);
	return r < 0 ? r :
		       read_definition(lying.was_definition, &device->uuid, &device->was.definition);
}
