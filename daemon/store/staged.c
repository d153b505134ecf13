/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/store/staged.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "daemon/store/obstacle.h"

static int folder_of(const struct store *store, const struct staged_file *file)
{
	return store->folder[file->folder].fd;
}

void staged_done(const struct store *store, struct staged_file *file)
{
	if (file->waits)
		io_drop_file(folder_of(store, file), file->name.text);
	free(file->old);
	free(file->text);
	free(file->obstacle);
	*file = (struct staged_file){ .folder = file->folder, .name = file->name };
}

int staged_load(const struct store *store, struct staged_file *file)
{
	int fd = folder_of(store, file);
	/* Before it is read: what changes between the two is found as a change later on. */
	int r = io_look(fd, file->name.text, &file->seen);

	if (r < 0 || file->seen.inode == 0)
		return r;
	r = io_read_file(fd, file->name.text, store_file_max(file->folder), &file->old,
			 &file->old_length);
	if (r == -ENOENT)
		return 0;
	file->was = true;
	return r;
}

int staged_parse(const struct staged_file *file, struct json_object **ret_object)
{
	CLEANUP_JSON struct json_object *object = NULL;
	int r;

	if (!file->was) {
		*ret_object = json_object_new_object();
		return *ret_object ? 0 : -ENOMEM;
	}
	r = store_parse(file->folder, file->old, file->old_length, &object, NULL);
	if (r < 0)
		return r;
	if (!json_object_is_type(object, json_type_object))
		return -EBADMSG;
	*ret_object = TAKE_PTR(object);
	return 0;
}

int staged_replace(struct staged_file *file, struct json_object *object)
{
	int r = store_format_object(file->folder, object, &file->text, &file->length);

	if (r < 0)
		return r;
	file->action = file->was && file->length == file->old_length &&
				       memcmp(file->text, file->old, file->length) == 0 ?
			       STAGED_KEEP :
			       STAGED_REPLACE;
	return 0;
}

void staged_remove(struct staged_file *file)
{
	file->action = file->was ? STAGED_REMOVE : STAGED_KEEP;
}

int staged_write(const struct store *store, struct staged_file *file, enum io_lasting lasting)
{
	int r = 0;

	if (file->action != STAGED_KEEP)
		r = obstacle_find(folder_of(store, file), store->folder[file->folder].path, file->name.text,
				  &file->obstacle);
	if (r == 0 && file->action == STAGED_REPLACE)
		r = io_stage_file(folder_of(store, file), file->name.text, file->text, file->length,
				  0644, lasting);
	file->waits = r == 0 && file->action == STAGED_REPLACE;
	return r;
}

bool staged_is_outdated(const struct store *store, const struct staged_file *file)
{
	struct io_state now;

	return io_look(folder_of(store, file), file->name.text, &now) < 0 ||
	       !io_is_same(&now, &file->seen);
}

static int set_aside(int fd, struct staged_file *file)
{
	int r = io_set_file_aside(fd, file->name.text);

	file->waits |= r == 0;
	return r == -ENOENT ? 0 : r;
}

int staged_commit(const struct store *store, struct staged_file *file)
{
	int fd = folder_of(store, file);
	int r = 0;

	if (file->action == STAGED_REPLACE) {
		r = io_commit_file(fd, file->name.text);
		file->waits &= r < 0;
	}
	if (file->action == STAGED_REMOVE)
		r = set_aside(fd, file);
	if (r < 0)
		return r;
	file->done = file->action != STAGED_KEEP;
	return 0;
}

static int bring_back(int fd, struct staged_file *file)
{
	int r = file->waits ? io_commit_file(fd, file->name.text) : 0;

	file->waits &= r < 0;
	return r < 0 ? r : io_sync_folder(fd);
}

int staged_put_back(const struct store *store, struct staged_file *file)
{
	int fd = folder_of(store, file);
	int r = 0;

	if (!file->done)
		return 0;
	if (file->action == STAGED_REMOVE)
		r = bring_back(fd, file);
	else if (!file->was)
		r = io_remove_file(fd, file->name.text, IO_UNTIL_REBOOT);
	/*
	 * The new file took over the rights of the old one, and this replacement takes them over
	 * again.
	 */
	else
		r = io_replace_file(fd, file->name.text, file->old, file->old_length, 0600, IO_DURABLE);
	file->done = r < 0;
	return r;
}
