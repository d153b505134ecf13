/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/store/compose.h"

#include <errno.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "daemon/store/batch.h"
#include "daemon/store/policy-form.h"

/* The object in a file that is there, or a new one; never of one that cannot be read. */
static int load_object(const struct store *store, struct staged_file *file,
		       struct json_object **ret_object)
{
	int r = staged_load(store, file);

	if (r == -EFBIG || r == -EINVAL || r == -ENOLINK)
		return -EBADMSG;
	return r < 0 ? r : staged_parse(file, ret_object);
}

/* Returns true if there is anything in it that we did not write. */
static bool has_others_keys(struct json_object *object)
{
	static const char *const own[] = { "version", "name", "interrupts" };

	json_object_object_foreach(object, key, value) {
		(void)value;
		if (store_find_word(own, ARRAY_SIZE(own), key) < 0)
			return true;
	}
	return false;
}

static int compose_own(const struct store *store, const struct definition *definition,
		       struct staged_file *file)
{
	CLEANUP_JSON struct json_object *object = NULL;
	int r = load_object(store, file, &object);

	if (r < 0)
		return r;
	/* Where there is nothing to say, no file says it. */
	if (!definition->name[0] && definition->interrupts == INTERRUPTS_ANY &&
	    !has_others_keys(object)) {
		staged_remove(file);
		return 0;
	}
	if (json_add_int(object, "version", 1) < 0 ||
	    json_add_string(object, "name", definition->name[0] ? definition->name : NULL) < 0 ||
	    json_add_string(object, "interrupts", interrupts_policy_names[definition->interrupts]) < 0)
		return -ENOMEM;
	return staged_replace(file, object);
}

static int check_was(struct store *store, const struct compose_was *was,
		     const struct uuid *uuid)
{
	CLEANUP_DEFINITION struct definition now = { .uuid = *uuid };
	bool is_there;
	int r = was->is_known ? store_read_files(store, &now) : 0;

	if (!was->is_known)
		return 0;
	if (r < 0 && r != -ENOENT)
		return r;
	is_there = r == 0 && !now.problem;
	if (is_there != was->is_there || (is_there && !definition_equal(&now, &was->definition)))
		return STORE_OVERTAKEN;
	return 0;
}

int compose_definition(struct store *store, const struct definition *definition,
		       const struct compose_was *was, struct staged_file *own,
		       struct staged_file *shared)
{
	CLEANUP_JSON struct json_object *object = NULL;
	int r = load_object(store, shared, &object);

	/* After it was looked at: what is written in between is found as a change later on. */
	if (r == 0)
		r = check_was(store, was, &definition->uuid);
	if (r == 0)
		r = mdevctl_write(object, definition);
	if (r == 0)
		r = staged_replace(shared, object);
	return r < 0 ? r : compose_own(store, definition, own);
}

static int load_to_remove(const struct store *store, struct staged_file *file)
{
	int r = staged_load(store, file);

	if (r < 0 && r != -EFBIG && r != -EINVAL && r != -ENOLINK && r != -ELOOP)
		return r;
	/* The removal would only rename a directory. */
	if (S_ISDIR(file->seen.mode))
		return -EISDIR;
	staged_remove(file);
	return 0;
}

int compose_removal(const struct store *store, struct staged_file *own, struct staged_file *shared)
{
	int r = load_to_remove(store, own);

	return r < 0 ? r : load_to_remove(store, shared);
}

/* What the file says now; 0, -EBADMSG or -ENOMEM. */
static int read_policy(struct json_object *object, struct host_policy *ret_policy)
{
	CLEANUP_POLICY_MISTAKE struct policy_mistake mistake = { 0 };
	int r = policy_form_read(object, ret_policy, &mistake);

	return r == -EINVAL ? -EBADMSG : r;
}

int compose_policy(const struct store *store, const struct host_policy *policy,
		   struct staged_file *file)
{
	CLEANUP_JSON struct json_object *object = NULL;
	struct host_policy old;
	int r = load_object(store, file, &object);

	host_policy_init(&old);
	if (r == 0 && file->was)
		r = read_policy(object, &old);
	/* What somebody wrote in a way of their own stays so as long as it says the same. */
	if (r < 0 || host_policy_equal(&old, policy))
		return r;
	r = policy_form_write(object, policy);
	return r < 0 ? r : staged_replace(file, object);
}
