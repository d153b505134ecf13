/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/conformance/hardware.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"

static int write_file(const char *path, const char *text)
{
	CLEANUP_CLOSE int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	return write(fd, text, strlen(text)) < 0 ? -errno : 0;
}

int hardware_open(const char *root)
{
	(void)root;
	/* the bus is to scan when it is told to; on its own, every 120 s is as rare as it can be */
	return write_file("/sys/bus/ap/config_time", "120");
}

void hardware_close(void)
{
	/* the kernel's own default; if it fails, the bus scans less often, no more */
	(void)!write_file("/sys/bus/ap/config_time", "30");
}

int hardware_command(const char *command)
{
	return write_file("/sys/kernel/debug/apsim/ctl", command);
}

void hardware_settle(void)
{
	/* the bus polls a queue it has reset every few microseconds, until it has its interrupts */
	nanosleep(&(struct timespec){ .tv_nsec = 50 * 1000 * 1000 }, NULL);
}
