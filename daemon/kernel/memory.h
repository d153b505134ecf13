/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Remembers the matrices of devices that cannot be read, for as long as nobody else writes to them.
 * apqd counts its own writes, and inotify reports every write: as long as both agree, nobody else
 * has written.  Two programs that write to one attribute of a device at the very same time may look
 * like one.
 */
#ifndef APQD_DAEMON_KERNEL_MEMORY_H
#define APQD_DAEMON_KERNEL_MEMORY_H

#include <stdbool.h>

#include "common/macro.h"
#include "common/matrix.h"
#include "daemon/model/attribute.h"
#include "daemon/model/observed.h"

struct memory;

/*
 * The one of this process: a write may go on after all else has been closed.  All of the following
 * may be called from any thread.
 */
struct memory *memory_shared(void);

/* Begin and end it.  Before and after, nothing is known.  The first returns 0 or a negative errno. */
MUST_CHECK int memory_open(struct memory *memory);
void memory_close(struct memory *memory);

/*
 * Begins to look after the device whose directory is open in fd; from now on writes to it are seen.
 * Returns 0 or a negative errno: then it is not remembered.
 */
MUST_CHECK int memory_watch(struct memory *memory, const struct uuid *uuid, int fd);
void memory_forget(struct memory *memory, const struct uuid *uuid);

/*
 * Returns how many writes to the device others have made since memory_watch(); 0 without a watch.
 */
unsigned int memory_others(struct memory *memory, const struct uuid *uuid);

/*
 * Remembers matrix as that of the device, unless the count of memory_others() is no longer others.
 */
void memory_put(struct memory *memory, const struct uuid *uuid, unsigned int others,
		const struct matrix *matrix);

/* Returns 0 and what it has, or -ENODATA where that is not known any more. */
MUST_CHECK int memory_get(struct memory *memory, const struct uuid *uuid,
			  struct matrix *ret_matrix);

/* Something shows that the device cannot have what is remembered. */
void memory_doubt(struct memory *memory, const struct uuid *uuid);

/* Around each write of ours; opened: whether it came to the attribute; r: what the kernel answered. */
void memory_begin(struct memory *memory, const struct attribute_write *write);
void memory_end(struct memory *memory, const struct attribute_write *write, bool opened, int r);

/*
 * The identity of the device whose directory is open in fd: of this boot, of its directory's inode, and
 * of the times of the attributes that change it, which most programs set by opening them to be truncated.
 * The times are set to what they are, for else they last no longer than the kernel's cache of inodes.
 * Returns 0 or a negative errno.
 */
MUST_CHECK int memory_identity(int fd, char ret_text[static OBSERVED_IDENTITY_SIZE]);

#endif
