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

	if (fd < 0)
		return fd;
	if (!sysfs_link_is(fd, "subsystem", "ap")) {
		int r = sysfs_failure();

		return r < 0 ? r : -ENOENT;
	}
	return TAKE_FD(fd);
}

/* vfio_ap's words (AP_QUEUE_ASSIGNED and so on in vfio_ap_ops.c). */
static int read_status(int fd, enum queue_status *ret_status)
{
	static const char *const words[] = {
		[QUEUE_STATUS_UNASSIGNED] = "unassigned",
		[QUEUE_STATUS_ASSIGNED] = "assigned",
		[QUEUE_STATUS_IN_USE] = "in use",
	};
	char text[16];
	int r = sysfs_read(fd, "status", text, sizeof(text));

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
static int8_t read_interrupt(int fd)
{
	char text[40];

	if (sysfs_read(fd, "interrupt", text, sizeof(text)) < 0)
		return -1;
	if (strcmp(text, "Interrupts enabled.") == 0)
		return 1;
	return strcmp(text, "Interrupts disabled.") == 0 ? 0 : -1;
}

static void read_override(int fd, char *ret_text, size_t size)
{
	int r = sysfs_read(fd, "driver_override", ret_text, size);

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
	bool online;
	int r;

	sysfs_begin();
	if (fd < 0)
		return fd;
	r = sysfs_read_link(fd, "driver", queue.driver, sizeof(queue.driver));
	if (r < 0 && r != -ENOENT)
		return r;
	read_override(fd, queue.override, sizeof(queue.override));
	r = read_status(fd, &queue.status);
	if (r < 0 && r != -ENOENT)
		return r;
	(void)!sysfs_read_flag(fd, "config", &queue.configured);
	(void)!sysfs_read_flag(fd, "chkstop", &queue.checkstopped);
	if (sysfs_read_flag(fd, "online", &online) == 0)
		queue.online = online;
	queue.interrupt = read_interrupt(fd);
	r = sysfs_take_failure();
	if (r < 0)
		return r;
	*ret_queue = queue;
	return 0;
}

int queue_read_use(struct observed_queue *queue)
{
	CLEANUP_CLOSE int fd = queue_open(queue->apqn);
	enum queue_status status;
	int r;

	sysfs_begin();
	if (fd < 0)
		return fd;
	r = read_status(fd, &status);
	if (r < 0)
		return r;
	queue->status = status;
	queue->interrupt = read_interrupt(fd);
	return sysfs_take_failure();
}

bool queue_has_override(struct apqn apqn)
{
	CLEANUP_CLOSE int fd = queue_open(apqn);

	return fd >= 0 && sysfs_has(fd, "driver_override");
}
