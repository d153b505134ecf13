/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/events.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/kernel/device.h"
#include "daemon/kernel/vfio-nodes.h"
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
	lookout_at_all(kernel->lookout);
	if (recheck_add(kernel->recheck, uuid, RECHECK_USED) < 0)
		tell_type(kernel, KERNEL_EVENT_RESCAN);
	else
		tell_device(kernel, uuid);
}

/* A device's node that cannot be told from others' now: whose it is, reading everything tells. */
static void tell_unseen(struct kernel *kernel)
{
	lookout_at_all(kernel->lookout);
	tell_type(kernel, KERNEL_EVENT_RESCAN);
}

/* The process ended its virtual machine, and may end soon: what it has may be free by then. */
static void tell_used_by(struct kernel *kernel, pid_t pid)
{
	const struct holders *holders = lookout_users(kernel->lookout);

	for (size_t i = 0; i < holders->count; i++) {
		struct uuid uuid;
		int r;

		if (holders->entries[i].pid != pid)
			continue;
		r = vfio_nodes_find_number(holders->entries[i].node, &uuid);
		if (r == 0)
			tell_used(kernel, &uuid);
		else if (r != -ENOENT)
			tell_unseen(kernel);
	}
}

void events_on_used(void *userdata, dev_t node)
{
	struct kernel *kernel = userdata;
	struct uuid uuid;
	int r = vfio_nodes_find_number(node, &uuid);

	/* The device itself follows when the VMM comes to it, or when its queues are reset. */
	if (r == 0 && recheck_add(kernel->recheck, &uuid, RECHECK_SEEN) == 0)
		tell_device(kernel, &uuid);
	else if (r != -ENOENT)
		tell_type(kernel, KERNEL_EVENT_RESCAN);
}

static void on_machine(struct kernel *kernel, const struct uevent *uevent)
{
	if (uevent->pid == getpid())
		return;		/* our own question, see kvm.h */
	/* A process with a /dev of its own may have opened nodes there before it was watched. */
	if (strcmp(uevent->event, "create") == 0)
		lookout_at_process(kernel->lookout, uevent->pid);
	else
		tell_used_by(kernel, uevent->pid);
}

void events_on_uevent(void *userdata, const struct uevent *uevent)
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
	kernel->kvm_stale |= uevent_is_of_kvm(uevent);
	if (strcmp(uevent->bindings, "complete") == 0)
		recheck_release(kernel->recheck);
	tell(kernel, &event);
}

/* /dev/vfio or /dev/vfio/devices came: of the host's, or in a VMM's own /dev. */
static void on_new_directory(struct kernel *kernel, pid_t pid)
{
	if (pid > 0)
		lookout_at_process(kernel->lookout, pid);
	else if (events_watch_host(kernel) < 0)
		tell_type(kernel, KERNEL_EVENT_RESCAN);
}

static void on_node(struct kernel *kernel, const struct watch_key *key, const char *name,
		    bool created)
{
	struct uuid uuid;
	int r;

	if (key->kind == WATCH_NODES)
		r = vfio_nodes_find_device(name, &uuid);
	else if (created && strcmp(name, "devices") == 0)
		r = -EISDIR;
	else
		r = *name ? vfio_nodes_find_group(name, &uuid) : -ENOENT;
	if (r == 0)
		tell_used(kernel, &uuid);
	else if (r == -EISDIR)
		on_new_directory(kernel, key->pid);
	else if (r != -ENOENT)
		tell_unseen(kernel);
}

void events_on_watch(void *userdata, const struct watch_key *key, const char *name, bool created)
{
	struct kernel *kernel = userdata;

	if (!key) {
		tell_type(kernel, KERNEL_EVENT_RESCAN);
		return;
	}
	switch (key->kind) {
	case WATCH_KVM:
		kernel->kvm_stale = true;
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

void events_on_recheck(void *userdata, const struct uuid *uuid, bool with_users)
{
	struct kernel *kernel = userdata;

	if (with_users)
		lookout_at_all(kernel->lookout);
	tell_device(kernel, uuid);
}

/* Adds a watch; a directory that is not there is as good. */
static int add(struct kernel *kernel, const char *path, const struct watch_key *key)
{
	int r = watch_add(kernel->watch, path, key);

	return r > 0 || r == -ENOENT || r == -ENOTDIR ? 0 : r;
}

/* In the order of LOOKOUT_DIRECTORIES. */
static const enum watch_kind kinds[LOOKOUT_DIRECTORIES] = { WATCH_DEV, WATCH_GROUPS, WATCH_NODES };

static int watch_dev(struct kernel *kernel)
{
	static const char *const paths[LOOKOUT_DIRECTORIES] = {
		"/dev", VFIO_NODES_GROUPS, VFIO_NODES_DEVICES,
	};
	int result = 0;

	for (size_t i = 0; i < LOOKOUT_DIRECTORIES; i++) {
		int r = add(kernel, paths[i], &(struct watch_key){ .kind = kinds[i] });

		if (result == 0)
			result = r;
	}
	return result;
}

bool events_on_found_dev(void *userdata, pid_t pid, const int fds[LOOKOUT_DIRECTORIES])
{
	struct kernel *kernel = userdata;
	bool is_new = false;

	for (size_t i = 0; i < LOOKOUT_DIRECTORIES; i++) {
		char path[48];

		/* The directory behind the link, without looking it up by its name again. */
		snprintf(path, sizeof(path), "/proc/self/fd/%d/.", fds[i]);
		/* a hint less is no failure */
		if (fds[i] >= 0 && watch_add(kernel->watch, path,
					     &(struct watch_key){ .kind = kinds[i], .pid = pid }) > 0)
			is_new = true;
	}
	return is_new;
}

int events_watch_host(struct kernel *kernel)
{
	int result = watch_dev(kernel), r;

	r = add(kernel, SYSFS_BUS, &(struct watch_key){ .kind = WATCH_BUS });
	if (result == 0)
		result = r;
	r = add(kernel, SYSFS_KVM, &(struct watch_key){ .kind = WATCH_KVM });
	return result < 0 ? result : r;
}

int events_watch_queue(struct kernel *kernel, struct apqn apqn)
{
	char path[QUEUE_PATH_SIZE];

	return add(kernel, queue_path(apqn, path),
		   &(struct watch_key){ .kind = WATCH_QUEUE, .apqn = apqn });
}

int events_watch_device(struct kernel *kernel, const struct uuid *uuid)
{
	char path[DEVICE_PATH_SIZE];

	return add(kernel, device_path(uuid, path),
		   &(struct watch_key){ .kind = WATCH_DEVICE, .uuid = *uuid });
}

void events_forget_queue(struct kernel *kernel, struct apqn apqn)
{
	watch_forget(kernel->watch, &(struct watch_key){ .kind = WATCH_QUEUE, .apqn = apqn });
}

void events_forget_device(struct kernel *kernel, const struct uuid *uuid)
{
	watch_forget(kernel->watch, &(struct watch_key){ .kind = WATCH_DEVICE, .uuid = *uuid });
}
