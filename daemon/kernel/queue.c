/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/queue.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "daemon/kernel/sysfs.h"

const char *queue_path(struct apqn apqn, char path[static QUEUE_PATH_SIZE])
{
	char text[APQN_TEXT_SIZE];

	snprintf(path, QUEUE_PATH_SIZE, SYSFS_AP "/card%02x/%s", apqn.adapter,
		 apqn_format(apqn, text));
	return path;
}

int queue_open(struct apqn apqn)
{
	char path[QUEUE_PATH_SIZE];
	CLEANUP_CLOSE int fd = sysfs_open(queue_path(apqn, path));
	struct sysfs_dir dir = { .fd = fd };

	if (fd < 0)
		return fd;
	if (!sysfs_link_is(&dir, "subsystem", "ap"))
		return dir.failure < 0 ? dir.failure : -ENOENT;
	return TAKE_FD(fd);
}

/* vfio_ap's words (AP_QUEUE_ASSIGNED and so on in vfio_ap_ops.c). */
static int read_status(struct sysfs_dir *dir, enum queue_status *ret_status)
{
	static const char *const words[] = {
		[QUEUE_STATUS_UNASSIGNED] = "unassigned",
		[QUEUE_STATUS_ASSIGNED] = "assigned",
		[QUEUE_STATUS_IN_USE] = "in use",
	};
	char text[16];
	int r = sysfs_read(dir, "status", text, sizeof(text));

	if (r < 0)
		return r;
	for (size_t i = QUEUE_STATUS_UNASSIGNED; i < ARRAY_SIZE(words); i++) {
		if (strcmp(text, words[i]) == 0) {
			*ret_status = i;
			return 0;
		}
	}
	return -EBADMSG;
}

/* The words of interrupt_show() in ap_queue.c; a third says that it is being switched on. */
static int8_t read_interrupt(struct sysfs_dir *dir)
{
	char text[40];

	if (sysfs_read(dir, "interrupt", text, sizeof(text)) < 0)
		return -1;
	if (strcmp(text, "Interrupts enabled.") == 0)
		return 1;
	return strcmp(text, "Interrupts disabled.") == 0 ? 0 : -1;
}

static void read_override(struct sysfs_dir *dir, char *ret_text, size_t size)
{
	int r = sysfs_read(dir, "driver_override", ret_text, size);

	/* some kernels print a missing one as printf() does */
	if (r < 0 || strcmp(ret_text, "(null)") == 0)
		ret_text[0] = '\0';
}

int queue_read(struct apqn apqn, struct observed_queue *ret_queue)
{
	struct observed_queue queue = {
		.apqn = apqn,
		.configured = true,	/* as for a card */
		.online = -1,
	};
	CLEANUP_CLOSE int fd = queue_open(apqn);
	struct sysfs_dir dir = { .fd = fd };
	bool online;
	int r;

	if (fd < 0)
		return fd;
	r = sysfs_read_link(&dir, "driver", queue.driver, sizeof(queue.driver));
	if (r < 0 && r != -ENOENT)
		return r;
	read_override(&dir, queue.override, sizeof(queue.override));
	r = read_status(&dir, &queue.status);
	if (r < 0 && r != -ENOENT)
		return r;
	(void)!sysfs_read_flag(&dir, "config", &queue.configured);
	(void)!sysfs_read_flag(&dir, "chkstop", &queue.checkstopped);
	if (sysfs_read_flag(&dir, "online", &online) == 0)
		queue.online = online;
	queue.interrupt = read_interrupt(&dir);
	if (dir.failure < 0)
		return dir.failure;
	*ret_queue = queue;
	return 0;
}

int queue_read_use(struct observed_queue *queue)
{
	CLEANUP_CLOSE int fd = queue_open(queue->apqn);
	struct sysfs_dir dir = { .fd = fd };
	enum queue_status status;
	int r;

	if (fd < 0)
		return fd;
	r = read_status(&dir, &status);
	if (r < 0)
		return r;
	queue->status = status;
	queue->interrupt = read_interrupt(&dir);
	return dir.failure;
}

int queue_has_override(struct apqn apqn)
{
	CLEANUP_CLOSE int fd = queue_open(apqn);
	struct sysfs_dir dir = { .fd = fd };

	if (fd < 0)
		return fd;
	return sysfs_has(&dir, "driver_override") ? 1 : dir.failure;
}
