/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A store in a folder of its own, and its files, for tests of daemon/store/.
 */
#ifndef APQD_TESTS_UNIT_STORE_H
#define APQD_TESTS_UNIT_STORE_H

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "daemon/store/batch.h"
#include "tests/unit/check.h"

static char root[32];
static struct store *store;
static struct desired desired;

static inline void start(void)
{
	char *path = NULL;

	strcpy(root, "/tmp/test-store.XXXXXX");
	CHECK(mkdtemp(root));
	desired = DESIRED_NONE;
	CHECK_INT(store_open(root, &store, &path), 0);
}

static inline void done(void)
{
	char command[64];

	store_close(store);
	desired_done(&desired);
	snprintf(command, sizeof(command), "rm -r %s", root);
	CHECK_INT(system(command), 0);
}

/* A batch of one change, at once: each returns what staging or the commit does. */
static inline int finish_batch(struct store_batch *batch)
{
	int r = store_batch_stage(batch);

	if (r == 0)
		r = store_batch_commit(batch);
	store_batch_free(batch);
	return r;
}

static inline int write_definition(const struct definition *definition)
{
	struct store_batch *batch;

	CHECK_INT(store_batch_new(store, 1, &batch), 0);
	store_batch_write_definition(batch, definition);
	return finish_batch(batch);
}

static inline int replace_definition(const struct definition *was, const struct definition *definition)
{
	struct store_batch *batch;

	CHECK_INT(store_batch_new(store, 1, &batch), 0);
	store_batch_replace_definition(batch, was, definition);
	return finish_batch(batch);
}

static inline int remove_definition(const struct uuid *uuid)
{
	struct store_batch *batch;

	CHECK_INT(store_batch_new(store, 1, &batch), 0);
	store_batch_remove_definition(batch, uuid);
	return finish_batch(batch);
}

static inline int write_policy(const struct host_policy *policy)
{
	struct store_batch *batch;

	CHECK_INT(store_batch_new(store, 1, &batch), 0);
	store_batch_write_policy(batch, policy);
	return finish_batch(batch);
}

static inline int open_folder(const char *folder)
{
	char path[100];
	int fd;

	snprintf(path, sizeof(path), "%s%s", root, folder);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CHECK(fd >= 0);
	return fd;
}

/* Makes one folder below root, in one that is there. */
static inline void make_folder(const char *folder)
{
	char path[100];

	snprintf(path, sizeof(path), "%s%s", root, folder);
	CHECK_INT(mkdir(path, 0755), 0);
}

static inline void put_file(const char *folder, const char *name, const char *text)
{
	CLEANUP_CLOSE int fd = open_folder(folder);

	CHECK_INT(io_replace_file(fd, name, text, strlen(text), 0644, IO_DURABLE), 0);
}

/* The file's text, or NULL where it is not there. */
static inline char *get_file(const char *folder, const char *name)
{
	CLEANUP_CLOSE int fd = open_folder(folder);
	char *text = NULL;
	size_t length;

	return io_read_file(fd, name, 8 << 20, &text, &length) < 0 ? NULL : text;
}

static inline bool has_file(const char *folder, const char *name)
{
	CLEANUP_CLOSE int fd = open_folder(folder);

	return faccessat(fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Takes away a file, or with AT_REMOVEDIR an empty folder. */
static inline void drop_file(const char *folder, const char *name, int flags)
{
	CLEANUP_CLOSE int fd = open_folder(folder);

	CHECK_INT(unlinkat(fd, name, flags), 0);
}

#endif
