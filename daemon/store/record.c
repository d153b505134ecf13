/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What must outlive the daemon but not the boot, in /run/apqd: which devices somebody stopped,
 * and changes that are under way.  They describe the kernel's state, which goes with the boot too.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "common/json.h"
#include "daemon/store/internal.h"

static const char *const stopped_names[] = { "nobody", "client", "other" };

/* The records of a folder, each as the object that it is. */
struct record {
	char name[NAME_MAX + 1];
	struct uuid uuid;
	struct json_object *object;	/* owned */
};

struct records {
	struct record *items;
	size_t count, size;
};

static void records_done(struct records *records)
{
	for (size_t i = 0; i < records->count; i++)
		json_object_put(records->items[i].object);
	free(records->items);
	*records = (struct records){ 0 };
}

static struct record *add_record(struct records *records, const char *name)
{
	if (records->count == records->size) {
		size_t size = records->size ? 2 * records->size : 16;
		struct record *items = reallocarray(records->items, size, sizeof(*items));

		if (!items)
			return NULL;
		records->items = items;
		records->size = size;
	}
	records->items[records->count] = (struct record){ .object = NULL };
	snprintf(records->items[records->count].name, sizeof(records->items->name), "%s", name);
	return &records->items[records->count++];
}

/* What is no record was cut off, and goes; what is none at all, say a folder, may stay. */
static void drop(const struct store *store, enum store_folder which, const char *name)
{
	unlinkat(store->folder[which].fd, name, 0);
}

static int read_record(struct store *store, enum store_folder which, struct record *record)
{
	CLEANUP_FREE char *problem = NULL;
	int r = store_read_object(store, which, record->name, &record->object, NULL, &problem);

	if (r == -EBADMSG || r == -EISDIR)
		drop(store, which, record->name);
	return r == -EBADMSG || r == -EISDIR || r == -ENOENT ? 0 : r;
}

static int try_read_all(struct store *store, enum store_folder which, struct records *records)
{
	CLEANUP(closedirp) DIR *folder = NULL;
	struct dirent *entry;
	struct uuid uuid;
	int r = io_open_entries(store->folder[which].fd, &folder);

	while (r >= 0 && (r = io_next_entry(folder, &entry)) > 0) {
		struct record *record;

		if (store_parse_name(which, entry->d_name, &uuid) < 0)
			continue;
		record = add_record(records, entry->d_name);
		if (!record)
			return -ENOMEM;
		record->uuid = uuid;
		r = read_record(store, which, record);
	}
	return r;
}

/*
 * All or none: a record that cannot be read is a change that would not be finished, and a note a device
 * that would be started though somebody stopped it.
 */
static int read_all(struct store *store, enum store_folder which, struct records *records)
{
	int r = try_read_all(store, which, records);

	for (unsigned int i = 0; i < STORE_READ_AGAIN && store_is_of_the_moment(r); i++) {
		records_done(records);
		usleep(STORE_READ_PAUSE);
		r = try_read_all(store, which, records);
	}
	return r;
}

/* Calls each() for every record in a folder; one that is not what it should be is removed. */
static int walk(struct store *store, enum store_folder which,
		int (*each)(const char *name, const struct uuid *uuid, struct json_object *object,
			    void *userdata),
		void *userdata)
{
	CLEANUP(records_done) struct records records = { 0 };
	int r = read_all(store, which, &records);

	for (size_t i = 0; r == 0 && i < records.count; i++) {
		const struct record *record = &records.items[i];

		if (!record->object)
			continue;
		r = each(record->name, &record->uuid, record->object, userdata);
		if (r == -EBADMSG || r == -EINVAL) {
			drop(store, which, record->name);
			r = 0;
		}
	}
	return r;
}

/* The remembered matrix of a device that cannot be read. */
struct remembered_record {
	const char *identity;
	struct matrix matrix;
};

static const struct json_field remembered_fields[] = {
	JSON_FIELD(struct remembered_record, identity, "identity", JSON_KIND_STRING, JSON_REQUIRED),
	JSON_FIELD(struct remembered_record, matrix, "matrix", JSON_KIND_MATRIX, JSON_REQUIRED),
};

static int read_remembered(struct json_object *object, struct device_note *note)
{
	struct remembered_record lying = { 0 };
	struct json_object *member;
	const char *bad;

	if (!json_object_object_get_ex(object, "remembered", &member))
		return 0;
	if (json_read(member, remembered_fields, ARRAY_SIZE(remembered_fields), true, &lying, &bad) < 0 ||
	    strlen(lying.identity) >= sizeof(note->identity))
		return -EINVAL;
	note->remembered = lying.matrix;
	strcpy(note->identity, lying.identity);
	return 0;
}

static int add_remembered(struct json_object *object, const struct device_note *note)
{
	struct remembered_record lying = { .identity = note->identity, .matrix = note->remembered };

	struct json_object *member;

	if (!note->identity[0])
		return 0;
	member = json_write(remembered_fields, ARRAY_SIZE(remembered_fields), &lying);
	return member ? json_add(object, "remembered", member) : -ENOMEM;
}

static int read_note(const char *name, const struct uuid *uuid, struct json_object *object,
		     void *userdata)
{
	const char *stopped = json_get_string(object, "stopped");
	int by = stopped ? store_find_word(stopped_names, ARRAY_SIZE(stopped_names), stopped) : -EINVAL;
	struct json_object *settled = NULL;
	struct device_note *note;

	(void)name;
	if (by < 0)
		return by;
	note = desired_note(userdata, uuid);
	if (!note)
		return -ENOMEM;
	note->stopped = (enum stopped_by)by;
	note->settled = json_object_object_get_ex(object, "settled", &settled) &&
			json_object_get_boolean(settled);
	return read_remembered(object, note);
}

int store_load_notes(struct store *store, struct desired *desired)
{
	return walk(store, STORE_NOTES, read_note, desired);
}

int store_write_note(struct store *store, const struct device_note *note)
{
	struct store_name name = store_name(STORE_NOTES, &note->uuid);
	CLEANUP_JSON struct json_object *object = NULL;

	if (note->stopped == STOPPED_BY_NOBODY && !note->settled && !note->identity[0])
		return io_remove_file(store->folder[STORE_NOTES].fd, name.text, IO_UNTIL_REBOOT);
	object = json_object_new_object();
	if (json_add_string(object, "stopped", stopped_names[note->stopped]) < 0 ||
	    json_add_bool(object, "settled", note->settled) < 0 || add_remembered(object, note) < 0)
		return -ENOMEM;
	return store_write_object(store, STORE_NOTES, name.text, object);
}

/* Beside the notes of the devices, by a name that no device can have. */
#define LEAK_NAME "override-leaked"

int store_keep_leak(struct store *store)
{
	CLEANUP_JSON struct json_object *object = json_object_new_object();

	if (json_add_bool(object, "overrideLeaked", true) < 0)
		return -ENOMEM;
	return store_write_object(store, STORE_NOTES, LEAK_NAME, object);
}

bool store_knows_leak(const struct store *store)
{
	return faccessat(store->folder[STORE_NOTES].fd, LEAK_NAME, F_OK, 0) == 0;
}

/* A record is named after what the change is about. */
static struct store_name pending_name(const struct change *change)
{
	static const struct uuid host = { .text = "" };
	const struct device_change *single = change_single(change);
	struct store_name name;

	if (single || !change_has_device(change))
		return store_name(STORE_PENDING, single ? &single->uuid : &host);
	snprintf(name.text, sizeof(name.text), "%s", STORE_DEVICES_NAME);
	return name;
}

int store_write_pending(struct store *store, const struct pending *pending)
{
	const struct change *change = &pending->change;
	CLEANUP_JSON struct json_object *object = json_object_new_object();
	struct json_object *devices = json_object_new_array();

	if (json_add_bool(object, "force", change->force) < 0 ||
	    host_record_write(object, "host", &change->host) < 0 ||
	    host_record_write(object, "wasHost", &pending->was_host) < 0 ||
	    json_add(object, "devices", devices) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < change->count; i++) {
		struct json_object *device = device_record_write(&change->devices[i]);

		if (!device || json_object_array_add(devices, device) < 0) {
			json_object_put(device);
			return -ENOMEM;
		}
	}
	return store_write_object(store, STORE_PENDING, pending_name(change).text, object);
}

int store_remove_pending(struct store *store, const struct change *change)
{
	return io_remove_file(store->folder[STORE_PENDING].fd, pending_name(change).text,
			      IO_UNTIL_REBOOT);
}

struct finder {
	store_pending_fn found;
	void *userdata;
};

static int read_devices(struct json_object *list, struct change *change)
{
	size_t count = json_object_array_length(list);
	int r;

	if (count > DESIRED_DEFINITIONS_MAX)
		return -EINVAL;
	r = change_set_count(change, count);
	for (size_t i = 0; r == 0 && i < count; i++) {
		r = device_record_read(json_object_array_get_idx(list, i), &change->devices[i]);
		/* change_find() wants them in order. */
		if (r == 0 && i > 0 &&
		    uuid_compare(&change->devices[i - 1].uuid, &change->devices[i].uuid) >= 0)
			r = -EINVAL;
	}
	return r;
}

static int read_change(struct json_object *object, struct pending *pending)
{
	struct json_object *force = NULL, *devices = NULL;
	int r;

	if (!json_object_object_get_ex(object, "force", &force) ||
	    !json_object_is_type(force, json_type_boolean) ||
	    !json_object_object_get_ex(object, "devices", &devices) ||
	    !json_object_is_type(devices, json_type_array))
		return -EINVAL;
	pending->change.force = json_object_get_boolean(force);
	r = read_devices(devices, &pending->change);
	if (r == 0)
		r = host_record_read(object, "host", &pending->change.host);
	if (r == 0)
		r = host_record_read(object, "wasHost", &pending->was_host);
	return r;
}

static int read_pending(const char *name, const struct uuid *uuid, struct json_object *object,
			void *userdata)
{
	const struct finder *finder = userdata;
	CLEANUP_FREE struct pending *pending = calloc(1, sizeof(*pending));
	int r;

	(void)uuid;
	if (!pending)
		return -ENOMEM;
	r = read_change(object, pending);
	if (r == 0 && strcmp(pending_name(&pending->change).text, name) != 0)
		r = -EINVAL;
	if (r == 0)
		finder->found(finder->userdata, pending);
	change_done(&pending->change);
	return r;
}

int store_load_pending(struct store *store, store_pending_fn found, void *userdata)
{
	struct finder finder = { .found = found, .userdata = userdata };

	return walk(store, STORE_PENDING, read_pending, &finder);
}
