/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Looks through other users' processes on threads, because these processes can delay or block a
 * look.  Finds the open nodes of vfio, the guests, and the VMMs with a /dev of their own.
 *
 * One look at a time goes through descriptors, and then rests for longer than it took.  A process
 * that makes virtual machines in a row thus gets only a fraction of one processor.  A thread of its
 * own asks once for the name of each guest, and may hang as long as the process likes.  The number
 * of such threads is limited.
 */
#ifndef APQD_DAEMON_KERNEL_LOOKOUT_H
#define APQD_DAEMON_KERNEL_LOOKOUT_H

#include <stdbool.h>
#include <systemd/sd-event.h>

#include "common/macro.h"
#include "daemon/kernel/holders.h"
#include "daemon/worker.h"

/* The directories of a VMM's own /dev: itself, and those of VFIO_NODES_GROUPS and VFIO_NODES_DEVICES. */
#define LOOKOUT_DIRECTORIES 3


/* All are called on the loop. */
struct lookout_events {
	/* A process has got the node, or has it no more, or is called something else. */
	void (*used)(void *userdata, dev_t node);
	/*
	 * A VMM has a /dev of its own: fds are its directories, or -1; they are closed afterwards.  Returns
	 * whether that is news: then the process is looked at again, for what it has opened meanwhile.
	 */
	bool (*found_dev)(void *userdata, pid_t pid, const int fds[LOOKOUT_DIRECTORIES]);
	void *userdata;
};

struct lookout;

MUST_CHECK int lookout_open(sd_event *loop, struct worker *worker, const struct lookout_events *events,
			    struct lookout **ret_lookout);

/* Takes NULL too.  A thread that hangs is left to itself. */
void lookout_close(struct lookout *lookout);

/* All processes are looked through, soon; or one, or all that had one of the nodes when last looked at. */
void lookout_at_all(struct lookout *lookout);
void lookout_at_process(struct lookout *lookout, pid_t pid);
void lookout_at_users(struct lookout *lookout, const struct vfio_nodes *nodes);

/* Returns true if a thread looks at processes or reads a name; either may hang. */
bool lookout_is_at_work(const struct lookout *lookout);

/* Returns how many looks have begun. */
unsigned int lookout_count(const struct lookout *lookout);

/* Returns the findings so far. Borrowed. */
const struct holders *lookout_users(const struct lookout *lookout);

/* Fills in the users of a device with these nodes, with what they are called. */
void lookout_fill_users(const struct lookout *lookout, const struct vfio_nodes *nodes,
			struct observed_device *device);

#endif
