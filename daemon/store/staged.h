/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One file of several that change together: what it had, what it shall have, and how far that is.
 */
#ifndef APQD_DAEMON_STORE_STAGED_H
#define APQD_DAEMON_STORE_STAGED_H

#include "daemon/store/internal.h"

enum staged_action {
	STAGED_KEEP,		/* it has already what it shall have */
	STAGED_REPLACE,
	STAGED_REMOVE,
};

struct staged_file {
	enum store_folder folder;
	struct store_name name;
	bool was;		/* there was one */
	struct io_state seen;
	char *old;		/* owned; its contents; NULL: there was none, or it could not be read */
	size_t old_length;
	enum staged_action action;
	char *text;		/* owned; of STAGED_REPLACE */
	size_t length;
	char *obstacle;		/* owned; a sentence of why it cannot be replaced, after a failure, or NULL */
	bool waits;		/* text lies beside the file, under its temporary name */
	bool done;		/* the file has what it shall have */
};

/* Frees what it holds, and removes what lies beside the file; it may then be loaded again. */
void staged_done(const struct store *store, struct staged_file *file);

/*
 * Reads what there is; 0 also where there is none.  The next makes a JSON object of it: what was
 * read, or an empty one (the caller puts it); -EBADMSG for what is none, or -ENOMEM.
 */
MUST_CHECK int staged_load(const struct store *store, struct staged_file *file);
MUST_CHECK int staged_parse(const struct staged_file *file, struct json_object **ret_object);

/* Has it become this object, or go. */
MUST_CHECK int staged_replace(struct staged_file *file, struct json_object *object);
void staged_remove(struct staged_file *file);

/*
 * Writes the new text beside the file, where nothing keeps it from taking the place of that (obstacle.h).
 */
MUST_CHECK int staged_write(const struct store *store, struct staged_file *file,
			    enum io_lasting lasting);

/* Returns true if somebody else has changed the file since it was loaded. */
bool staged_is_outdated(const struct store *store, const struct staged_file *file);

/* Has the file changed, and changed back again; the folder is not synced.  0 or a negative errno. */
MUST_CHECK int staged_commit(const struct store *store, struct staged_file *file);
MUST_CHECK int staged_put_back(const struct store *store, struct staged_file *file);

#endif
