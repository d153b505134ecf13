/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/fuzz/stored.h"

#include <sys/stat.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "common/utf8.h"
#include "daemon/plan/document.h"
#include "daemon/store/batch.h"
#include "daemon/store/internal.h"
#include "tests/fuzz/folder.h"
#include "tests/fuzz/fuzz.h"

/* A message quotes the file, which may hold anything. */
static bool tells_of(const char *message, const char *path)
{
	MUST(message && *message);
	MUST(utf8_fitting(message, strlen(message)) == (int)strlen(message));
	return strstr(message, path) != NULL;
}

static bool is_told(const struct desired *desired, const char *path)
{
	bool told = desired->rules_problem && tells_of(desired->rules_problem, path);

	for (size_t i = 0; i < desired->problems.count; i++)
		told |= tells_of(desired->problems.items[i].message, path);
	for (size_t i = 0; i < desired->definitions.count; i++) {
		const struct definition *definition = desired->definitions.items[i];

		if (definition->problem)
			told |= tells_of(definition->problem, path);
	}
	return told;
}

/* Also of what the document of all that is wanted leaves out. */
static void check_equal(const struct desired *a, const struct desired *b)
{
	struct json_object *first = state_describe(a, NULL), *second = state_describe(b, NULL);

	MUST(first && second && json_object_equal(first, second));
	MUST(host_policy_equal(&a->policy, &b->policy) && a->policy_bad == b->policy_bad);
	MUST(a->rules.has_apmask == b->rules.has_apmask && a->rules.has_aqmask == b->rules.has_aqmask);
	MUST(mask_equal(&a->rules.apmask, &b->rules.apmask));
	MUST(mask_equal(&a->rules.aqmask, &b->rules.aqmask));
	MUST(a->definitions.count == b->definitions.count && a->notes.count == b->notes.count);
	MUST(a->problems.count == b->problems.count);
	for (size_t i = 0; i < a->notes.count; i++) {
		const struct device_note *note = a->notes.items[i];
		const struct device_note *again = desired_find_note(b, &note->uuid);

		MUST(again && note->stopped == again->stopped && note->settled == again->settled);
	}
	json_object_put(first);
	json_object_put(second);
}

struct found {
	struct pending pending;
	bool any;
};

static void keep_pending(void *userdata, struct pending *pending)
{
	struct found *found = userdata;

	/* One record lies there, of one name. */
	MUST(!found->any);
	found->any = true;
	found->pending = *pending;
	pending->change.devices = NULL;
	pending->change.count = 0;
}

/* What was found is written anew, so that it says the same and is found again. */
static char *write_again(struct store *store, const char *root, const char *path)
{
	struct found found = { 0 };
	size_t length;

	MUST(store_load_pending(store, keep_pending, &found) == 0);
	if (!found.any)
		return NULL;
	MUST(store_write_pending(store, &found.pending) == 0);
	change_done(&found.pending.change);
	return folder_get(root, path, &length);
}

/* A record is kept as long as it can be read, and goes where it cannot. */
static void check_pending(struct store *store, const char *root, const char *path)
{
	CLEANUP_FREE char *first = write_again(store, root, path);
	CLEANUP_FREE char *second = write_again(store, root, path);
	char whole[2 * FOLDER_PATH_SIZE];
	struct stat stat;

	MUST(!first == !second && (!first || strcmp(first, second) == 0));
	snprintf(whole, sizeof(whole), "%s%s", root, path);
	if (!first && strstr(path, "/pending/"))
		MUST(lstat(whole, &stat) < 0 || S_ISDIR(stat.st_mode));
}

static bool is_own_object(struct store *store, const char *name)
{
	CLEANUP_JSON struct json_object *object = NULL;
	CLEANUP_FREE char *problem = NULL;

	return store_read_object(store, STORE_DEVICES, name, &object, NULL, &problem) == 0;
}

/* Whoever asks the store itself to replace a file that cannot be used is refused, too. */
static void check_refused(struct store *store, const struct desired *desired, const char *path)
{
	const char *name = strrchr(path, '/') + 1;
	struct definition definition;
	struct store_batch *batch;
	struct host_policy policy;
	struct uuid uuid;

	MUST(store_batch_new(store, 1, &batch) == 0);
	if (store_parse_name(STORE_DEFINITIONS, name, &uuid) == 0 ||
	    store_parse_name(STORE_DEVICES, name, &uuid) == 0) {
		const struct definition *known = desired_find(desired, &uuid);

		MUST(known && known->problem);
		definition = *known;
		strcpy(definition.name, "web9");
		mask_set(&definition.matrix.adapters, 200);
		store_batch_write_definition(batch, &definition);
	} else {
		host_policy_init(&policy);
		policy.enforce = true;
		store_batch_write_policy(batch, &policy);
	}
	/* Of our own file, a value that is none of ours may be replaced by one that is. */
	MUST(store_batch_stage(batch) < 0 || is_own_object(store, name));
	store_batch_free(batch);
}

bool stored_check(const char *root, const char *path)
{
	struct desired desired = DESIRED_NONE, again = DESIRED_NONE;
	CLEANUP_FREE char *folder = NULL;
	struct store *store = NULL;
	bool told;

	MUST(store_open(root, &store, &folder) == 0);
	MUST(store_load(store, &desired) == 0);
	MUST(store_load(store, &again) == 0);
	check_equal(&desired, &again);
	told = is_told(&desired, path);
	if (told && !strstr(path, ".rules"))
		check_refused(store, &desired, path);
	check_pending(store, root, path);
	store_close(store);
	desired_done(&desired);
	desired_done(&again);
	return told;
}
