/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes events of the seam out of what the inputs tell, and sees to it that the inputs
 * look at everything that is there.
 */
#ifndef APQD_DAEMON_KERNEL_HINTS_H
#define APQD_DAEMON_KERNEL_HINTS_H

#include "daemon/kernel/kernel-sysfs.h"

/* The inputs' callbacks; userdata is the struct kernel. */
void hints_on_uevent(void *userdata, const struct uevent *uevent);
void hints_on_watch(void *userdata, const struct watch_key *key, const char *name, bool created);
void hints_on_later(void *userdata, const struct uuid *uuid, bool with_users);

/* Of the lookout (struct lookout_events): the second watches the /dev that a VMM has for itself. */
void hints_on_used(void *userdata, dev_t node);
bool hints_on_found_dev(void *userdata, pid_t pid, const int fds[LOOKOUT_DIRECTORIES]);

/*
 * Watch the directories of the host, of a queue, of a device.  What is not there is no
 * failure.  Return 0 or a negative errno (see watch_add()).
 */
MUST_CHECK int hints_watch_host(struct kernel *kernel);
MUST_CHECK int hints_watch_queue(struct kernel *kernel, struct apqn apqn);
MUST_CHECK int hints_watch_device(struct kernel *kernel, const struct uuid *uuid);

/* They are gone. */
void hints_forget_queue(struct kernel *kernel, struct apqn apqn);
void hints_forget_device(struct kernel *kernel, const struct uuid *uuid);

#endif
