/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A definition lies in two files: mdevctl's, without which there is none, and beside it our
 * own for a name and an interrupts policy, where they are not the default.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "common/json.h"
#include "daemon/log.h"
#include "daemon/store/internal.h"

/* What is wrong in our own file, as a phrase; NULL where nothing is. */
static const char *read_own(struct json_object *object, struct definition *definition)
{
	struct json_object *value = NULL;
	const char *text;

	if (json_object_object_get_ex(object, "name", &value) && value) {
		text = json_get_string(object, "name");
		if (!text || !device_name_is_valid(text))
			return "'name' is not a name: 1 to 64 letters, digits, '.', '_', '-', ':' or '@' are "
			       "accepted";
		snprintf(definition->name, sizeof(definition->name), "%s", text);
	}
	if (json_object_object_get_ex(object, "interrupts", &value) && value) {
		int policy;

		text = json_get_string(object, "interrupts");
		policy = text ? store_find_word(interrupts_policy_names,
						ARRAY_SIZE(interrupts_policy_names), text) :
				-EINVAL;
		if (policy < 0)
			return "'interrupts' is not 'any', 'required' or 'polled'";
		definition->interrupts = (enum interrupts_policy)policy;
	}
	return NULL;
}

/* A bad file of our own spoils the definition too: an interrupts policy must not get lost unseen. */
static int read_own_file(struct store *store, struct definition *definition)
{
	struct store_name name = store_name(STORE_DEVICES, &definition->uuid);
	CLEANUP_JSON struct json_object *object = NULL;
	const char *why;
	int r = store_read_object(store, STORE_DEVICES, name.text, &object, NULL,
				  &definition->problem);

	if (r == -ENOENT || r == -EBADMSG)
		return 0;
	if (r < 0)
		return r;
	why = read_own(object, definition);
	if (why && asprintf(&definition->problem,
			    "The file %s/%s cannot be used, and is left as it is: %s.",
			   store->folder[STORE_DEVICES].path, name.text, why) < 0) {
		definition->problem = NULL;
		return -ENOMEM;
	}
	return 0;
}

static int read_files(struct store *store, struct definition *definition)
{
	CLEANUP_JSON struct json_object *object = NULL;
	CLEANUP_FREE char *why = NULL;
	int r = store_read_object(store, STORE_DEFINITIONS, definition->uuid.text, &object, NULL,
				  &definition->problem);

	if (r == -EBADMSG)
		return 0;
	if (r < 0)
		return r;
	if (mdevctl_read(object, definition, &why) < 0) {
		if (!why || asprintf(&definition->problem,
				     "The file %s/%s cannot be used, and is left as it is: %s.",
				     store->folder[STORE_DEFINITIONS].path, definition->uuid.text,
				     why) < 0) {
			definition->problem = NULL;
			return -ENOMEM;
		}
		return 0;
	}
	return read_own_file(store, definition);
}

int store_read_definition(struct store *store, struct desired *desired, const struct uuid *uuid)
{
	CLEANUP_DEFINITION struct definition definition = { .uuid = *uuid };
	int r = read_files(store, &definition);

	if (r == -ENOENT) {
		desired_remove(desired, uuid);
		return 0;
	}
	return r < 0 ? r : desired_put(desired, &definition);
}

/* The object that a file holds now, or a new one; never one that cannot be read. */
static int open_object(struct store *store, enum store_folder folder, const char *name,
		       struct json_object **ret_object)
{
	CLEANUP_FREE char *problem = NULL;
	int r = store_read_object(store, folder, name, ret_object, NULL, &problem);

	if (r != -ENOENT)
		return r;
	*ret_object = json_object_new_object();
	return *ret_object ? 0 : -ENOMEM;
}

/* Whether there is anything in it that we did not write. */
static bool has_others_keys(struct json_object *object)
{
	static const char *const own[] = { "version", "name", "interrupts" };

	json_object_object_foreach(object, key, value) {
		(void)value;
		if (store_find_word(own, ARRAY_SIZE(own), key) < 0)
			return true;
	}
	return false;
}

static int write_own_file(struct store *store, const struct definition *definition)
{
	struct store_name name = store_name(STORE_DEVICES, &definition->uuid);
	CLEANUP_JSON struct json_object *object = NULL;
	int r = open_object(store, STORE_DEVICES, name.text, &object);

	if (r < 0)
		return r;
	/* Where there is nothing to say, no file says it. */
	if (!definition->name[0] && definition->interrupts == INTERRUPTS_ANY && !has_others_keys(object))
		return io_remove_file(store->folder[STORE_DEVICES].fd, name.text, IO_DURABLE);
	if (json_add_int(object, "version", 1) < 0 ||
	    json_add_string(object, "name", definition->name[0] ? definition->name : NULL) < 0 ||
	    json_add_string(object, "interrupts", interrupts_policy_names[definition->interrupts]) < 0)
		return -ENOMEM;
	return store_write_object(store, STORE_DEVICES, name.text, object);
}

/* Our own file as it was, to be put back where the other one cannot be changed. */
struct kept {
	char *text;	/* owned; NULL: there was none */
	size_t length;
	mode_t mode;
};

static void kept_done(struct kept *kept)
{
	free(kept->text);
}

static int keep_own_file(struct store *store, const struct uuid *uuid, struct kept *ret_kept)
{
	struct store_name name = store_name(STORE_DEVICES, uuid);
	int fd = store->folder[STORE_DEVICES].fd;
	struct stat stat;
	int r;

	if (fstatat(fd, name.text, &stat, 0) < 0)
		return errno == ENOENT ? 0 : -errno;
	r = io_read_file(fd, name.text, store_file_max(STORE_DEVICES), &ret_kept->text,
			 &ret_kept->length);
	if (r == 0)
		ret_kept->mode = stat.st_mode & 07777;
	return r;
}

static void put_back_own_file(struct store *store, const struct uuid *uuid, const struct kept *kept)
{
	struct store_name name = store_name(STORE_DEVICES, uuid);
	int fd = store->folder[STORE_DEVICES].fd;
	int r = kept->text ? io_replace_file(fd, name.text, kept->text, kept->length, kept->mode,
					      IO_DURABLE) :
			     io_remove_file(fd, name.text, IO_DURABLE);

	if (r < 0)
		log_fields(LOG_ERR,
			   &(struct log_fields){ .id = MESSAGE_NOT_UNDONE, .device = uuid },
			   "Could not put the file %s/%s back: %s.",
			   store->folder[STORE_DEVICES].path, name.text, strerror(-r));
}

/* Returns -ESTALE where mdevctl's file is not in the state seen any more, unless that is NULL. */
static int write_files(struct store *store, const struct definition *definition,
		       const struct io_state *seen)
{
	CLEANUP_JSON struct json_object *object = NULL;
	CLEANUP(kept_done) struct kept old = { 0 };
	int r = open_object(store, STORE_DEFINITIONS, definition->uuid.text, &object);

	if (r < 0)
		return r;
	r = mdevctl_write(object, definition);
	if (r == 0)
		r = keep_own_file(store, &definition->uuid, &old);
	if (r < 0)
		return r;
	/*
	 * Ours first: a device appears to mdevctl only when all of it is there.  A change of both
	 * files that is cut off between them is finished from the pending record.
	 */
	r = write_own_file(store, definition);
	if (r < 0)
		return r;
	r = store_write_seen_object(store, STORE_DEFINITIONS, definition->uuid.text, object, seen);
	if (r < 0)
		put_back_own_file(store, &definition->uuid, &old);
	return r;
}

int store_write_definition(struct store *store, const struct definition *definition)
{
	return write_files(store, definition, NULL);
}

int store_replace_definition(struct store *store, const struct definition *was,
			     const struct definition *definition)
{
	CLEANUP_DEFINITION struct definition now = { .uuid = definition->uuid };
	struct io_state seen;
	bool is_there;
	int r = io_look(store->folder[STORE_DEFINITIONS].fd, definition->uuid.text, &seen);

	if (r < 0)
		return r;
	r = read_files(store, &now);
	if (r < 0 && r != -ENOENT)
		return r;
	is_there = r == 0 && !now.problem;
	if (is_there != (was != NULL) || (was && !definition_equal(&now, was)))
		return -ESTALE;
	return write_files(store, definition, &seen);
}

int store_remove_definition(struct store *store, const struct uuid *uuid)
{
	CLEANUP(kept_done) struct kept old = { 0 };
	int r = keep_own_file(store, uuid, &old);

	/* One that cannot be read cannot be put back, but may go all the same. */
	if (r == -EFBIG || r == -EINVAL)
		r = 0;
	if (r == 0)
		r = io_remove_file(store->folder[STORE_DEVICES].fd,
				   store_name(STORE_DEVICES, uuid).text, IO_DURABLE);
	if (r < 0)
		return r;
	r = io_remove_file(store->folder[STORE_DEFINITIONS].fd, uuid->text, IO_DURABLE);
	if (r < 0 && old.text)
		put_back_own_file(store, uuid, &old);
	return r;
}

/* Opens the folder of definitions for a walk through it; NULL and errno on failure. */
static DIR *open_definitions(struct store *store)
{
	int fd = openat(store->folder[STORE_DEFINITIONS].fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);

	if (!folder && fd >= 0)
		close(fd);
	return folder;
}

static void report_strange(struct store *store, struct desired *desired, const char *name)
{
	char shown[81];
	size_t i;

	/* Whatever bytes a name has, the message must be text. */
	for (i = 0; name[i] && i < sizeof(shown) - 1; i++)
		shown[i] = name[i] >= ' ' && name[i] < 0x7f ? name[i] : '?';
	shown[i] = '\0';
	problems_add(&desired->problems, PROBLEM_STRANGE_FILE, NULL, NULL,
		     "The file '%s' in %s is not looked at: the name of a definition is a UUID in lower "
		     "case.",
		     shown, store->folder[STORE_DEFINITIONS].path);
}

int store_find_strange_files(struct store *store, struct desired *desired)
{
	CLEANUP(closedirp) DIR *folder = open_definitions(store);
	unsigned int left = 16;
	struct dirent *entry;
	struct uuid uuid;

	if (!folder)
		return -errno;
	while (left > 0 && (entry = readdir(folder)) != NULL) {
		if (entry->d_name[0] == '.' ||
		    store_parse_name(STORE_DEFINITIONS, entry->d_name, &uuid) == 0)
			continue;
		report_strange(store, desired, entry->d_name);
		left--;
	}
	return 0;
}

int store_each_definition(struct store *store, int (*each)(void *userdata, const struct uuid *uuid),
			  void *userdata)
{
	CLEANUP(closedirp) DIR *folder = open_definitions(store);
	struct dirent *entry;
	struct uuid uuid;
	int r = 0;

	if (!folder)
		return -errno;
	while (r >= 0 && (entry = readdir(folder)) != NULL)
		if (store_parse_name(STORE_DEFINITIONS, entry->d_name, &uuid) == 0)
			r = each(userdata, &uuid);
	return r < 0 ? r : 0;
}

struct loader {
	struct store *store;
	struct desired *desired;
};

static int load_definition(void *userdata, const struct uuid *uuid)
{
	const struct loader *loader = userdata;

	return store_read_definition(loader->store, loader->desired, uuid);
}

static int load_definitions(struct store *store, struct desired *desired)
{
	struct loader loader = { .store = store, .desired = desired };
	int r = store_each_definition(store, load_definition, &loader);

	if (r != -E2BIG)
		return r;
	problems_add(&desired->problems, PROBLEM_STRANGE_FILE, NULL, NULL,
		     "There are more than %d definitions in %s: the others are not looked at.",
		     DESIRED_DEFINITIONS_MAX, store->folder[STORE_DEFINITIONS].path);
	return 0;
}

int store_load(struct store *store, struct desired *desired)
{
	int r = store_read_policy(store, desired);

	if (r == 0)
		r = load_definitions(store, desired);
	return r < 0 ? r : store_load_notes(store, desired);
}
