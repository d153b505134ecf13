/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Turns the reports of the inputs into events of the seam, and has the inputs watch every queue and
 * device that exists.
 */
#ifndef APQD_DAEMON_KERNEL_EVENTS_H
#define APQD_DAEMON_KERNEL_EVENTS_H

#include "daemon/kernel/kernel-sysfs.h"

/* The inputs' callbacks; userdata is the struct kernel. */
void events_on_uevent(void *userdata, const struct uevent *uevent);
void events_on_watch(void *userdata, const struct watch_key *key, const char *name, bool created);
void events_on_recheck(void *userdata, const struct uuid *uuid, bool with_users);

/* Callbacks of the lookout (struct lookout_events). The second one watches the private /dev of a VMM. */
void events_on_used(void *userdata, dev_t node);
bool events_on_found_dev(void *userdata, pid_t pid, const int fds[LOOKOUT_DIRECTORIES]);

/*
 * Watch the directories of the host, of a queue, of a device.  What is not there is no
 * failure.  Return 0 or a negative errno (see watch_add()).
 */
MUST_CHECK int events_watch_host(struct kernel *kernel);
MUST_CHECK int events_watch_queue(struct kernel *kernel, struct apqn apqn);
MUST_CHECK int events_watch_device(struct kernel *kernel, const struct uuid *uuid);

/* Stop watching a queue or a device that is gone. */
void events_forget_queue(struct kernel *kernel, struct apqn apqn);
void events_forget_device(struct kernel *kernel, const struct uuid *uuid);

#endif
