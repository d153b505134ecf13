/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vfio_ap's debug log as text: which of its lines are about given queues or a device, and what
 * they mean.  A guest can put lines there at will, so it is read as anything that comes from outside.
 * Pure.
 */
#ifndef APQD_DAEMON_REPORT_DEBUG_LOG_H
#define APQD_DAEMON_REPORT_DEBUG_LOG_H

#include "common/queue-set.h"
#include "common/uuid.h"

/* The newest lines that are picked, and how long one may be with its meaning, in bytes with the NUL. */
#define DEBUG_LOG_LINES 20
#define DEBUG_LOG_LINE_SIZE 512

struct debug_log {
	char lines[DEBUG_LOG_LINES][DEBUG_LOG_LINE_SIZE];
	unsigned int count;
};

/*
 * Picks the newest lines of text that name one of the queues (apqn=0x0447, 04.0047) or the device
 * (NULL: none), the oldest first.  A line is shown as printable ASCII, cut where it is too long, and
 * followed by "; that is: " and its meaning where that is known.
 */
void debug_log_pick(const char *text, const struct queue_set *queues, const struct uuid *device,
		    struct debug_log *ret_log);

#endif
