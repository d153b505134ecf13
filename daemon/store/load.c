/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads all that is wanted: first what belongs to no device, then the definitions, then the notes. */
#include <dirent.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "daemon/store/internal.h"
#include "daemon/store/rules.h"
#include "daemon/store/store.h"

static void report_strange(struct store *store, struct desired *desired, const char *name)
{
	char shown[81];
	size_t i;

	/* Whatever bytes a name has, the message must be text. */
	for (i = 0; name[i] && i < sizeof(shown) - 1; i++)
		shown[i] = name[i] >= ' ' && name[i] < 0x7f ? name[i] : '?';
	shown[i] = '\0';
	problems_add(&desired->problems, PROBLEM_STRANGE_FILE, NULL, NULL,
		     "The file '%s' in %s is not looked at: the name of a definition is a UUID in lower "
		     "case.",
		     shown, store->folder[STORE_DEFINITIONS].path);
}

static int find_strange_files(struct store *store, struct desired *desired)
{
	CLEANUP(closedirp) DIR *folder = NULL;
	unsigned int left = 16;
	struct dirent *entry;
	struct uuid uuid;
	int r = io_open_entries(store->folder[STORE_DEFINITIONS].fd, &folder);

	while (r >= 0 && left > 0 && (r = io_next_entry(folder, &entry)) > 0) {
		if (entry->d_name[0] == '.' ||
		    store_parse_name(STORE_DEFINITIONS, entry->d_name, &uuid) == 0)
			continue;
		report_strange(store, desired, entry->d_name);
		left--;
	}
	return r < 0 ? r : 0;
}

int store_read_shared(struct store *store, struct desired *desired)
{
	int r;

	problems_done(&desired->problems);
	store_tell_folders(store, desired);
	r = store_read_policy(store, desired);
	if (r == 0)
		r = rules_load(store, desired);
	if (r == 0)
		r = find_strange_files(store, desired);
	store_note_failure(store, r);
	return r;
}

struct loader {
	struct store *store;
	struct desired *desired;
};

static int load_definition(void *userdata, const struct uuid *uuid)
{
	const struct loader *loader = userdata;

	return store_read_definition(loader->store, loader->desired, uuid);
}

static int load_definitions(struct store *store, struct desired *desired)
{
	struct loader loader = { .store = store, .desired = desired };
	int r = store_each_definition(store, load_definition, &loader);

	if (r != -E2BIG)
		return r;
	problems_add(&desired->problems, PROBLEM_STRANGE_FILE, NULL, NULL,
		     "There are more than %d definitions in %s: the others are not looked at.",
		     DESIRED_DEFINITIONS_MAX, store->folder[STORE_DEFINITIONS].path);
	return 0;
}

int store_load(struct store *store, struct desired *desired)
{
	int r = store_read_shared(store, desired);

	if (r == 0)
		r = load_definitions(store, desired);
	return r < 0 ? r : store_load_notes(store, desired);
}
