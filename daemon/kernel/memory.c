/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "daemon/kernel/sysfs.h"

#define BUFFER_SIZE (16 * (sizeof(struct inotify_event) + NAME_MAX + 1))

/* The attributes that change what a device has. */
static const enum attribute attributes[] = {
	ATTRIBUTE_ASSIGN_ADAPTER,	 ATTRIBUTE_UNASSIGN_ADAPTER,
	ATTRIBUTE_ASSIGN_DOMAIN,	 ATTRIBUTE_UNASSIGN_DOMAIN,
	ATTRIBUTE_ASSIGN_CONTROL_DOMAIN, ATTRIBUTE_UNASSIGN_CONTROL_DOMAIN,
};

struct entry {
	struct uuid uuid;
	int wd;
	unsigned int ours;	/* writes of ours that inotify has not told of yet */
	unsigned int others;	/* writes that were none of ours */
	bool known;		/* matrix is what it has */
	struct matrix matrix;
};

struct memory {
	pthread_mutex_t lock;
	int fd;			/* inotify; read when something is asked */
	struct uuid_list entries;	/* of struct entry, owned */
};

static struct memory shared = { .lock = PTHREAD_MUTEX_INITIALIZER, .fd = -1 };

struct memory *memory_shared(void)
{
	return &shared;
}

int memory_open(struct memory *memory)
{
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	if (fd < 0)
		return -errno;
	pthread_mutex_lock(&memory->lock);
	memory->fd = fd;
	pthread_mutex_unlock(&memory->lock);
	return 0;
}

void memory_close(struct memory *memory)
{
	pthread_mutex_lock(&memory->lock);
	for (size_t i = 0; i < memory->entries.count; i++)
		free(memory->entries.items[i]);
	uuid_list_done(&memory->entries);
	if (memory->fd >= 0)
		close(memory->fd);
	memory->fd = -1;
	pthread_mutex_unlock(&memory->lock);
}

static bool is_ours(enum attribute attribute)
{
	for (size_t i = 0; i < ARRAY_SIZE(attributes); i++)
		if (attributes[i] == attribute)
			return true;
	return false;
}

static void note_other(struct entry *entry)
{
	entry->others++;
	entry->known = false;
}

static void take(struct memory *memory, const struct inotify_event *event)
{
	for (size_t i = 0; i < memory->entries.count; i++) {
		struct entry *entry = memory->entries.items[i];

		if (event->mask & IN_Q_OVERFLOW) {
			note_other(entry);
			/* The lost events may be those of our writes: later ones must not be taken for them. */
			entry->ours = 0;
		}
		if (entry->wd != event->wd)
			continue;
		if (event->mask & IN_IGNORED)
			note_other(entry);
		else if ((event->mask & IN_CLOSE_WRITE) && event->len > 0 &&
			 is_ours(attribute_from_name(event->name)) && entry->ours == 0)
			note_other(entry);
		else if ((event->mask & IN_CLOSE_WRITE) && event->len > 0 &&
			 is_ours(attribute_from_name(event->name)))
			entry->ours--;
	}
}

/* Counts the writes that inotify has reported so far. */
static void catch_up(struct memory *memory)
{
	_Alignas(struct inotify_event) char buffer[BUFFER_SIZE];
	ssize_t n;

	while ((n = read(memory->fd, buffer, sizeof(buffer))) > 0) {
		const struct inotify_event *event;

		for (ssize_t at = 0; at < n; at += sizeof(*event) + event->len) {
			event = (const void *)(buffer + at);
			take(memory, event);
		}
	}
}

static struct entry *begin(struct memory *memory, const struct uuid *uuid)
{
	pthread_mutex_lock(&memory->lock);
	catch_up(memory);
	return uuid_list_find(&memory->entries, uuid);
}

static void end(struct memory *memory)
{
	pthread_mutex_unlock(&memory->lock);
}

/* Opening and writing are watched too: between them no two of closing are merged into one. */
static int add_watch(struct memory *memory, int fd)
{
	char path[32];
	int wd;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	wd = inotify_add_watch(memory->fd, path,
			       IN_OPEN | IN_MODIFY | IN_CLOSE_WRITE | IN_ONLYDIR);
	return wd < 0 ? -errno : wd;
}

static int watch_new(struct memory *memory, const struct uuid *uuid, int wd)
{
	struct entry *entry = calloc(1, sizeof(*entry));
	int r;

	if (!entry)
		return -ENOMEM;
	*entry = (struct entry){ .uuid = *uuid, .wd = wd };
	r = uuid_list_insert(&memory->entries, entry);
	if (r < 0)
		free(entry);
	return r;
}

int memory_watch(struct memory *memory, const struct uuid *uuid, int fd)
{
	struct entry *entry = begin(memory, uuid);
	int wd = add_watch(memory, fd), r = 0;

	if (wd < 0) {
		r = wd;
	} else if (!entry) {
		r = watch_new(memory, uuid, wd);
		if (r < 0)
			inotify_rm_watch(memory->fd, wd);
	} else if (entry->wd != wd) {
		/* another device of the same UUID: nothing of it is known */
		*entry = (struct entry){ .uuid = *uuid, .wd = wd, .others = entry->others + 1 };
	}
	end(memory);
	return r;
}

void memory_forget(struct memory *memory, const struct uuid *uuid)
{
	struct entry *entry = begin(memory, uuid);

	if (entry) {
		inotify_rm_watch(memory->fd, entry->wd);
		free(uuid_list_remove(&memory->entries, uuid));
	}
	end(memory);
}

unsigned int memory_others(struct memory *memory, const struct uuid *uuid)
{
	struct entry *entry = begin(memory, uuid);
	unsigned int others = entry ? entry->others : 0;

	end(memory);
	return others;
}

void memory_put(struct memory *memory, const struct uuid *uuid, unsigned int others,
		const struct matrix *matrix)
{
	struct entry *entry = begin(memory, uuid);

	/* While we write ourselves, what was read may be from before or after. */
	if (entry && entry->others == others && entry->ours == 0) {
		entry->known = true;
		entry->matrix = *matrix;
	}
	end(memory);
}

int memory_get(struct memory *memory, const struct uuid *uuid, struct matrix *ret_matrix)
{
	struct entry *entry = begin(memory, uuid);
	int r = entry && entry->known ? 0 : -ENODATA;

	if (r == 0)
		*ret_matrix = entry->matrix;
	end(memory);
	return r;
}

void memory_doubt(struct memory *memory, const struct uuid *uuid)
{
	struct entry *entry = begin(memory, uuid);

	if (entry)
		note_other(entry);
	end(memory);
}

void memory_begin(struct memory *memory, const struct attribute_write *write)
{
	struct entry *entry = is_ours(write->attribute) ? begin(memory, &write->uuid) : NULL;

	if (entry)
		entry->ours++;
	if (is_ours(write->attribute))
		end(memory);
}

void memory_end(struct memory *memory, const struct attribute_write *write, bool opened, int r)
{
	struct entry *entry = is_ours(write->attribute) ? begin(memory, &write->uuid) : NULL;

	if (entry && !opened) {
		/* that one is never told of; what was taken for it was somebody else's */
		if (entry->ours == 0)
			note_other(entry);
		else
			entry->ours--;
	}
	if (entry && r == 0 && attribute_apply(write, &entry->matrix) < 0)
		entry->known = false;
	if (is_ours(write->attribute))
		end(memory);
}

/* FNV-1a over what is to be compared only. */
static uint64_t mix(uint64_t hash, const void *data, size_t size)
{
	const unsigned char *bytes = data;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ bytes[i]) * 0x100000001b3;
	return hash;
}

static int mix_times(int fd, uint64_t *hash)
{
	for (size_t i = 0; i < ARRAY_SIZE(attributes); i++) {
		struct stat at;

		if (fstatat(fd, attribute_name(attributes[i]), &at, AT_SYMLINK_NOFOLLOW) < 0)
			return -errno;
		if (utimensat(fd, attribute_name(attributes[i]),
			      (struct timespec[]){ { .tv_nsec = UTIME_OMIT }, at.st_mtim },
			      AT_SYMLINK_NOFOLLOW) < 0)
			return -errno;
		*hash = mix(*hash, &at.st_ino, sizeof(at.st_ino));
		*hash = mix(*hash, &at.st_mtim, sizeof(at.st_mtim));
	}
	return 0;
}

int memory_identity(int fd, char ret_text[static OBSERVED_IDENTITY_SIZE])
{
	uint64_t hash = 0xcbf29ce484222325;
	CLEANUP_CLOSE int id = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	char boot[40] = "";
	struct stat at;
	int r;

	if (id < 0 || fstat(fd, &at) < 0)
		return -errno;
	if (read(id, boot, sizeof(boot) - 1) <= 0)
		return -EIO;
	boot[strcspn(boot, "\n")] = '\0';
	r = mix_times(fd, &hash);
	if (r < 0)
		return r;
	snprintf(ret_text, OBSERVED_IDENTITY_SIZE, "%s.%" PRIu64 ".%016" PRIx64, boot,
		 (uint64_t)at.st_ino, hash);
	return 0;
}
