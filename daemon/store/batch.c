/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/store/batch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "daemon/log.h"
#include "daemon/store/commit-list.h"
#include "daemon/store/compose.h"

/* More files than this are made durable by one sync of their file system, which costs less then. */
#define SYNC_EACH_MAX 16u

enum wish_kind {
	WISH_DEFINITION,
	WISH_NO_DEFINITION,
	WISH_POLICY,
};

struct wish {
	enum wish_kind kind;
	struct definition definition;	/* of WISH_NO_DEFINITION only the UUID */
	struct compose_was was;
	struct staged_file own;		/* or the policy's */
	struct staged_file shared;	/* mdevctl's */
};

struct store_batch {
	struct store *store;
	struct host_policy policy;
	struct wish *wishes;
	size_t count, max;
	unsigned int generation;	/* of the directories in which the files were staged */
	const struct wish *failed;
	bool stuck;			/* a file could not be put back */
	char *obstacle;			/* owned; a sentence about the last failure, or NULL */
};

int store_batch_new(struct store *store, size_t max, struct store_batch **ret_batch)
{
	struct store_batch *batch = calloc(1, sizeof(*batch));

	if (batch)
		batch->wishes = calloc(max ? max : 1, sizeof(*batch->wishes));
	if (!batch || !batch->wishes) {
		free(batch);
		return -ENOMEM;
	}
	batch->store = store;
	batch->max = max;
	*ret_batch = batch;
	return 0;
}

void store_batch_free(struct store_batch *batch)
{
	if (!batch)
		return;
	for (size_t i = 0; i < batch->count; i++) {
		staged_done(batch->store, &batch->wishes[i].own);
		staged_done(batch->store, &batch->wishes[i].shared);
	}
	free(batch->wishes);
	free(batch->obstacle);
	free(batch);
}

static struct wish *add(struct store_batch *batch, enum wish_kind kind, const struct uuid *uuid)
{
	struct wish *wish;

	if (batch->count == batch->max)
		abort();	/* the caller has counted wrongly */
	wish = &batch->wishes[batch->count++];
	wish->kind = kind;
	if (!uuid)
		return wish;
	wish->definition.uuid = *uuid;
	wish->own.folder = STORE_DEVICES;
	wish->own.name = store_name(STORE_DEVICES, uuid);
	wish->shared.folder = STORE_DEFINITIONS;
	wish->shared.name = store_name(STORE_DEFINITIONS, uuid);
	return wish;
}

void store_batch_write_definition(struct store_batch *batch, const struct definition *definition)
{
	struct wish *wish = add(batch, WISH_DEFINITION, &definition->uuid);

	wish->definition = *definition;
	wish->definition.problem = NULL;
}

void store_batch_replace_definition(struct store_batch *batch, const struct definition *was,
				    const struct definition *definition)
{
	struct wish *wish;

	store_batch_write_definition(batch, definition);
	wish = &batch->wishes[batch->count - 1];
	wish->was.is_known = true;
	wish->was.is_there = was != NULL;
	if (was)
		wish->was.definition = *was;
	wish->was.definition.problem = NULL;
}

void store_batch_remove_definition(struct store_batch *batch, const struct uuid *uuid)
{
	add(batch, WISH_NO_DEFINITION, uuid);
}

void store_batch_write_policy(struct store_batch *batch, const struct host_policy *policy)
{
	struct wish *wish = add(batch, WISH_POLICY, NULL);

	batch->policy = *policy;
	wish->own.folder = STORE_HOST;
	strcpy(wish->own.name.text, STORE_POLICY_NAME);
}

bool store_batch_is_empty(const struct store_batch *batch)
{
	return batch->count == 0;
}

const char *store_batch_failed(const struct store_batch *batch)
{
	return batch->failed && batch->failed->kind == WISH_POLICY ? "write the host policy" :
								     "write the definition";
}

const char *store_batch_obstacle(const struct store_batch *batch)
{
	return batch->obstacle;
}

bool store_batch_is_stuck(const struct store_batch *batch)
{
	return batch->stuck;
}

static int compose(const struct store_batch *batch, struct wish *wish)
{
	switch (wish->kind) {
	case WISH_DEFINITION:
		return compose_definition(batch->store, &wish->definition, &wish->was, &wish->own,
					  &wish->shared);
	case WISH_NO_DEFINITION:
		return compose_removal(batch->store, &wish->own, &wish->shared);
	case WISH_POLICY:
		return compose_policy(batch->store, &batch->policy, &wish->own);
	}
	return -EINVAL;
}

static void note_obstacle(struct store_batch *batch, struct staged_file *file)
{
	if (!file->obstacle)
		return;
	free(batch->obstacle);
	batch->obstacle = TAKE_PTR(file->obstacle);
}

static int stage(struct store_batch *batch, struct wish *wish, enum io_lasting lasting)
{
	int r = compose(batch, wish);

	if (r == 0)
		r = staged_write(batch->store, &wish->own, lasting);
	if (r == 0)
		r = staged_write(batch->store, &wish->shared, lasting);
	note_obstacle(batch, &wish->own);
	note_obstacle(batch, &wish->shared);
	return r;
}

static void unstage(const struct store_batch *batch, struct wish *wish)
{
	staged_done(batch->store, &wish->own);
	staged_done(batch->store, &wish->shared);
}

int store_batch_stage(struct store_batch *batch)
{
	enum io_lasting lasting = 2 * batch->count > SYNC_EACH_MAX ? IO_UNTIL_REBOOT : IO_DURABLE;
	int r = 0;

	batch->failed = NULL;
	/* By the next list the last one would be lost. */
	if (atomic_load(&batch->store->unfinished))
		r = store_finish_list(batch->store);
	if (r >= 0)
		r = store_check_folders(batch->store);
	batch->generation = atomic_load(&batch->store->generation);
	for (size_t i = 0; r == 0 && i < batch->count; i++) {
		r = stage(batch, &batch->wishes[i], lasting);
		batch->failed = &batch->wishes[i];
	}
	if (r == 0 && lasting != IO_DURABLE)
		r = store_sync(batch->store);
	for (size_t i = 0; r < 0 && i < batch->count; i++)
		unstage(batch, &batch->wishes[i]);
	return r;
}

/* Who changed a file while the kernel was written, as mdevctl may, has the keys kept that are theirs. */
static int stage_outdated(struct store_batch *batch)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < batch->count; i++) {
		struct wish *wish = &batch->wishes[i];

		/* In other directories nothing has been staged. */
		if (batch->generation == atomic_load(&batch->store->generation) &&
		    !staged_is_outdated(batch->store, &wish->own) &&
		    (wish->kind == WISH_POLICY || !staged_is_outdated(batch->store, &wish->shared)))
			continue;
		unstage(batch, wish);
		r = stage(batch, wish, IO_DURABLE);
		batch->failed = wish;
	}
	return r;
}

static void log_not_put_back(const struct wish *wish, int r)
{
	bool of_policy = wish->kind == WISH_POLICY;

	log_fields(LOG_ERR,
		   &(struct log_fields){ .id = MESSAGE_NOT_UNDONE,
					 .device = of_policy ? NULL : &wish->definition.uuid },
		   "Could not put the %s back: %s.", of_policy ? "host policy" : "definition",
		   strerror(-r));
}

/* The last one first. */
static void put_back(struct store_batch *batch)
{
	for (size_t i = batch->count; i-- > 0;) {
		struct wish *wish = &batch->wishes[i];
		int shared = staged_put_back(batch->store, &wish->shared);
		int own = staged_put_back(batch->store, &wish->own);

		if (shared < 0 || own < 0) {
			batch->stuck = true;
			log_not_put_back(wish, shared < 0 ? shared : own);
		}
	}
}

/* A device appears to mdevctl only when all of it is there, and goes before any of it has. */
static int commit(struct store_batch *batch, struct wish *wish)
{
	bool goes = wish->kind == WISH_NO_DEFINITION;
	int r = staged_commit(batch->store, goes ? &wish->shared : &wish->own);

	if (r == 0 && wish->kind != WISH_POLICY)
		r = staged_commit(batch->store, goes ? &wish->own : &wish->shared);
	return r;
}

static int commit_all(struct store_batch *batch)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < batch->count; i++) {
		r = commit(batch, &batch->wishes[i]);
		batch->failed = &batch->wishes[i];
	}
	return r < 0 ? r : store_sync_folders(batch->store);
}

/* The list is NULL where there is nothing to change. */
static int make_list(const struct store_batch *batch, struct commit_list *list)
{
	int r = commit_list_init(list);

	for (size_t i = 0; r == 0 && i < batch->count; i++) {
		r = commit_list_add(list, &batch->wishes[i].own);
		if (r == 0)
			r = commit_list_add(list, &batch->wishes[i].shared);
	}
	return r;
}

int store_batch_commit(struct store_batch *batch)
{
	CLEANUP(commit_list_done) struct commit_list list = { 0 };
	int r = store_check_folders(batch->store);

	if (r == 0)
		r = stage_outdated(batch);
	if (r == 0)
		r = make_list(batch, &list);
	if (r < 0 || list.count == 0)
		return r;
	r = commit_list_write(batch->store, &list);
	if (r < 0)
		return r;
	r = commit_all(batch);
	if (r < 0)
		put_back(batch);
	/* What has been put back must not be done by the next start. */
	if (commit_list_remove(batch->store, &list) < 0)
		log_warning("Could not remove the list of files that have changed together.");
	return r;
}
