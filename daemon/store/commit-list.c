/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/store/commit-list.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "daemon/log.h"
#include "daemon/store/batch.h"

#define LIST_NAME ".commit.json"

/* Two files of each definition that there may be, a line each. */
#define LIST_MAX (2u << 20)

static const char *const folder_names[] = {
	[STORE_DEFINITIONS] = "definitions",
	[STORE_DEVICES] = "devices",
	[STORE_HOST] = "host",
};

int commit_list_init(struct commit_list *list)
{
	*list = (struct commit_list){ .files = json_object_new_array() };
	return list->files ? 0 : -ENOMEM;
}

void commit_list_done(struct commit_list *list)
{
	json_object_put(list->files);
}

int commit_list_add(struct commit_list *list, const struct staged_file *file)
{
	CLEANUP_JSON struct json_object *entry = NULL;

	if (file->action == STAGED_KEEP)
		return 0;
	entry = json_object_new_object();
	if (!entry || json_add_string(entry, "folder", folder_names[file->folder]) < 0 ||
	    json_add_string(entry, "name", file->name.text) < 0 ||
	    json_add_bool(entry, "remove", file->action == STAGED_REMOVE) < 0 ||
	    json_object_array_add(list->files, entry) < 0)
		return -ENOMEM;
	entry = NULL;
	list->count++;
	return 0;
}

int commit_list_write(const struct store *store, struct commit_list *list)
{
	const char *text;
	int r;

	/* One that could not be removed when it was over must not be obeyed after this change. */
	if (list->count < 2)
		return io_remove_file(store->folder[STORE_HOST].fd, LIST_NAME, IO_DURABLE);
	/* A file that was synced is there after a power cut only if its folder was, too. */
	r = store_sync_folders(store);
	if (r < 0)
		return r;
	text = json_object_to_json_string_ext(list->files, JSON_C_TO_STRING_PLAIN);
	r = text ? io_replace_file(store->folder[STORE_HOST].fd, LIST_NAME, text, strlen(text), 0644,
				   IO_DURABLE) :
		   -ENOMEM;
	list->written = text != NULL;
	/* It may be there though its writing failed at the last, and the next start would obey it. */
	if (r < 0 && commit_list_remove(store, list) < 0)
		log_warning("Could not remove the list of files that have not changed.");
	return r;
}

int commit_list_remove(const struct store *store, struct commit_list *list)
{
	int r = list->written ? io_remove_file(store->folder[STORE_HOST].fd, LIST_NAME, IO_DURABLE) : 0;

	list->written &= r < 0;
	return r;
}

/* An entry of the list. */
struct entry {
	enum store_folder folder;
	const char *name;	/* borrowed */
	bool remove;
};

static int read_entry(struct json_object *object, struct entry *ret_entry)
{
	const char *folder = json_get_string(object, "folder");
	const char *name = json_get_string(object, "name");
	struct json_object *remove = NULL;
	int which = folder ? store_find_word(folder_names, ARRAY_SIZE(folder_names), folder) : -EINVAL;
	struct uuid uuid;

	if (which < 0 || !name || !json_object_object_get_ex(object, "remove", &remove) ||
	    !json_object_is_type(remove, json_type_boolean))
		return -EBADMSG;
	if (which == STORE_HOST ? strcmp(name, STORE_POLICY_NAME) != 0 :
				  store_parse_name((enum store_folder)which, name, &uuid) < 0)
		return -EBADMSG;
	*ret_entry = (struct entry){ .folder = (enum store_folder)which,
				     .name = name,
				     .remove = json_object_get_boolean(remove) };
	return 0;
}

/* One entry again; what has been done already is no failure. */
static int finish_file(const struct store *store, const struct entry *entry)
{
	int fd = store->folder[entry->folder].fd, r;

	if (entry->remove)
		return io_remove_file(fd, entry->name, IO_UNTIL_REBOOT);
	r = io_commit_file(fd, entry->name);
	return r == -ENOENT ? 0 : r;
}

static int finish_files(const struct store *store, struct json_object *files)
{
	size_t count = json_object_is_type(files, json_type_array) ? json_object_array_length(files) : 0;
	int r = count > 0 ? 0 : -EBADMSG;
	struct entry entry;

	/* A list of which any part is not ours is not ours. */
	for (size_t i = 0; r == 0 && i < count; i++)
		r = read_entry(json_object_array_get_idx(files, i), &entry);
	for (size_t i = 0; r == 0 && i < count; i++) {
		r = read_entry(json_object_array_get_idx(files, i), &entry);
		if (r == 0)
			r = finish_file(store, &entry);
	}
	return r < 0 ? r : store_sync_folders(store);
}

/* Returns true if a file of this name is what io.h writes beside one of ours. */
static bool is_ours(enum store_folder which, const char *name)
{
	char of[NAME_MAX + 1];
	struct uuid uuid;

	if (!io_is_temporary(name, of))
		return false;
	if (which == STORE_HOST)
		return strcmp(of, STORE_POLICY_NAME) == 0 || strcmp(of, LIST_NAME) == 0;
	return store_parse_name(which, of, &uuid) == 0;
}

/* What was being written when the daemon or the host ended.  That it cannot go harms nobody. */
static int remove_temporaries(const struct store *store, enum store_folder which)
{
	CLEANUP(closedirp) DIR *folder = NULL;
	struct dirent *entry;
	int r = io_open_entries(store->folder[which].fd, &folder);

	while (r >= 0 && (r = io_next_entry(folder, &entry)) > 0)
		if (is_ours(which, entry->d_name))
			unlinkat(store->folder[which].fd, entry->d_name, 0);
	return r;
}

/* The whole list; what keeps it from being read for a moment is waited out. */
static int read_list(struct store *store, char **ret_text, size_t *ret_length)
{
	int fd = store->folder[STORE_HOST].fd;
	int r = io_read_file(fd, LIST_NAME, LIST_MAX, ret_text, ret_length);

	for (unsigned int i = 0; i < STORE_READ_AGAIN && store_is_of_the_moment(r); i++) {
		usleep(STORE_READ_PAUSE);
		r = io_read_file(fd, LIST_NAME, LIST_MAX, ret_text, ret_length);
	}
	return r;
}

static int finish_list(struct store *store)
{
	CLEANUP_FREE char *text = NULL;
	CLEANUP_JSON struct json_object *files = NULL;
	int fd = store->folder[STORE_HOST].fd;
	size_t length;
	int r = read_list(store, &text, &length);
	bool was = r == 0;

	if (r == -ENOENT)
		return 0;
	if (r == 0)
		r = json_parse(text, length, &files, NULL);
	if (r == 0)
		r = finish_files(store, files);
	if (r == -EBADMSG || r == -EFBIG || r == -EINVAL) {
		log_warning("%s/" LIST_NAME " is not of apqd's making, and is to be removed.",
			    store->folder[STORE_HOST].path);
		r = 0;
	}
	if (r == 0)
		r = io_remove_file(fd, LIST_NAME, IO_DURABLE);
	/* A folder of that name; what is in one that is not empty is somebody's. */
	if (r == -EISDIR && unlinkat(fd, LIST_NAME, AT_REMOVEDIR) == 0)
		r = 0;
	return r < 0 ? r : was;
}

int store_finish_list(struct store *store)
{
	int r = finish_list(store);

	if (r < 0)
		log_error("The change of files that %s/" LIST_NAME " tells of could not be finished: %s.",
			  store->folder[STORE_HOST].path, strerror(-r));
	atomic_store(&store->unfinished, r < 0);
	return r;
}

int store_finish_commit(struct store *store)
{
	int was = store_finish_list(store);

	if (was < 0)
		return was;
	for (size_t i = 0; i < STORE_FOLDERS; i++) {
		int r = remove_temporaries(store, (enum store_folder)i);

		if (r < 0)
			log_warning("What was being written may lie in %s still: %s.", store->folder[i].path,
				    strerror(-r));
	}
	return was;
}
