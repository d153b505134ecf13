/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds the processes that have nodes of vfio open, by walks through /proc.  Only the threads of
 * lookout.c call the functions that read: other users' processes can slow /proc down, and parts of
 * it hang.
 *
 * Numbers tell the nodes apart, not paths: a VMM may have a /dev of its own (libvirt gives it one).
 */
#ifndef APQD_DAEMON_KERNEL_HOLDERS_H
#define APQD_DAEMON_KERNEL_HOLDERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/macro.h"
#include "daemon/kernel/vfio-nodes.h"
#include "daemon/model/observed.h"

/* Most open nodes that are noted; a host has a few for each guest. */
#define HOLDERS_MAX 65536

/*
 * Most descriptors that are looked at: of one process, and in one walk.  A VMM has some hundred; a
 * process with more than that hides its nodes, but keeps nobody from finding the others'.
 */
#define HOLDERS_DESCRIPTORS_MAX 32768u
#define HOLDERS_WALK_MAX (4u << 20)

struct holders_entry {
	pid_t pid;
	uint64_t start;		/* of the process, in ticks since boot: tells those with one pid apart */
	dev_t node;
	char command[sizeof(((struct observed_user *)NULL)->command)];
};

/* All zero at first. */
struct holders {
	struct holders_entry *entries;	/* by process, in the order of their numbers */
	size_t count, size;
	size_t looked;			/* at so many descriptors */
};

/* Is told of each process that has a virtual machine or a node of vfio, once. */
typedef void (*holders_vmm_fn)(void *userdata, pid_t pid);

/* /proc, but in tests. */
extern const char *holders_proc;

/*
 * Walks through the processes behind `after`, and adds what they have; *ret_last is the last process that
 * was looked at, or 0 when there are no more.  This process is left out, and so are those that may not be
 * looked into.  Returns 0, or the negative errno of /proc, or of what kept a process from being looked at
 * for a moment.
 */
MUST_CHECK int holders_walk(struct holders *holders, pid_t after, holders_vmm_fn vmm, void *userdata,
			  pid_t *ret_last);

/* Looks through one process only, and adds what it has.  Returns as holders_walk(). */
MUST_CHECK int holders_look_at(struct holders *holders, pid_t pid, holders_vmm_fn vmm, void *userdata);

/*
 * Puts what was found in the place of what users has of the processes from `first` to `last`; found is
 * empty then.  Returns 0 or -ENOMEM: then nothing has changed.
 */
MUST_CHECK int holders_replace(struct holders *holders, pid_t first, pid_t last,
			       struct holders *found);

/*
 * Returns true if there is no such process any more.  Asks for the name of its directory only, which no
 * process can slow.
 */
bool holders_is_gone(pid_t pid);

/* Returns true if the process has the node open. */
bool holders_has(const struct holders *holders, pid_t pid, dev_t node);

void holders_done(struct holders *holders);

#endif
