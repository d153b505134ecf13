/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Watched directories (inotify): what other programs write to sysfs, and which nodes they
 * open, makes no uevent but shows here.
 */
#ifndef APQD_DAEMON_KERNEL_WATCH_H
#define APQD_DAEMON_KERNEL_WATCH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

#include "common/apqn.h"
#include "common/macro.h"
#include "common/uuid.h"

enum watch_kind {
	WATCH_BUS,	/* /sys/bus/ap: the masks and other attributes */
	WATCH_KVM,	/* kvm's parameters */
	WATCH_QUEUE,	/* a queue's attributes */
	WATCH_DEVICE,	/* a device's attributes */
	WATCH_DEV,	/* /dev, the host's or a VMM's own: /dev/vfio may come */
	WATCH_GROUPS,	/* /dev/vfio: the nodes of groups are opened and closed */
	WATCH_NODES,	/* /dev/vfio/devices: those of devices are */
	WATCH_KINDS
};

/* What a watched directory is. */
struct watch_key {
	enum watch_kind kind;
	struct apqn apqn;	/* of a queue */
	struct uuid uuid;	/* of a device */
	pid_t pid;		/* the VMM whose /dev it is; 0: the host's */
};

/*
 * Is told that something happened to the entry of that name in the directory of key; created
 * says that it is new there.  A NULL key: some were lost.  New watches may be added from it.
 */
typedef void (*watch_fn)(void *userdata, const struct watch_key *key, const char *name,
			 bool created);

struct watch;

/* Returns 0 and a set that watches nothing yet, or a negative errno. */
MUST_CHECK int watch_open(sd_event *loop, watch_fn fn, void *userdata, struct watch **ret_watch);

/* Takes NULL too. */
void watch_close(struct watch *watch);

/*
 * Watches the directory at path.  Returns 1, or 0 if it is watched already, or a negative errno:
 * -ENOENT if it is missing, -ENOSPC if the system's limit of watches (fs.inotify.max_user_watches)
 * is used up.
 */
MUST_CHECK int watch_add(struct watch *watch, const char *path, const struct watch_key *key);

/* Stops watching what has this key; one that is not watched is no failure. */
void watch_forget(struct watch *watch, const struct watch_key *key);

/* Everything that is not added again between the two calls is forgotten by the second. */
void watch_sweep_begin(struct watch *watch);
void watch_sweep_end(struct watch *watch);

#endif
