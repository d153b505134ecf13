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
#include <unistd.h>

#include "common/cleanup.h"
#include "common/json.h"
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

	definition->has_remedy |= r == -EISDIR;
	if (r == -ENOENT || r == -EBADMSG || r == -EISDIR)
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

/* mdevctl's file: 0, also where it has a problem, or a negative errno. */
static int read_shared_file(struct store *store, struct definition *definition)
{
	CLEANUP_JSON struct json_object *object = NULL;
	CLEANUP_FREE char *why = NULL;
	int r = store_read_object(store, STORE_DEFINITIONS, definition->uuid.text, &object, NULL,
				  &definition->problem);

	definition->has_remedy |= r == -EISDIR;
	if (r < 0)
		return r == -EBADMSG || r == -EISDIR ? 0 : r;
	if (mdevctl_read(object, definition, &why) < 0) {
		if (!why || asprintf(&definition->problem,
				     "The file %s/%s cannot be used, and is left as it is: %s.",
				     store->folder[STORE_DEFINITIONS].path, definition->uuid.text,
				     why) < 0) {
			definition->problem = NULL;
			return -ENOMEM;
		}
	}
	return 0;
}

int store_read_files(struct store *store, struct definition *definition)
{
	int r = read_shared_file(store, definition);
	char *problem;

	if (r < 0)
		return r;
	/* The name of a device whose definition is bad is as good as before; the first problem is told. */
	problem = TAKE_PTR(definition->problem);
	r = read_own_file(store, definition);
	if (problem) {
		free(definition->problem);
		definition->problem = problem;
	}
	return r;
}

/* Our own file is there, and its name cannot be read: the device is called as before. */
static void keep_name(const struct store *store, const struct desired *desired, struct definition *definition)
{
	const struct definition *old = desired_find(desired, &definition->uuid);
	struct store_name name = store_name(STORE_DEVICES, &definition->uuid);

	if (old && definition->problem && !definition->name[0] &&
	    faccessat(store->folder[STORE_DEVICES].fd, name.text, F_OK, 0) == 0)
		memcpy(definition->name, old->name, sizeof(definition->name));
}

int store_read_definition(struct store *store, struct desired *desired, const struct uuid *uuid)
{
	CLEANUP_DEFINITION struct definition definition = { .uuid = *uuid };
	int r = store_read_files(store, &definition);

	if (r == -ENOENT) {
		desired_remove(desired, uuid);
		return 0;
	}
	/* What is known stays until it can be read again; else it is one that cannot be used. */
	if (r < 0 && (!definition.problem || desired_find(desired, uuid)))
		return r;
	keep_name(store, desired, &definition);
	return desired_put(desired, &definition);
}

int store_each_definition(struct store *store, int (*each)(void *userdata, const struct uuid *uuid),
			  void *userdata)
{
	CLEANUP(closedirp) DIR *folder = NULL;
	struct dirent *entry;
	struct uuid uuid;
	int r = io_open_entries(store->folder[STORE_DEFINITIONS].fd, &folder), given = 0;

	while (r >= 0 && given >= 0 && (r = io_next_entry(folder, &entry)) > 0)
		if (store_parse_name(STORE_DEFINITIONS, entry->d_name, &uuid) == 0)
			given = each(userdata, &uuid);
	store_note_failure(store, r);
	return given < 0 ? given : r < 0 ? r : 0;
}
