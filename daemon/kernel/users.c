/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/users.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-login.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "common/utf8.h"
#include "daemon/kernel/guest-name.h"
#include "daemon/kernel/sysfs.h"

/* What the descriptors of one process are found to be. */
enum found {
	FOUND_NODE = 1 << 0,
	FOUND_MACHINE = 1 << 1,
};

static int add(struct users *users, pid_t pid, dev_t node)
{
	/* one process opens a node once, or a few times in a row */
	for (size_t i = users->count; i > 0 && users->entries[i - 1].pid == pid; i--) {
		if (users->entries[i - 1].node == node)
			return 0;
	}
	if (users->count == USERS_MAX)
		return 0;
	if (users->count == users->size) {
		size_t size = users->size ? 2 * users->size : 16;
		struct users_entry *entries = reallocarray(users->entries, size, sizeof(*entries));

		if (!entries)
			return -ENOMEM;
		users->entries = entries;
		users->size = size;
	}
	users->entries[users->count++] = (struct users_entry){ .pid = pid, .node = node };
	return 0;
}

/* A process that has gone, or may not be looked into, has nothing; one that could not be looked at may have. */
static int unseen(int error)
{
	return io_is_of_the_moment(error) ? -error : 0;
}

/* Looks at one descriptor: returns 0, bits of enum found, or the negative errno of a reason of the moment. */
static int look_at(struct users *users, pid_t pid, int directory, const char *name)
{
	char target[256];
	struct stat stat;
	ssize_t n = readlinkat(directory, name, target, sizeof(target) - 1);

	if (n < 0)
		return unseen(errno);
	target[n] = '\0';
	if (strcmp(target, "anon_inode:kvm-vm") == 0)
		return FOUND_MACHINE;
	/* only then stat(): for the file of a dead network server it would hang */
	if (!strstr(target, "/vfio/"))
		return 0;
	if (fstatat(directory, name, &stat, 0) < 0)
		return unseen(errno);
	if (!S_ISCHR(stat.st_mode))
		return 0;
	return add(users, pid, stat.st_rdev) < 0 ? -ENOMEM : FOUND_NODE;
}

/* Looks through one process; returns as look_at(). */
static int walk_process(struct users *users, pid_t pid, int proc, const char *name)
{
	char path[NAME_MAX + sizeof("/fd")];
	CLEANUP(closedirp) DIR *stream = NULL;
	struct dirent *entry;
	int found = 0, fd, r;

	snprintf(path, sizeof(path), "%s/fd", name);
	fd = openat(proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return unseen(errno);
	stream = fdopendir(fd);
	if (!stream) {
		/* it looks at the directory, which goes with its process */
		r = unseen(errno);
		close(fd);
		return r;
	}
	while ((r = sysfs_next(stream, &entry)) > 0) {
		r = look_at(users, pid, fd, entry->d_name);
		if (r < 0)
			return r;
		found |= r;
	}
	return r < 0 && unseen(-r) < 0 ? r : found;
}

int users_walk(struct users *users, users_vmm_fn vmm, void *userdata)
{
	CLEANUP(closedirp) DIR *proc = opendir("/proc");
	struct users found = { 0 };
	struct dirent *entry;
	int r;

	if (!proc)
		return -errno;
	while ((r = sysfs_next(proc, &entry)) > 0) {
		pid_t pid = atoi(entry->d_name);

		if (pid <= 0 || pid == getpid())
			continue;
		r = walk_process(&found, pid, dirfd(proc), entry->d_name);
		if (r < 0)
			break;
		if (r > 0)
			vmm(userdata, pid);
	}
	if (r < 0) {
		users_done(&found);
		return r;
	}
	users_done(users);
	*users = found;
	return 0;
}

int users_look_at(pid_t pid, struct users *ret_users)
{
	struct users found = { 0 };
	char path[32];
	int r;

	snprintf(path, sizeof(path), "/proc/%d", pid);
	r = walk_process(&found, pid, AT_FDCWD, path);
	if (r < 0) {
		users_done(&found);
		return r;
	}
	*ret_users = found;
	return 0;
}

/* Without memory to look, it has it still. */
static bool has_open(pid_t pid, dev_t node)
{
	struct users found;
	bool has = false;

	if (users_look_at(pid, &found) < 0)
		return true;
	for (size_t i = 0; i < found.count; i++)
		has |= found.entries[i].node == node;
	users_done(&found);
	return has;
}

void users_forget_gone(struct users *users, const struct nodes *nodes)
{
	size_t kept = 0;

	for (size_t i = 0; i < users->count; i++) {
		struct users_entry entry = users->entries[i];
		bool is_of_device = entry.node != 0 &&
				    (entry.node == nodes->group || entry.node == nodes->device);

		if (!is_of_device || has_open(entry.pid, entry.node))
			users->entries[kept++] = entry;
	}
	users->count = kept;
}

void users_done(struct users *users)
{
	free(users->entries);
	*users = (struct users){ 0 };
}

static void describe(pid_t pid, struct observed_user *user)
{
	CLEANUP_FREE char *machine = NULL;
	CLEANUP(fclosep) FILE *file = NULL;
	char path[32];

	*user = (struct observed_user){ .pid = pid };
	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	file = fopen(path, "re");
	if (!file || !fgets(user->command, sizeof(user->command), file))
		user->command[0] = '\0';
	user->command[strcspn(user->command, "\n")] = '\0';
	/* A process names itself as it likes. */
	utf8_repair(user->command);
	/* What virsh and people call it, sooner than what systemd-machined does: qemu-1-web1. */
	if (guest_name_of_process(pid, user->machine, sizeof(user->machine)))
		return;
	if (sd_pid_get_machine_name(pid, &machine) >= 0)
		snprintf(user->machine, sizeof(user->machine), "%s", machine);
}

void users_of_device(const struct users *users, const struct nodes *nodes,
		     struct observed_device *device)
{
	pid_t last = 0;

	device->users_count = 0;
	for (size_t i = 0; i < users->count && device->users_count < OBSERVED_USERS_MAX; i++) {
		const struct users_entry *entry = &users->entries[i];

		if (entry->node == 0 || entry->pid == last ||
		    (entry->node != nodes->group && entry->node != nodes->device))
			continue;
		last = entry->pid;
		describe(entry->pid, &device->users[device->users_count++]);
	}
}
