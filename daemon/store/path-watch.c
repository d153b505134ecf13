/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/store/path-watch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"

/* As many links as the kernel follows, and more components than anybody has. */
#define LINKS_MAX 40
#define COMPONENTS_MAX 256

void path_watch_done(struct path_watch *watch)
{
	for (size_t i = 0; i < watch->count; i++)
		free(watch->places[i].name);
	free(watch->places);
	*watch = (struct path_watch){ 0 };
}

bool path_watch_concerns(const struct path_watch *watch, int wd, const char *name)
{
	for (size_t i = 0; i < watch->count; i++)
		if (watch->places[i].wd == wd && (!name || strcmp(watch->places[i].name, name) == 0))
			return true;
	return false;
}

bool path_watch_has(const struct path_watch *watch, int wd)
{
	return path_watch_concerns(watch, wd, NULL);
}

static int add_place(struct path_watch *watch, int wd, const char *name)
{
	struct path_place *place;

	if (path_watch_concerns(watch, wd, name))
		return 0;
	if (watch->count == watch->size) {
		size_t size = watch->size ? 2 * watch->size : 16;
		struct path_place *places = reallocarray(watch->places, size, sizeof(*places));

		if (!places)
			return -ENOMEM;
		watch->places = places;
		watch->size = size;
	}
	place = &watch->places[watch->count];
	*place = (struct path_place){ .wd = wd, .name = strdup(name) };
	if (!place->name)
		return -ENOMEM;
	watch->count++;
	return 0;
}

/* The state of a walk along a path. */
struct walk {
	struct path_watch *watch;
	int fd;
	uint32_t events;
	char at[PATH_MAX];	/* the directory, without links; "" is the root */
	char rest[PATH_MAX];	/* what is left of the path */
	unsigned int links;
};

/* Takes the next component off the rest; returns false at the end. */
static bool next_component(struct walk *walk, char name[NAME_MAX + 1])
{
	char *p = walk->rest + strspn(walk->rest, "/");
	size_t length = strcspn(p, "/");

	if (length == 0 || length > NAME_MAX)
		return false;
	memcpy(name, p, length);
	name[length] = '\0';
	memmove(walk->rest, p + length, strlen(p + length) + 1);
	return true;
}

/* The rest goes on with what the link says. */
static int follow(struct walk *walk, const char *path)
{
	char target[PATH_MAX], rest[PATH_MAX];
	ssize_t length = readlink(path, target, sizeof(target) - 1);

	if (length < 0)
		return errno == ENOENT || errno == EINVAL ? 0 : -errno;
	if (++walk->links > LINKS_MAX)
		return -ELOOP;
	target[length] = '\0';
	if (snprintf(rest, sizeof(rest), "%s/%s", target, walk->rest) >= (int)sizeof(rest))
		return -ENAMETOOLONG;
	strcpy(walk->rest, rest);
	if (target[0] == '/')
		walk->at[0] = '\0';
	return 1;
}

/* One component: returns 1 to go on, 0 at the end of what there is, or a negative errno. */
static int step(struct walk *walk, const char *name)
{
	char path[PATH_MAX];
	struct stat stat;
	char *slash;
	int wd, r;

	if (strcmp(name, ".") == 0)
		return 1;
	if (strcmp(name, "..") == 0) {
		slash = strrchr(walk->at, '/');
		if (slash)
			*slash = '\0';
		return 1;
	}
	/* Before it is looked at, so that no change falls between. */
	wd = inotify_add_watch(walk->fd, walk->at[0] ? walk->at : "/", walk->events);
	if (wd < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
	r = add_place(walk->watch, wd, name);
	if (r < 0)
		return r;
	if (snprintf(path, sizeof(path), "%s/%s", walk->at, name) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	if (lstat(path, &stat) < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
	if (S_ISLNK(stat.st_mode))
		return follow(walk, path);
	strcpy(walk->at, path);
	return 1;
}

int path_watch_add(struct path_watch *watch, int fd, uint32_t events, const char *root, const char *path)
{
	CLEANUP_FREE struct walk *walk = calloc(1, sizeof(*walk));
	char name[NAME_MAX + 1];
	int r = 1;

	if (!walk)
		return -ENOMEM;
	walk->watch = watch;
	walk->fd = fd;
	walk->events = events;
	if (snprintf(walk->at, sizeof(walk->at), "%s", root) >= (int)sizeof(walk->at) ||
	    snprintf(walk->rest, sizeof(walk->rest), "%s", path + strlen(root)) >= (int)sizeof(walk->rest))
		return -ENAMETOOLONG;
	for (unsigned int i = 0; r > 0 && next_component(walk, name); i++)
		r = i < COMPONENTS_MAX ? step(walk, name) : -ELOOP;
	/* Of links in a ring nothing more is to be seen than that one of them changes. */
	return r < 0 && r != -ELOOP ? r : 0;
}
