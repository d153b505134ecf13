/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * udev: its events, which come after its rules have run, and its enumeration of devices.
 */
#ifndef APQD_DAEMON_KERNEL_UDEV_H
#define APQD_DAEMON_KERNEL_UDEV_H

#include <systemd/sd-event.h>

#include "common/macro.h"
#include "daemon/kernel/uevent.h"

struct udev_input;

/* Is told of each event; NULL: some were lost. */
typedef void (*udev_input_fn)(void *userdata, const struct uevent *uevent);

/* Returns 0 and the new monitor, which stays silent where no udevd runs; or a negative errno. */
MUST_CHECK int udev_input_open(sd_event *loop, udev_input_fn fn, void *userdata,
			       struct udev_input **ret_input);

/* Takes NULL too. */
void udev_input_close(struct udev_input *input);

/* Is told the name of one device, for example "card00"; returns 0, or a negative errno to stop. */
typedef int (*udev_name_fn)(void *userdata, const char *name);

/*
 * Runs through the devices of a subsystem whose names match the pattern, in the order of
 * their paths.  Returns 0, what fn returned, or a negative errno; a subsystem that is not
 * there has no devices.
 */
MUST_CHECK int udev_enumerate_names(struct udev_input *input, const char *subsystem,
				    const char *pattern, udev_name_fn fn, void *userdata);

#endif
