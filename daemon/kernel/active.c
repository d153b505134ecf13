/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/active.h"

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "daemon/kernel/device.h"
#include "daemon/kernel/queue.h"
#include "daemon/kernel/sysfs.h"
#include "daemon/model/unknown.h"

/*
 * Reads the use of the queues that vfio_ap has again: the kernel sends no event about it.  Returns
 * 0 or the first negative errno other than -ENOENT.
 */
static int reread_use(struct observed *observed)
{
	int result = 0;

	for (unsigned int adapter = 0; adapter < APQN_IDS; adapter++)
		MASK_FOR_EACH(domain, &observed->queues[adapter]) {
			struct apqn apqn = { .adapter = adapter, .domain = domain };
			struct observed_queue queue = *observed_find_queue(observed, apqn);
			int r = queue.status == QUEUE_STATUS_NONE ? 0 : queue_read_use(&queue);

			/* A queue that is gone has an event of its own. */
			if (r == 0)
				r = observed_put_queue(observed, &queue);
			if (result == 0 && r != -ENOENT)
				result = r;
		}
	return result;
}

/*
 * Reads it where the queues say that it is small enough, and only while nobody writes to it: what
 * they said then still is so, but for as much as unknown_bound() leaves room for.
 */
static int read_small(struct kernel *kernel, struct observed *observed, const struct uuid *uuid,
		      struct sysfs_dir *dir, struct matrix *ret_matrix)
{
	unsigned int others = memory_others(kernel->memory, uuid);
	int r = reread_use(observed);

	if (r < 0)
		return r;
	if (unknown_bound(observed, uuid) > DEVICE_LISTING_MAX ||
	    memory_others(kernel->memory, uuid) != others)
		return -ENODATA;
	return device_read_listed(dir, ret_matrix);
}

/*
 * Returns true if vfio_ap reports a queue of matrix as unassigned.  A queue whose reading
 * fails is a failure of dir, because the queue could contradict the matrix.
 */
static bool is_contradicted(struct observed *observed, struct sysfs_dir *dir,
			    const struct matrix *matrix)
{
	MATRIX_FOR_EACH_QUEUE(adapter, domain, matrix) {
		struct apqn apqn = { .adapter = adapter, .domain = domain };
		const struct observed_queue *known = observed_find_queue(observed, apqn);
		struct observed_queue queue;
		int r;

		if (!known || known->status != QUEUE_STATUS_UNASSIGNED)
			continue;
		/* The kernel sends no event about the use, so an earlier reading does not count. */
		queue = *known;
		r = queue_read_use(&queue);
		if (r == 0 && queue.status == QUEUE_STATUS_UNASSIGNED)
			return true;
		if (r < 0)
			sysfs_note(dir, -r);
	}
	return false;
}

/*
 * Finds the matrix of a device when the masks alone do not make reading harmless: by memory, or
 * from the state of its queues.  Returns as active_read().
 */
static int read_unlisted(struct kernel *kernel, struct observed *observed, const struct uuid *uuid,
			 struct sysfs_dir *dir, struct observed_device *device)
{
	unsigned int others;
	int r = memory_watch(kernel->memory, uuid, dir->fd);

	if (r < 0)
		return r;
	r = memory_get(kernel->memory, uuid, &device->active);
	if (r == 0 && is_contradicted(observed, dir, &device->active)) {
		memory_doubt(kernel->memory, uuid);
		r = -ENODATA;
	}
	device->remembered = r == 0;
	if (device->remembered)
		return memory_identity(dir->fd, device->identity);
	others = memory_others(kernel->memory, uuid);
	r = read_small(kernel, observed, uuid, dir, &device->active);
	if (r == 0)
		memory_put(kernel->memory, uuid, others, &device->active);
	return r;
}

int active_read(struct kernel *kernel, struct observed *observed, const struct uuid *uuid,
		struct sysfs_dir *dir, struct observed_device *device)
{
	unsigned int others = 0;
	int r;

	/* With ap_config, which can always be read, there is nothing to remember. */
	if (!observed->host.has_ap_config && !sysfs_has(dir, "ap_config")) {
		/* One that is not watched can still be read. */
		(void)!memory_watch(kernel->memory, uuid, dir->fd);
		others = memory_others(kernel->memory, uuid);
	}
	r = device_read_matrix(dir, &device->active);
	if (r == -ENODATA)
		return read_unlisted(kernel, observed, uuid, dir, device);
	if (r == 0)
		memory_put(kernel->memory, uuid, others, &device->active);
	return r;
}

void kernel_recall(struct kernel *kernel, const struct uuid *uuid, const char *identity,
		   const struct matrix *matrix)
{
	CLEANUP_CLOSE int fd = device_open(uuid);
	char now[OBSERVED_IDENTITY_SIZE];
	unsigned int others;

	if (fd < 0 || memory_watch(kernel->memory, uuid, fd) < 0)
		return;
	others = memory_others(kernel->memory, uuid);
	if (memory_identity(fd, now) == 0 && strcmp(now, identity) == 0)
		memory_put(kernel->memory, uuid, others, matrix);
}

void kernel_doubt(struct kernel *kernel, const struct uuid *uuid)
{
	memory_doubt(kernel->memory, uuid);
}
