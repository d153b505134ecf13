/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/store/store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "daemon/store/internal.h"

static int name_rules(struct store *store)
{
	/* As udev looks for them. */
	static const char *const path[] = { "/etc/udev/rules.d", "/run/udev/rules.d",
					    "/usr/local/lib/udev/rules.d", "/usr/lib/udev/rules.d" };

	for (size_t i = 0; i < ARRAY_SIZE(path); i++)
		if (asprintf(&store->rules[i], "%s%s/" STORE_RULES_NAME, store->root, path[i]) < 0) {
			store->rules[i] = NULL;
			return -ENOMEM;
		}
	return 0;
}

int store_open(const char *root, struct store **ret_store, char **ret_path)
{
	struct store *store = calloc(1, sizeof(*store));
	int r;

	if (!store)
		return -ENOMEM;
	for (size_t i = 0; i < STORE_FOLDERS; i++)
		store->folder[i].fd = -1;
	store->root = strdup(root);
	r = store->root ? name_rules(store) : -ENOMEM;
	if (r == 0)
		r = store_open_folders(store, ret_path);
	if (r < 0) {
		store_close(store);
		return r;
	}
	*ret_store = store;
	return 0;
}

void store_close(struct store *store)
{
	if (!store)
		return;
	sd_event_source_disable_unref(store->watch_source);
	for (size_t i = 0; i < STORE_FOLDERS; i++) {
		free(store->folder[i].path);
		if (store->folder[i].fd >= 0)
			close(store->folder[i].fd);
	}
	for (size_t i = 0; i < ARRAY_SIZE(store->rules); i++)
		free(store->rules[i]);
	path_watch_done(&store->paths);
	free(store->root);
	free(store);
}
