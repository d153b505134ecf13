/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What must outlive the daemon but not the boot, in /run/apqd: which devices somebody stopped,
 * and changes that are under way.  They describe the kernel's state, which goes with the boot too.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "common/json.h"
#include "daemon/store/internal.h"

static const char *const stopped_names[] = { "nobody", "client", "other" };
static const char *const action_names[] = { "keep", "write", "remove" };

/* Calls each() for every record in a folder; one that cannot be read was cut off: it is removed. */
static int walk(struct store *store, enum store_folder which,
		int (*each)(const struct uuid *uuid, struct json_object *object, void *userdata),
		void *userdata)
{
	CLEANUP(closedirp) DIR *folder = NULL;
	struct dirent *entry;
	struct uuid uuid;
	int fd = openat(store->folder[which].fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	folder = fd < 0 ? NULL : fdopendir(fd);
	if (!folder)
		return -errno;
	while ((entry = readdir(folder)) != NULL) {
		CLEANUP_JSON struct json_object *object = NULL;
		CLEANUP_FREE char *problem = NULL;
		int r;

		if (store_parse_name(which, entry->d_name, &uuid) < 0)
			continue;
		r = store_read_object(store, which, entry->d_name, &object, NULL, &problem);
		if (r == 0)
			r = each(&uuid, object, userdata);
		if (r == -EBADMSG || r == -EINVAL)
			r = io_remove_file(store->folder[which].fd, entry->d_name, IO_UNTIL_REBOOT);
		if (r < 0 && r != -ENOENT)
			return r;
	}
	return 0;
}

static int read_note(const struct uuid *uuid, struct json_object *object, void *userdata)
{
	const char *stopped = json_get_string(object, "stopped");
	int by = stopped ? store_find_word(stopped_names, ARRAY_SIZE(stopped_names), stopped) : -EINVAL;
	struct json_object *settled = NULL;
	struct device_note *note;

	if (by < 0)
		return by;
	note = desired_note(userdata, uuid);
	if (!note)
		return -ENOMEM;
	note->stopped = (enum stopped_by)by;
	note->settled = json_object_object_get_ex(object, "settled", &settled) &&
			json_object_get_boolean(settled);
	return 0;
}

int store_load_notes(struct store *store, struct desired *desired)
{
	return walk(store, STORE_NOTES, read_note, desired);
}

int store_write_note(struct store *store, const struct device_note *note)
{
	struct store_name name = store_name(STORE_NOTES, &note->uuid);
	CLEANUP_JSON struct json_object *object = NULL;

	if (note->stopped == STOPPED_BY_NOBODY && !note->settled)
		return io_remove_file(store->folder[STORE_NOTES].fd, name.text, IO_UNTIL_REBOOT);
	object = json_object_new_object();
	if (json_add_string(object, "stopped", stopped_names[note->stopped]) < 0 ||
	    json_add_bool(object, "settled", note->settled) < 0)
		return -ENOMEM;
	return store_write_object(store, STORE_NOTES, name.text, object);
}

/* A pending change as it lies in its file. */
struct record {
	bool live, started, was_started, force;
	struct matrix active, was_active, matrix;
	const char *action, *name, *start, *interrupts;
};

static const struct json_field record_fields[] = {
	JSON_FIELD(struct record, live, "live", JSON_KIND_BOOL, JSON_REQUIRED),
	JSON_FIELD(struct record, started, "started", JSON_KIND_BOOL, JSON_REQUIRED),
	JSON_FIELD(struct record, active, "active", JSON_KIND_MATRIX, JSON_REQUIRED),
	JSON_FIELD(struct record, was_started, "wasStarted", JSON_KIND_BOOL, JSON_REQUIRED),
	JSON_FIELD(struct record, was_active, "wasActive", JSON_KIND_MATRIX, JSON_REQUIRED),
	JSON_FIELD(struct record, force, "force", JSON_KIND_BOOL, JSON_REQUIRED),
	JSON_FIELD(struct record, action, "definition", JSON_KIND_STRING, JSON_REQUIRED),
	JSON_FIELD(struct record, matrix, "matrix", JSON_KIND_MATRIX, JSON_REQUIRED),
	JSON_FIELD(struct record, name, "name", JSON_KIND_STRING, JSON_REQUIRED),
	JSON_FIELD(struct record, start, "start", JSON_KIND_STRING, JSON_REQUIRED),
	JSON_FIELD(struct record, interrupts, "interrupts", JSON_KIND_STRING, JSON_REQUIRED),
};

int store_write_pending(struct store *store, const struct pending *pending)
{
	const struct change *change = &pending->change;
	const struct definition *definition = &change->definition;
	struct record record = {
		.live = change->live,
		.started = change->started,
		.active = change->active,
		.was_started = pending->was_started,
		.was_active = pending->was_active,
		.force = change->force,
		.action = action_names[change->definition_action],
		.matrix = definition->matrix,
		.name = definition->name,
		.start = start_mode_names[definition->start],
		.interrupts = interrupts_policy_names[definition->interrupts],
	};
	CLEANUP_JSON struct json_object *object =
		json_write(record_fields, ARRAY_SIZE(record_fields), &record);

	if (!object || host_record_write(object, "host", &change->host) < 0 ||
	    host_record_write(object, "wasHost", &pending->was_host) < 0)
		return -ENOMEM;
	return store_write_object(store, STORE_PENDING, store_name(STORE_PENDING, &change->uuid).text,
				  object);
}

int store_remove_pending(struct store *store, const struct uuid *uuid)
{
	return io_remove_file(store->folder[STORE_PENDING].fd,
			      store_name(STORE_PENDING, uuid).text, IO_UNTIL_REBOOT);
}

static int fill_definition(const struct record *record, struct definition *definition)
{
	int start = store_find_word(start_mode_names, ARRAY_SIZE(start_mode_names), record->start);
	int interrupts = store_find_word(interrupts_policy_names, ARRAY_SIZE(interrupts_policy_names),
					 record->interrupts);

	if (start < 0 || interrupts < 0 ||
	    (record->name[0] && !device_name_is_valid(record->name)))
		return -EINVAL;
	memcpy(definition->name, record->name, strlen(record->name) + 1);
	definition->matrix = record->matrix;
	definition->start = (enum start_mode)start;
	definition->interrupts = (enum interrupts_policy)interrupts;
	return 0;
}

struct finder {
	store_pending_fn found;
	void *userdata;
};

static int read_pending(const struct uuid *uuid, struct json_object *object, void *userdata)
{
	const struct finder *finder = userdata;
	struct record record = { 0 };
	struct pending pending;
	const char *bad;
	int action, r;

	if (json_read(object, record_fields, ARRAY_SIZE(record_fields), false, &record, &bad) < 0)
		return -EINVAL;
	action = store_find_word(action_names, ARRAY_SIZE(action_names), record.action);
	if (action < 0)
		return action;
	pending = (struct pending){
		.change = {
			.uuid = *uuid,
			.live = record.live,
			.started = record.started,
			.active = record.active,
			.force = record.force,
			.definition.uuid = *uuid,
		},
		.was_started = record.was_started,
		.was_active = record.was_active,
	};
	pending.change.definition_action = action;
	r = fill_definition(&record, &pending.change.definition);
	/* Only a device is started, stopped or defined. */
	if (!uuid->text[0] && (record.live || action != DEFINITION_KEEP))
		r = -EINVAL;
	if (r == 0)
		r = host_record_read(object, "host", &pending.change.host);
	if (r == 0)
		r = host_record_read(object, "wasHost", &pending.was_host);
	if (r < 0)
		return r;
	finder->found(finder->userdata, &pending);
	return 0;
}

int store_load_pending(struct store *store, store_pending_fn found, void *userdata)
{
	struct finder finder = { .found = found, .userdata = userdata };

	return walk(store, STORE_PENDING, read_pending, &finder);
}
