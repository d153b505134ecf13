/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/hints.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/kernel/device.h"
#include "daemon/kernel/nodes.h"
#include "daemon/kernel/queue.h"
#include "daemon/kernel/sysfs.h"

static void tell(struct kernel *kernel, const struct kernel_event *event)
{
	kernel->event(kernel->userdata, event);
}

static void tell_type(struct kernel *kernel, enum kernel_event_type type)
{
	tell(kernel, &(struct kernel_event){ .type = type });
}

static void tell_device(struct kernel *kernel, const struct uuid *uuid)
{
	tell(kernel, &(struct kernel_event){ .type = KERNEL_EVENT_DEVICE, .uuid = *uuid });
}

/* Somebody opened or closed a node of the device. */
static void tell_used(struct kernel *kernel, const struct uuid *uuid)
{
	kernel->users_stale = true;
	if (later_add(kernel->later, uuid, LATER_USED) < 0)
		tell_type(kernel, KERNEL_EVENT_RESCAN);
	else
		tell_device(kernel, uuid);
}

/* A device's node that cannot be told from others' now: whose it is, reading everything tells. */
static void tell_unseen(struct kernel *kernel)
{
	kernel->users_stale = true;
	tell_type(kernel, KERNEL_EVENT_RESCAN);
}

static void tell_used_by(struct kernel *kernel, const struct users *users, pid_t pid)
{
	for (size_t i = 0; i < users->count; i++) {
		struct uuid uuid;
		int r;

		if (users->entries[i].pid != pid)
			continue;
		r = nodes_find_number(users->entries[i].node, &uuid);
		if (r == 0)
			tell_used(kernel, &uuid);
		else if (r != -ENOENT)
			tell_unseen(kernel);
	}
}

/* A process with a /dev of its own may have opened nodes there before it was watched. */
static void look_at_vmm(struct kernel *kernel, pid_t pid)
{
	struct users users;

	hints_watch_vmm(kernel, pid);
	if (users_look_at(pid, &users) < 0) {
		tell_type(kernel, KERNEL_EVENT_RESCAN);
		return;
	}
	tell_used_by(kernel, &users, pid);
	users_done(&users);
}

static void on_machine(struct kernel *kernel, const struct uevent *uevent)
{
	if (uevent->pid == getpid())
		return;		/* our own question, see kvm.h */
	if (strcmp(uevent->event, "create") == 0)
		look_at_vmm(kernel, uevent->pid);
	else
		tell_used_by(kernel, &kernel->users, uevent->pid);
}

void hints_on_uevent(void *userdata, const struct uevent *uevent)
{
	struct kernel *kernel = userdata;
	struct kernel_event event;

	if (!uevent) {
		tell_type(kernel, KERNEL_EVENT_RESCAN);
		return;
	}
	if (uevent_is_of_machine(uevent)) {
		on_machine(kernel, uevent);
		return;
	}
	if (!uevent_decode(uevent, &event))
		return;
	if (uevent_is_of_kvm(uevent))
		kernel->facility65 = -1;
	if (strcmp(uevent->bindings, "complete") == 0)
		later_release(kernel->later);
	tell(kernel, &event);
}

/* /dev/vfio or /dev/vfio/devices came: of the host's, or in a VMM's own /dev. */
static void on_new_directory(struct kernel *kernel, pid_t pid)
{
	if (pid > 0)
		look_at_vmm(kernel, pid);
	else if (hints_watch_host(kernel) < 0)
		tell_type(kernel, KERNEL_EVENT_RESCAN);
}

static void on_node(struct kernel *kernel, const struct watch_key *key, const char *name,
		    bool created)
{
	struct uuid uuid;
	int r;

	if (key->kind == WATCH_NODES)
		r = nodes_find_device(name, &uuid);
	else if (created && strcmp(name, "devices") == 0)
		r = -EISDIR;
	else
		r = *name ? nodes_find_group(name, &uuid) : -ENOENT;
	if (r == 0)
		tell_used(kernel, &uuid);
	else if (r == -EISDIR)
		on_new_directory(kernel, key->pid);
	else if (r != -ENOENT)
		tell_unseen(kernel);
}

void hints_on_watch(void *userdata, const struct watch_key *key, const char *name, bool created)
{
	struct kernel *kernel = userdata;

	if (!key) {
		tell_type(kernel, KERNEL_EVENT_RESCAN);
		return;
	}
	switch (key->kind) {
	case WATCH_KVM:
		kernel->facility65 = -1;
		tell_type(kernel, KERNEL_EVENT_HOST);
		break;
	case WATCH_BUS:
		tell_type(kernel, KERNEL_EVENT_HOST);
		break;
	case WATCH_QUEUE:
		tell(kernel, &(struct kernel_event){ .type = KERNEL_EVENT_QUEUE,
						     .apqn = key->apqn });
		break;
	case WATCH_DEVICE:
		tell_device(kernel, &key->uuid);
		break;
	case WATCH_DEV:
		if (created && strcmp(name, "vfio") == 0)
			on_new_directory(kernel, key->pid);
		break;
	case WATCH_GROUPS:
	case WATCH_NODES:
		on_node(kernel, key, name, created);
		break;
	case WATCH_KINDS:
		break;
	}
}

void hints_on_later(void *userdata, const struct uuid *uuid, bool with_users)
{
	struct kernel *kernel = userdata;

	kernel->users_stale |= with_users;
	tell_device(kernel, uuid);
}

/* Compares where two links lead. */
static bool same_link(const char *a, const char *b)
{
	char text_a[64], text_b[64];
	ssize_t n = readlink(a, text_a, sizeof(text_a));

	return n > 0 && readlink(b, text_b, sizeof(text_b)) == n && memcmp(text_a, text_b, n) == 0;
}

/* Adds a watch; a directory that is not there is as good. */
static int add(struct kernel *kernel, const char *path, const struct watch_key *key)
{
	int r = watch_add(kernel->watch, path, key);

	return r == -ENOENT || r == -ENOTDIR ? 0 : r;
}

/* The three directories of a /dev; prefix is "" for the host's own. */
static int watch_dev(struct kernel *kernel, const char *prefix, pid_t pid)
{
	static const struct {
		const char *path;
		enum watch_kind kind;
	} directories[] = {
		{ "/dev", WATCH_DEV },
		{ NODES_GROUPS, WATCH_GROUPS },
		{ NODES_DEVICES, WATCH_NODES },
	};
	int result = 0;

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		struct watch_key key = { .kind = directories[i].kind, .pid = pid };
		char path[64];
		int r;

		snprintf(path, sizeof(path), "%s%s", prefix, directories[i].path);
		r = add(kernel, path, &key);
		if (result == 0)
			result = r;
	}
	return result;
}

void hints_watch_vmm(void *userdata, pid_t pid)
{
	char mount[32], user[32], root[32];

	snprintf(mount, sizeof(mount), "/proc/%d/ns/mnt", pid);
	snprintf(user, sizeof(user), "/proc/%d/ns/user", pid);
	snprintf(root, sizeof(root), "/proc/%d/root", pid);
	if (same_link(mount, "/proc/self/ns/mnt"))
		return;
	/*
	 * Whoever makes a user namespace makes its mounts too, and could let the next line
	 * wait forever for a file system of theirs; other mount namespaces are root's.
	 */
	if (!same_link(user, "/proc/self/ns/user"))
		return;
	/* a hint less is no failure of what is being read now */
	(void)!watch_dev(userdata, root, pid);
}

int hints_watch_host(struct kernel *kernel)
{
	int result = watch_dev(kernel, "", 0), r;

	r = add(kernel, SYSFS_BUS, &(struct watch_key){ .kind = WATCH_BUS });
	if (result == 0)
		result = r;
	r = add(kernel, SYSFS_KVM, &(struct watch_key){ .kind = WATCH_KVM });
	return result < 0 ? result : r;
}

int hints_watch_queue(struct kernel *kernel, struct apqn apqn)
{
	char path[QUEUE_PATH_SIZE];

	return add(kernel, queue_path(apqn, path),
		   &(struct watch_key){ .kind = WATCH_QUEUE, .apqn = apqn });
}

int hints_watch_device(struct kernel *kernel, const struct uuid *uuid)
{
	char path[DEVICE_PATH_SIZE];

	return add(kernel, device_path(uuid, path),
		   &(struct watch_key){ .kind = WATCH_DEVICE, .uuid = *uuid });
}

void hints_forget_queue(struct kernel *kernel, struct apqn apqn)
{
	watch_forget(kernel->watch, &(struct watch_key){ .kind = WATCH_QUEUE, .apqn = apqn });
}

void hints_forget_device(struct kernel *kernel, const struct uuid *uuid)
{
	watch_forget(kernel->watch, &(struct watch_key){ .kind = WATCH_DEVICE, .uuid = *uuid });
}
