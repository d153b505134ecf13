/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of daemon/store/ share with each other and with nobody else.
 */
#ifndef APQD_DAEMON_STORE_INTERNAL_H
#define APQD_DAEMON_STORE_INTERNAL_H

#include <json-c/json.h>

#include "common/uuid.h"
#include "daemon/store/store.h"

/* A file of ours or of mdevctl is some hundred bytes; one with 256+256 ids is under 32 KiB. */
#define STORE_FILE_MAX (256u << 10)

enum store_folder {
	STORE_DEFINITIONS,
	STORE_DEVICES,
	STORE_HOST,
	STORE_NOTES,
	STORE_PENDING,
	STORE_FOLDERS
};

struct store {
	struct {
		char *path;
		int fd;
	} folder[STORE_FOLDERS];
	sd_event_source *watch_source;
	int watch[STORE_FOLDERS];	/* inotify's descriptors, by folder */
	store_event_fn event;
	void *userdata;
};

/* "UUID" or "UUID.json", as the folder wants it. */
struct store_name {
	char text[UUID_TEXT_SIZE + 5];
};

struct store_name store_name(enum store_folder folder, const struct uuid *uuid);

/* The UUID of a file name in that folder: 0, or -EINVAL for a name that is none of ours. */
MUST_CHECK int store_parse_name(enum store_folder folder, const char *name, struct uuid *ret_uuid);

/*
 * Reads a JSON object.  Returns 0, -ENOENT, or -EBADMSG and a sentence that says where and
 * what (the caller frees it), or -ENOMEM.
 */
MUST_CHECK int store_read_object(const struct store *store, enum store_folder folder,
				 const char *name, struct json_object **ret_object,
				 char **ret_problem);

/* Writes an object as people like to read it, with a newline at the end. */
MUST_CHECK int store_write_object(const struct store *store, enum store_folder folder,
				  const char *name, struct json_object *object);

/*
 * mdevctl's form.  The first fills matrix and start; returns 0, or -EINVAL and a phrase about
 * the bad key (the caller frees it).  The second sets our keys in an object, and keeps all others.
 */
MUST_CHECK int mdevctl_read(struct json_object *object, struct definition *definition,
			    char **ret_problem);
MUST_CHECK int mdevctl_write(struct json_object *object, const struct definition *definition);

/* Fills the notes of desired from the folder of notes; 0 or a negative errno. */
MUST_CHECK int store_load_notes(struct store *store, struct desired *desired);

/* The word of value in a table of count words, or -EINVAL. */
MUST_CHECK int store_find_word(const char *const *words, size_t count, const char *value);

#endif
