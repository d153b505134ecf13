/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of daemon/store/ share with each other and with nobody else.
 */
#ifndef APQD_DAEMON_STORE_INTERNAL_H
#define APQD_DAEMON_STORE_INTERNAL_H

#include <json-c/json.h>
#include <stdatomic.h>

#include "common/io.h"
#include "common/json.h"
#include "common/uuid.h"
#include "daemon/store/path-watch.h"
#include "daemon/store/store.h"

enum store_folder {
	STORE_DEFINITIONS,
	STORE_DEVICES,
	STORE_HOST,
	STORE_NOTES,
	STORE_PENDING,
	STORE_FOLDERS
};

/* chzdev's file, in a folder that is udev's: it need not be there, and is not made by us. */
#define STORE_RULES_NAME "41-ap.rules"

/* Number of directories that udev reads rules from. */
#define STORE_RULES 4

struct store {
	struct {
		char *path;
		int fd;
		int missing;		/* why it could not be opened, a negative errno, or 0 */
	} folder[STORE_FOLDERS];
	char *root;
	char *rules[STORE_RULES];	/* the paths of chzdev's file; the first that is there wins */
	atomic_uint generation;		/* how often a directory has been opened anew */
	atomic_bool replaced;		/* a directory has been replaced, and nobody has noticed yet */
	struct path_watch paths;
	int unwatched;			/* why not all of the paths can be watched, a negative errno, or 0 */
	atomic_bool unread;		/* a file could not be read for a reason of the moment */
	atomic_bool unfinished;		/* files that were to change together have not all done so */
	sd_event_source *watch_source;
	int watch[STORE_FOLDERS];	/* inotify's descriptors, by folder */
	store_event_fn event;
	void *userdata;
};

#define STORE_POLICY_NAME "host.json"

/* The record of a change of many devices. */
#define STORE_DEVICES_NAME "devices.json"

/* "UUID" or "UUID.json", as the folder wants it; a record of the host alone is "host.json". */
struct store_name {
	char text[UUID_TEXT_SIZE + 5];
};

struct store_name store_name(enum store_folder folder, const struct uuid *uuid);

/*
 * What store_name() was given for such a file (of STORE_DEVICES_NAME as of the host's): 0, or -EINVAL
 * for a name that is none of ours.
 */
MUST_CHECK int store_parse_name(enum store_folder folder, const char *name, struct uuid *ret_uuid);

/* How many bytes a file of that folder may have. */
size_t store_file_max(enum store_folder folder);

/* Reads the text of a file of that folder as json_parse() does, or as its other writers want it read. */
MUST_CHECK int store_parse(enum store_folder folder, const char *text, size_t length,
			   struct json_object **ret_value, struct json_mistake *ret_mistake);

/*
 * Reads a JSON object, and its text where ret_text is not NULL.  Returns 0, -ENOENT or -ENOMEM; or
 * with a sentence that says where and what: -EBADMSG; -EISDIR if the name is that of a directory or a
 * broken link, and then the sentence also has the command that removes it; or what
 * store_is_of_the_moment().  The caller frees what it gets.
 */
MUST_CHECK int store_read_object(struct store *store, enum store_folder folder, const char *name,
				 struct json_object **ret_object, char **ret_text,
				 char **ret_problem);

/*
 * Returns true if a negative errno is the want of something, or a disk or a file server that
 * fails, as it may not a second later.
 */
bool store_is_of_the_moment(int r);

/* What a reading came to, 0 or a negative errno, for store_has_unread(). */
void store_note_failure(struct store *store, int r);

/* An object as text, with a newline at the end; as people like to read it where they do.  The caller frees it. */
MUST_CHECK int store_format_object(enum store_folder folder, struct json_object *object,
				   char **ret_text, size_t *ret_length);

/* The directories in /etc, whose files a batch changes. */
#define STORE_ETC_FOLDERS 3
extern const enum store_folder store_etc_folders[STORE_ETC_FOLDERS];

/* Opens all directories for the first time, and makes them; as store_open(). */
MUST_CHECK int store_open_folders(struct store *store, char **ret_path);

/*
 * store_open_replaced() opens the directories in /etc again whose paths lead elsewhere; the numbers
 * of the descriptors stay.  store_tell_folders() adds a problem for each that is missing, and one
 * if not everything can be watched.
 */
void store_open_replaced(struct store *store);
void store_tell_folders(const struct store *store, struct desired *desired);

/*
 * Checks before a change that the paths in /etc still lead to the open directories, and creates
 * missing ones.  Returns 0, or -ESTALE if a directory was replaced (store_has_replaced() then
 * returns true once), or another negative errno.
 */
MUST_CHECK int store_check_folders(struct store *store);

/*
 * The folders in /etc: the first makes everything durable that was written to their file systems, the
 * second which files are in them.
 */
MUST_CHECK int store_sync(const struct store *store);
MUST_CHECK int store_sync_folders(const struct store *store);

/* Writes an object at once, for the folders in /run. */
MUST_CHECK int store_write_object(const struct store *store, enum store_folder folder,
				  const char *name, struct json_object *object);

/*
 * mdevctl's form.  The first fills matrix and start; returns 0, or -EINVAL and a phrase about
 * the bad key (the caller frees it).  The second sets our keys in an object, and keeps all others.
 */
MUST_CHECK int mdevctl_read(struct json_object *object, struct definition *definition,
			    char **ret_problem);
MUST_CHECK int mdevctl_write(struct json_object *object, const struct definition *definition);

/*
 * Reads the files of the definition whose UUID is set; 0, also where they have a problem, or a negative
 * errno: with a problem too where one of them could not be read now.
 */
MUST_CHECK int store_read_files(struct store *store, struct definition *definition);

/* Fills the notes of desired from the folder of notes; 0 or a negative errno. */
MUST_CHECK int store_load_notes(struct store *store, struct desired *desired);

/* Reads host.json again into the policy of desired; 0 or a negative errno. */
MUST_CHECK int store_read_policy(struct store *store, struct desired *desired);

/*
 * How often, with how many microseconds between, what must be known at the start is read again where it
 * could not be for a reason of the moment: a second in all.
 */
#define STORE_READ_AGAIN 20
#define STORE_READ_PAUSE 50000

/*
 * What is wanted of the host, in a record of a change.  The second returns 0, -EINVAL for what the
 * first does not write, or -ENOMEM.  A missing key wants nothing.
 */
MUST_CHECK int host_record_write(struct json_object *record, const char *key,
				 const struct host_change *host);
MUST_CHECK int host_record_read(struct json_object *record, const char *key,
				struct host_change *ret_host);

/*
 * What is wanted of one device, likewise: an object, which is the caller's (NULL without memory);
 * and back into a device_change that is all zero: 0 or -EINVAL.
 */
struct json_object *device_record_write(const struct device_change *device);
MUST_CHECK int device_record_read(struct json_object *object, struct device_change *device);

/* The word of value in a table of count words, or -EINVAL. */
MUST_CHECK int store_find_word(const char *const *words, size_t count, const char *value);

#endif
