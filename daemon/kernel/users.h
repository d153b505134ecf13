/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which processes have nodes of vfio open, from one walk through /proc.
 *
 * The nodes are told apart by their numbers, not by their paths: a VMM may have a /dev of
 * its own (libvirt gives it one).
 */
#ifndef APQD_DAEMON_KERNEL_USERS_H
#define APQD_DAEMON_KERNEL_USERS_H

#include <stddef.h>
#include <sys/types.h>

#include "common/macro.h"
#include "daemon/kernel/nodes.h"
#include "daemon/model/observed.h"

/* Most open nodes that are noted; a host has a few for each guest. */
#define USERS_MAX 65536

struct users_entry {
	pid_t pid;
	dev_t node;
};

struct users {
	struct users_entry *entries;	/* by process, in the order of /proc */
	size_t count, size;
};

/* Is told of each process that has a virtual machine or a node of vfio, once. */
typedef void (*users_vmm_fn)(void *userdata, pid_t pid);

/*
 * Walks through /proc and puts what it finds in the place of what users had (which starts
 * zeroed).  This process is left out, and so are those that may not be looked into.
 * Returns 0, or the negative errno of /proc, or of what kept a process from being looked at for a moment;
 * then users is as it was.
 */
MUST_CHECK int users_walk(struct users *users, users_vmm_fn vmm, void *userdata);

/* Looks through one process only; returns 0 and what it has (the caller lets it go), or a negative errno. */
MUST_CHECK int users_look_at(pid_t pid, struct users *ret_users);

/*
 * Looks again at the processes that had one of these nodes, and drops what they no longer have:
 * cheaper than a walk, and as good for learning that a guest has ended.
 */
void users_forget_gone(struct users *users, const struct nodes *nodes);

void users_done(struct users *users);

/* Fills in the users of a device with these nodes, with what they are called. */
void users_of_device(const struct users *users, const struct nodes *nodes,
		     struct observed_device *device);

#endif
