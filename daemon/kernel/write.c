/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes to the kernel, and the reading back of what they did (see kernel.h).  All run on
 * any thread: they use no part of struct kernel and open what they need for each call.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "daemon/kernel/device.h"
#include "daemon/kernel/kernel.h"
#include "daemon/kernel/memory.h"
#include "daemon/kernel/queue.h"
#include "daemon/kernel/remove.h"
#include "daemon/kernel/sysfs.h"

/* How often what could not be read back is read again, and after how many microseconds. */
#define READ_AGAIN 20
#define READ_PAUSE 50000u

/* The driver that has the queue; its directory is behind a link. */
static int open_driver(struct apqn apqn)
{
	CLEANUP_CLOSE int queue = queue_open(apqn);
	int driver;

	if (queue < 0)
		return queue;
	driver = openat(queue, "driver", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return driver < 0 ? -errno : driver;
}

/* Opens the directory of the attribute, after a look whether it is the right thing's. */
static int open_target(const struct attribute_write *write)
{
	char path[ATTRIBUTE_PATH_SIZE];

	if (attribute_is_of_device(write->attribute))
		return device_open(&write->uuid);
	if (write->attribute == ATTRIBUTE_UNBIND)
		return open_driver(write->apqn);
	if (attribute_is_of_queue(write->attribute))
		return queue_open(write->apqn);
	attribute_path(write, path);
	*strrchr(path, '/') = '\0';
	return sysfs_open(path);
}

/*
 * A device that we have made has nothing, unless somebody has written to it before it was watched: so
 * it is read once, while it can have no more queues than there was time for.
 */
static void remember_new(const struct attribute_write *write)
{
	CLEANUP_CLOSE int fd = -1;
	struct sysfs_dir dir = { 0 };
	struct uuid uuid;
	struct matrix matrix;
	unsigned int others;

	if (uuid_parse(write->value, &uuid) < 0)
		return;
	fd = device_open(&uuid);
	dir.fd = fd;
	if (fd < 0 || sysfs_has(&dir, "ap_config") || memory_watch(memory_shared(), &uuid, fd) < 0)
		return;
	others = memory_others(memory_shared(), &uuid);
	if (device_read_listed(&dir, &matrix) == 0)
		memory_put(memory_shared(), &uuid, others, &matrix);
}

int kernel_write(struct kernel *kernel, const struct attribute_write *write)
{
	CLEANUP_CLOSE int fd = -1;
	CLEANUP_CLOSE int again = -1;
	bool opened = false;
	int r;

	(void)kernel;
	if (write->attribute == ATTRIBUTE_REMOVE)
		return remove_device(&write->uuid, write->value);
	fd = open_target(write);
	if (fd < 0)
		return fd;
	memory_begin(memory_shared(), write);
	r = sysfs_write(fd, attribute_name(write->attribute), write->value, &opened);
	memory_end(memory_shared(), write, opened, r);
	if (r == 0 && write->attribute == ATTRIBUTE_CREATE)
		remember_new(write);
	/* ENODEV is the answer to an id above the maximum, but also when the thing has just gone */
	if (r == -ENODEV && (again = open_target(write)) == -ENOENT)
		return -ENOENT;
	return r;
}

static int read_matrix(const struct uuid *uuid, struct matrix *ret_matrix)
{
	CLEANUP_CLOSE int fd = device_open(uuid);
	struct sysfs_dir dir = { .fd = fd };

	return fd < 0 ? fd : device_read_matrix(&dir, ret_matrix);
}

int kernel_read_matrix(struct kernel *kernel, const struct uuid *uuid, struct matrix *ret_matrix)
{
	int r = read_matrix(uuid, ret_matrix);

	(void)kernel;
	/* What was written stands or falls by this. */
	for (unsigned int i = 0; i < READ_AGAIN && r < 0 && io_is_of_the_moment(-r); i++) {
		usleep(READ_PAUSE);
		r = read_matrix(uuid, ret_matrix);
	}
	return r;
}

int kernel_read_binding(struct kernel *kernel, struct apqn apqn,
			struct kernel_binding *ret_binding)
{
	struct kernel_binding binding;
	struct observed_queue queue;
	int r = queue_read(apqn, &queue);

	(void)kernel;
	if (r < 0)
		return r;
	_Static_assert(sizeof(binding.driver) >= sizeof(queue.driver), "a name may be cut");
	strcpy(binding.driver, queue.driver);
	binding.status = queue.status;
	*ret_binding = binding;
	return 0;
}
