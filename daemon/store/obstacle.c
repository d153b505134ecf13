/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/store/obstacle.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of Linux 5.8; older headers have it not. */
#ifndef STATX_ATTR_MOUNT_ROOT
#define STATX_ATTR_MOUNT_ROOT 0x2000
#endif

static int look(int dirfd, const char *name, int flags, struct statx *ret_stat)
{
	return statx(dirfd, name, flags | AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_TYPE, ret_stat) < 0 ?
		       -errno :
		       0;
}

/*
 * Returns error, and sets *ret_sentence to NULL if asprintf() has failed.  A missing sentence thus
 * always means a lack of memory.
 */
static int in_way(int error, int length, char **ret_sentence)
{
	if (length < 0)
		*ret_sentence = NULL;
	return error;
}

/* By chattr(1); neither may a file of such a directory be renamed or removed. */
static int check_attributes(const struct statx *stat, const char *folder, const char *name, char **ret_sentence)
{
	const bool immutable = stat->stx_attributes & STATX_ATTR_IMMUTABLE;
	const char *slash = *name ? "/" : "";

	if (!immutable && !(stat->stx_attributes & STATX_ATTR_APPEND))
		return 0;
	return in_way(-EPERM,
		      asprintf(ret_sentence, "%s%s%s is %s. Run: 'chattr -%c %s%s%s'.", folder, slash, name,
			       immutable ? "immutable" : "append-only", immutable ? 'i' : 'a', folder, slash,
			       name),
		      ret_sentence);
}

static int refuse_link(int dirfd, const char *folder, const char *name, char **ret_sentence)
{
	char target[PATH_MAX];
	ssize_t length = readlinkat(dirfd, name, target, sizeof(target) - 1);

	if (length < 0)
		return -errno;
	target[length] = '\0';
	return in_way(-ELOOP,
		      asprintf(ret_sentence,
			       "%s/%s is a symbolic link to %s. apqd reads the file there, but replaces no link. "
			       "Change the file there, or run: 'cp --remove-destination \"$(realpath %s/%s)\" "
			       "%s/%s'.",
			       folder, name, target, folder, name, folder, name),
		      ret_sentence);
}

int obstacle_find(int dirfd, const char *folder, const char *name, char **ret_sentence)
{
	struct statx stat;
	int r = look(dirfd, "", AT_EMPTY_PATH, &stat);

	if (r == 0)
		r = check_attributes(&stat, folder, "", ret_sentence);
	if (r == 0) {
		r = look(dirfd, name, 0, &stat);
		if (r == -ENOENT)
			return 0;
	}
	if (r == 0)
		r = check_attributes(&stat, folder, name, ret_sentence);
	if (r < 0)
		return r;
	if (S_ISLNK(stat.stx_mode))
		return refuse_link(dirfd, folder, name, ret_sentence);
	if (!(stat.stx_attributes & STATX_ATTR_MOUNT_ROOT))
		return 0;
	return in_way(-EBUSY,
		      asprintf(ret_sentence,
			       "%s/%s is a mount point, and no other file can take its place. Run: 'umount %s/%s'.",
			       folder, name, folder, name),
		      ret_sentence);
}
