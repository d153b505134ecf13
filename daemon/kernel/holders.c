/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/holders.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "common/utf8.h"
#include "daemon/kernel/sysfs.h"

/* What the descriptors of one process are found to be. */
enum found {
	FOUND_NODE = 1 << 0,
	FOUND_MACHINE = 1 << 1,
};

const char *holders_proc = "/proc";

static int add(struct holders *holders, const struct holders_entry *entry)
{
	/* one process opens a node once, or a few times in a row */
	for (size_t i = holders->count; i > 0 && holders->entries[i - 1].pid == entry->pid; i--) {
		if (holders->entries[i - 1].node == entry->node)
			return 0;
	}
	if (holders->count == HOLDERS_MAX)
		return 0;
	if (holders->count == holders->size) {
		size_t size = holders->size ? 2 * holders->size : 16;
		struct holders_entry *entries = reallocarray(holders->entries, size, sizeof(*entries));

		if (!entries)
			return -ENOMEM;
		holders->entries = entries;
		holders->size = size;
	}
	holders->entries[holders->count++] = *entry;
	return 0;
}

/* A process that has gone, or may not be looked into, has nothing; one that could not be looked at may have. */
static int unseen(int error)
{
	return io_is_of_the_moment(error) ? -error : 0;
}

/* Looks at one descriptor: returns 0, bits of enum found, or the negative errno of a reason of the moment. */
static int look_at(struct holders *holders, pid_t pid, int directory, const char *name)
{
	struct holders_entry entry = { .pid = pid };
	char target[256];
	struct statx stat;
	ssize_t n = readlinkat(directory, name, target, sizeof(target) - 1);

	if (n < 0)
		return unseen(errno);
	target[n] = '\0';
	if (strcmp(target, "anon_inode:kvm-vm") == 0)
		return FOUND_MACHINE;
	/*
	 * Only then statx(), and only what is known without asking a server: a file of a dead one, or of a
	 * file system in user space, would let it wait.
	 */
	if (!strstr(target, "/vfio/"))
		return 0;
	if (statx(directory, name, AT_STATX_DONT_SYNC, STATX_TYPE, &stat) < 0)
		return unseen(errno);
	if (!S_ISCHR(stat.stx_mode))
		return 0;
	entry.node = makedev(stat.stx_rdev_major, stat.stx_rdev_minor);
	return add(holders, &entry) < 0 ? -ENOMEM : FOUND_NODE;
}

bool holders_is_gone(pid_t pid)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%d", holders_proc, (int)pid);
	return access(path, F_OK) < 0 && errno == ENOENT;
}

/* When the process began, from the text of its stat: the 22nd field, counted behind the name. */
static uint64_t parse_start(const char *text)
{
	const char *at = strrchr(text, ')');

	for (int field = 2; at && field < 22; field++) {
		at = strchr(at, ' ');
		at += at ? 1 : 0;
	}
	return at ? strtoull(at, NULL, 10) : 0;
}

/* Reads a file of the process's directory; "" where it cannot be. */
static void read_text(int directory, const char *name, char *text, size_t size)
{
	CLEANUP_CLOSE int fd = openat(directory, name, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : io_read(fd, text, size - 1);

	text[n < 0 ? 0 : n] = '\0';
}

/* Adds what the process is called, and since when there is one of this number, to its entries. */
static void describe(struct holders *holders, size_t first, int process)
{
	char text[1024], command[sizeof(holders->entries->command)];
	uint64_t start;

	read_text(process, "stat", text, sizeof(text));
	start = parse_start(text);
	read_text(process, "comm", text, sizeof(text));
	text[strcspn(text, "\n")] = '\0';
	snprintf(command, sizeof(command), "%.*s", (int)sizeof(command) - 1, text);
	/* A process names itself as it likes. */
	utf8_repair(command);
	for (size_t i = first; i < holders->count; i++) {
		holders->entries[i].start = start;
		memcpy(holders->entries[i].command, command, sizeof(command));
	}
}

/* Looks through one process; returns as look_at(). */
static int walk_process(struct holders *holders, pid_t pid, int proc, const char *name)
{
	CLEANUP_CLOSE int process = openat(proc, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	CLEANUP(closedirp) DIR *stream = NULL;
	size_t first = holders->count, looked = 0;
	struct dirent *entry;
	int found = 0, fd, r;

	if (process < 0)
		return unseen(errno);
	fd = openat(process, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return unseen(errno);
	stream = fdopendir(fd);
	if (!stream) {
		/* it looks at the directory, which goes with its process */
		r = unseen(errno);
		close(fd);
		return r;
	}
	while ((r = io_next_entry(stream, &entry)) > 0 && looked++ < HOLDERS_DESCRIPTORS_MAX) {
		r = look_at(holders, pid, fd, entry->d_name);
		if (r < 0)
			return r;
		found |= r;
	}
	holders->looked += looked;
	if (r < 0 && unseen(-r) < 0)
		return r;
	if (holders->count > first)
		describe(holders, first, process);
	return found;
}

static int compare(const void *a, const void *b)
{
	const struct holders_entry *one = a, *other = b;

	return (one->pid > other->pid) - (one->pid < other->pid);
}

int holders_walk(struct holders *holders, pid_t after, holders_vmm_fn vmm, void *userdata,
		 pid_t *ret_last)
{
	CLEANUP(closedirp) DIR *proc = opendir(holders_proc);
	size_t looked = holders->looked;
	struct dirent *entry;
	pid_t last = 0;
	int r;

	if (!proc)
		return -errno;
	while ((r = io_next_entry(proc, &entry)) > 0) {
		pid_t pid = atoi(entry->d_name);

		if (pid <= after || pid == getpid())
			continue;
		r = walk_process(holders, pid, dirfd(proc), entry->d_name);
		if (r < 0)
			return r;
		if (r > 0)
			vmm(userdata, pid);
		last = pid;
		if (holders->looked - looked >= HOLDERS_WALK_MAX)
			break;
	}
	if (r < 0)
		return r;
	if (holders->count > 0)
		qsort(holders->entries, holders->count, sizeof(*holders->entries), compare);
	*ret_last = r > 0 ? last : 0;
	return 0;
}

int holders_look_at(struct holders *holders, pid_t pid, holders_vmm_fn vmm, void *userdata)
{
	char path[PATH_MAX];
	int r;

	snprintf(path, sizeof(path), "%s/%d", holders_proc, pid);
	r = walk_process(holders, pid, AT_FDCWD, path);
	if (r > 0)
		vmm(userdata, pid);
	return r < 0 ? r : 0;
}

int holders_replace(struct holders *holders, pid_t first, pid_t last, struct holders *found)
{
	struct holders merged = { 0 };
	size_t i = 0;
	int r = 0;

	for (; r == 0 && i < holders->count && holders->entries[i].pid < first; i++)
		r = add(&merged, &holders->entries[i]);
	for (size_t j = 0; r == 0 && j < found->count; j++)
		r = add(&merged, &found->entries[j]);
	for (; r == 0 && i < holders->count; i++)
		if (holders->entries[i].pid > last)
			r = add(&merged, &holders->entries[i]);
	if (r < 0) {
		holders_done(&merged);
		return r;
	}
	holders_done(holders);
	holders_done(found);
	*holders = merged;
	return 0;
}

bool holders_has(const struct holders *holders, pid_t pid, dev_t node)
{
	size_t low = 0, high = holders->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (holders->entries[middle].pid < pid)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < holders->count && holders->entries[low].pid == pid; low++)
		if (holders->entries[low].node == node)
			return true;
	return false;
}

void holders_done(struct holders *holders)
{
	free(holders->entries);
	*holders = (struct holders){ 0 };
}
