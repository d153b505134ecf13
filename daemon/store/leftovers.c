/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "daemon/store/internal.h"

/* What io_replace_file() calls its temporary file is ".NAME.apqd". */
static bool is_temporary(enum store_folder which, const char *name)
{
	size_t length = strlen(name);
	char inner[NAME_MAX + 1];
	struct uuid uuid;

	if (name[0] != '.' || length < sizeof("..apqd") || strcmp(name + length - 5, ".apqd") != 0)
		return false;
	snprintf(inner, sizeof(inner), "%.*s", (int)(length - 6), name + 1);
	if (which == STORE_HOST)
		return strcmp(inner, "host.json") == 0;
	return store_parse_name(which, inner, &uuid) == 0;
}

void store_remove_leftovers(struct store *store)
{
	for (enum store_folder which = 0; which < STORE_FOLDERS; which++) {
		CLEANUP(closedirp) DIR *folder = NULL;
		struct dirent *entry;
		int fd = openat(store->folder[which].fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		folder = fd < 0 ? NULL : fdopendir(fd);
		if (!folder && fd >= 0)
			close(fd);
		/* One that cannot be removed is overwritten by the next. */
		while (folder && (entry = readdir(folder)))
			if (is_temporary(which, entry->d_name))
				unlinkat(store->folder[which].fd, entry->d_name, 0);
	}
}
