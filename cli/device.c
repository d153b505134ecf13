/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/device.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "common/uuid.h"

/* What is read before its null matrices are told apart from empty ones. */
struct raw {
	struct device device;
	const char *state;	/* NULL of a daemon that does not say it */
	struct json_object *definition, *active, *effective;
};

static const struct json_field fields[] = {
	JSON_FIELD(struct raw, device.uuid, "uuid", JSON_KIND_STRING, JSON_REQUIRED),
	JSON_FIELD(struct raw, device.name, "name", JSON_KIND_STRING, 0),
	JSON_FIELD(struct raw, device.start, "start", JSON_KIND_STRING, JSON_REQUIRED),
	JSON_FIELD(struct raw, device.interrupts, "interrupts", JSON_KIND_STRING, JSON_REQUIRED),
	JSON_FIELD(struct raw, state, "state", JSON_KIND_STRING, 0),
	JSON_FIELD(struct raw, definition, "definition", JSON_KIND_OBJECT, 0),
	JSON_FIELD(struct raw, active, "active", JSON_KIND_OBJECT, 0),
	JSON_FIELD(struct raw, effective, "effective", JSON_KIND_OBJECT, 0),
	JSON_FIELD(struct raw, device.in_use, "inUse", JSON_KIND_BOOL, JSON_REQUIRED),
	JSON_FIELD(struct raw, device.users, "users", JSON_KIND_OBJECT, 0),
	JSON_FIELD(struct raw, device.interrupt_queues, "interruptQueues", JSON_KIND_OBJECT, 0),
	JSON_FIELD(struct raw, device.problems, "problems", JSON_KIND_OBJECT, 0),
};

static int read_matrix(struct json_object *object, bool *ret_is_there, struct matrix *ret_matrix)
{
	*ret_is_there = object != NULL;
	return object ? json_to_matrix(object, ret_matrix) : 0;
}

static bool has_problem(const struct device *device, const char *code)
{
	for (size_t i = 0; i < device_problem_count(device); i++)
		if (strcmp(problem_code(json_object_array_get_idx(device->problems, i)), code) == 0)
			return true;
	return false;
}

int device_read(struct json_object *object, struct device *ret_device)
{
	struct raw raw = { 0 };
	struct device *device = &raw.device;
	const char *bad;

	if (json_read(object, fields, ARRAY_SIZE(fields), false, &raw, &bad) < 0 ||
	    read_matrix(raw.definition, &device->is_defined, &device->definition) < 0 ||
	    read_matrix(raw.active, &device->is_active, &device->active) < 0 ||
	    read_matrix(raw.effective, &device->has_effective, &device->effective) < 0)
		return -EBADMSG;
	/* One that is started and cannot be read has no active matrix. */
	if (!device->is_active && raw.state && strcmp(raw.state, "defined") != 0)
		device->is_active = device->is_unreadable = true;
	device->is_unreadable |= device->is_active && has_problem(device, "matrixUnknown");
	device->object = object;
	*ret_device = *device;
	return 0;
}

int device_compare(const struct device *a, const struct device *b)
{
	int r = a->name && b->name ? strverscmp(a->name, b->name) : !a->name - !b->name;

	return r ? r : strcmp(a->uuid, b->uuid);
}

static int compare(const void *a, const void *b)
{
	return device_compare(a, b);
}

int device_read_list(struct json_object *parameters, struct device **ret_devices, size_t *ret_count)
{
	CLEANUP_FREE struct device *devices = NULL;
	struct json_object *list;
	size_t count;

	if (!json_object_object_get_ex(parameters, "devices", &list) ||
	    !json_object_is_type(list, json_type_array))
		return -EBADMSG;
	count = list_length(list);
	devices = calloc(count + 1, sizeof(*devices));
	if (!devices)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		if (device_read(json_object_array_get_idx(list, i), &devices[i]) < 0)
			return -EBADMSG;
	qsort(devices, count, sizeof(*devices), compare);
	*ret_devices = TAKE_PTR(devices);
	*ret_count = count;
	return 0;
}

const struct device *device_find(const struct device *devices, size_t count, const char *uuid)
{
	for (size_t i = 0; uuid && i < count; i++)
		if (strcmp(devices[i].uuid, uuid) == 0)
			return &devices[i];
	return NULL;
}

const char *device_label(const struct device *device)
{
	return device->name ? device->name : device->uuid;
}

const char *device_state(const struct device *device)
{
	return device->in_use ? "in use" : device->is_active ? "started" : "defined";
}

const char *device_state_word(const struct device *device)
{
	return device->in_use ? "inUse" : device_state(device);
}

const struct matrix *device_matrix(const struct device *device)
{
	return device->is_active ? &device->active : &device->definition;
}

const char *device_user(struct json_object *user)
{
	const char *machine = json_get_string(user, "machine");
	const char *command = json_get_string(user, "command");

	return machine ? machine : command ? command : "?";
}

bool device_is_unreadable(const struct device *device)
{
	return device->is_unreadable;
}

bool device_is_badly_defined(const struct device *device)
{
	return has_problem(device, "badDefinition");
}

bool device_is_leaving(const struct device *device)
{
	return has_problem(device, "stopping");
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* In how many characters two texts begin alike, whatever their lengths are: apqd may send anything. */
static size_t common_length(const char *a, const char *b)
{
	size_t length = 0;

	while (a[length] && a[length] == b[length])
		length++;
	return length;
}

/*
 * Returns true if the UUID of another device begins with the name of this one.  The UUIDs are
 * sorted.
 */
static bool name_is_prefix(const struct device *device, const char *const *uuids, size_t count)
{
	size_t length = strlen(device->name), low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strncasecmp(uuids[middle], device->name, length) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	/* The first match may be the device itself, so the next UUID counts, too. */
	for (size_t i = low; i < count && i < low + 2; i++)
		if (strncasecmp(uuids[i], device->name, length) == 0 && strcmp(uuids[i], device->uuid) != 0)
			return true;
	return false;
}

/* As many characters more as it takes that no device has the name that another one is shown by. */
static size_t avoid_names(const struct device *devices, size_t count, const char *const *uuids,
			  size_t length)
{
	bool is_name[UUID_TEXT_SIZE] = { false };

	for (size_t i = 0; i < count; i++) {
		size_t size = devices[i].name ? strlen(devices[i].name) : 0;

		if (size >= length && size < UUID_TEXT_SIZE && !is_name[size])
			is_name[size] = name_is_prefix(&devices[i], uuids, count);
	}
	while (length < UUID_TEXT_SIZE && is_name[length])
		length++;
	return length;
}

int device_short_length(const struct device *devices, size_t count)
{
	CLEANUP_FREE const char **uuids = calloc(count + 1, sizeof(*uuids));
	size_t length = DEVICE_SHORT_UUID;

	if (!uuids)
		return UUID_TEXT_SIZE;
	for (size_t i = 0; i < count; i++)
		uuids[i] = devices[i].uuid;
	qsort(uuids, count, sizeof(*uuids), compare_texts);
	/* In sorted order, UUIDs with the longest common prefix are neighbours. */
	for (size_t i = 1; i < count; i++) {
		size_t common = common_length(uuids[i - 1], uuids[i]);

		if (common >= length)
			length = common + 1;
	}
	length = avoid_names(devices, count, uuids, length);
	return length < UUID_TEXT_SIZE ? (int)length : UUID_TEXT_SIZE;
}

size_t list_length(struct json_object *list)
{
	return json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
}

size_t device_problem_count(const struct device *device)
{
	return list_length(device->problems);
}

const char *problem_message(struct json_object *problem)
{
	const char *message = json_get_string(problem, "message");

	return message ? message : "?";
}

const char *problem_code(struct json_object *problem)
{
	const char *code = json_get_string(problem, "code");

	return code ? code : "?";
}
