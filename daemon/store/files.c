/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files of the store: their names, their sizes, and how they are read and written. */
#include <errno.h>
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

/*
 * A file of ours or of mdevctl is some hundred bytes; one with 256+256 ids is under 32 KiB.  The
 * worst reservation, every other domain of 256 adapters, is 32768 runs: 17 bytes each in host.json
 * (some 560 KiB in all), where they are a line each; 10 each in a record, which has six such
 * sets (1.9 MiB), and up to 4096 devices, each with four matrices of up to 3 KiB.
 */
static const size_t folder_max[STORE_FOLDERS] = {
	[STORE_DEFINITIONS] = 256u << 10, [STORE_DEVICES] = 256u << 10, [STORE_HOST] = 1u << 20,
	[STORE_NOTES] = 256u << 10,	  [STORE_PENDING] = 64u << 20,
};

const enum store_folder store_etc_folders[STORE_ETC_FOLDERS] = { STORE_HOST, STORE_DEVICES,
								 STORE_DEFINITIONS };

size_t store_file_max(enum store_folder folder)
{
	return folder_max[folder];
}

struct store_name store_name(enum store_folder folder, const struct uuid *uuid)
{
	struct store_name name;

	snprintf(name.text, sizeof(name.text), "%s%s",
		 folder == STORE_PENDING && !uuid->text[0] ? "host" : uuid->text,
		 folder == STORE_DEFINITIONS ? "" : ".json");
	return name;
}

int store_parse_name(enum store_folder folder, const char *name, struct uuid *ret_uuid)
{
	char text[UUID_TEXT_SIZE];
	struct uuid uuid = { .text = "" };

	if (folder == STORE_PENDING && (strcmp(name, store_name(folder, &uuid).text) == 0 ||
					strcmp(name, STORE_DEVICES_NAME) == 0)) {
		*ret_uuid = uuid;
		return 0;
	}
	snprintf(text, sizeof(text), "%s", name);
	/* Only the very name that we would write ourselves: lower case, and nothing behind it. */
	if (uuid_parse(text, &uuid) < 0 || strcmp(store_name(folder, &uuid).text, name) != 0)
		return -EINVAL;
	*ret_uuid = uuid;
	return 0;
}

char *store_definition_path(const struct store *store, const struct uuid *uuid)
{
	char *path;

	return asprintf(&path, "%s/%s", store->folder[STORE_DEFINITIONS].path, uuid->text) < 0 ? NULL :
												 path;
}

int store_find_word(const char *const *words, size_t count, const char *value)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(words[i], value) == 0)
			return (int)i;
	return -EINVAL;
}

bool store_is_of_the_moment(int r)
{
	return io_is_of_the_moment(-r) || r == -EAGAIN || r == -EIO || r == -ENOBUFS || r == -ESTALE ||
	       r == -ETIMEDOUT;
}

void store_note_failure(struct store *store, int r)
{
	if (store_is_of_the_moment(r))
		atomic_store(&store->unread, true);
}

bool store_has_unread(struct store *store)
{
	return atomic_exchange(&store->unread, false);
}

static int bad_file(const struct store *store, enum store_folder folder, const char *name,
		    const char *why, unsigned int line, unsigned int column, char **ret_problem)
{
	int n = line ? asprintf(ret_problem,
				"The file %s/%s cannot be used, and is left as it is: line %u, column "
				"%u: %s.",
				store->folder[folder].path, name, line, column, why) :
		       asprintf(ret_problem, "The file %s/%s cannot be used, and is left as it is: %s.",
				store->folder[folder].path, name, why);

	return n < 0 ? -ENOMEM : -EBADMSG;
}

/* Something that is no file has the name, and nothing but rm helps. Returns -EISDIR or -ENOMEM. */
static int no_file(const struct store *store, enum store_folder folder, const char *name,
		   const char *why, const char *option, char **ret_problem)
{
	const char *path = store->folder[folder].path;
	int n = asprintf(ret_problem,
			 "The file %s/%s cannot be used, and is left as it is: %s. To remove it, run: 'rm %s%s/%s'.",
			 path, name, why, option, path, name);

	return n < 0 ? -ENOMEM : -EISDIR;
}

int store_parse(enum store_folder folder, const char *text, size_t length,
		struct json_object **ret_value, struct json_mistake *ret_mistake)
{
	/* mdevctl takes a file that has a member twice, and the last counts. */
	return (folder == STORE_DEFINITIONS ? json_parse_last : json_parse)(text, length, ret_value,
									    ret_mistake);
}

int store_read_object(struct store *store, enum store_folder folder, const char *name,
		      struct json_object **ret_object, char **ret_text, char **ret_problem)
{
	CLEANUP_FREE char *text = NULL;
	CLEANUP_JSON struct json_object *object = NULL;
	struct json_mistake mistake;
	size_t length;
	int r = io_read_file(store->folder[folder].fd, name, store_file_max(folder), &text, &length);

	store_note_failure(store, r);
	if (r == -ENOENT || r == -ENOMEM)
		return r;
	if (r == -EFBIG)
		return bad_file(store, folder, name, "it is too long", 0, 0, ret_problem);
	if (r == -EINVAL)
		return no_file(store, folder, name, "it is no regular file", "-r ", ret_problem);
	if (r == -ENOLINK)
		return no_file(store, folder, name, "it is a link to a missing file", "", ret_problem);
	if (r == -ELOOP)
		return no_file(store, folder, name, "it is a link that leads back to itself", "", ret_problem);
	if (r < 0 && bad_file(store, folder, name, strerror(-r), 0, 0, ret_problem) == -ENOMEM)
		return -ENOMEM;
	/* It may be as good as any: that it cannot be read now says nothing of what is in it. */
	if (r < 0)
		return store_is_of_the_moment(r) ? r : -EBADMSG;
	r = store_parse(folder, text, length, &object, &mistake);
	if (r == -EBADMSG)
		return bad_file(store, folder, name, mistake.reason, mistake.line, mistake.column,
				ret_problem);
	if (r < 0)
		return r;
	if (!json_object_is_type(object, json_type_object))
		return bad_file(store, folder, name, "it is not a JSON object", 1, 1, ret_problem);
	*ret_object = TAKE_PTR(object);
	if (ret_text)
		*ret_text = TAKE_PTR(text);
	return 0;
}

int store_format_object(enum store_folder folder, struct json_object *object, char **ret_text,
			size_t *ret_length)
{
	bool for_people = folder != STORE_NOTES && folder != STORE_PENDING;
	size_t length;
	const char *text = for_people ? json_lines(object) : json_text(object, &length);
	int n = text ? asprintf(ret_text, "%s\n", text) : -1;

	if (n < 0) {
		*ret_text = NULL;
		return -ENOMEM;
	}
	*ret_length = (size_t)n;
	return 0;
}

int store_write_object(const struct store *store, enum store_folder folder, const char *name,
		       struct json_object *object)
{
	CLEANUP_FREE char *text = NULL;
	size_t length;
	int r = store_format_object(folder, object, &text, &length);

	return r < 0 ? r :
		       io_replace_file(store->folder[folder].fd, name, text, length, 0644,
				       IO_UNTIL_REBOOT);
}

int store_sync(const struct store *store)
{
	struct stat before = { 0 };

	for (size_t i = 0; i < STORE_ETC_FOLDERS; i++) {
		int fd = store->folder[store_etc_folders[i]].fd;
		struct stat stat;

		if (fstat(fd, &stat) < 0)
			return -errno;
		if (i > 0 && stat.st_dev == before.st_dev)
			continue;
		if (syncfs(fd) < 0)
			return -errno;
		before = stat;
	}
	return 0;
}

int store_sync_folders(const struct store *store)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < STORE_ETC_FOLDERS; i++)
		r = io_sync_folder(store->folder[store_etc_folders[i]].fd);
	return r;
}
