/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/kernel-sysfs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon/kernel/events.h"

const struct kernel_option kernel_options[] = {
	{ NULL, NULL, NULL },
};

int kernel_set_option(const char *name, const char *value, char **ret_message)
{
	(void)value;
	if (asprintf(ret_message, "There is no option --%s.", name) < 0)
		*ret_message = NULL;
	return -EINVAL;
}

int kernel_open(const char *root, sd_event *loop, kernel_event_fn event, void *userdata,
		struct kernel **ret_kernel)
{
	struct kernel *kernel = calloc(1, sizeof(*kernel));
	int r;

	(void)root;	/* everything that is read here is the machine's own */
	if (!kernel)
		return -ENOMEM;
	*kernel = (struct kernel){
		.event = event, .userdata = userdata, .facility65 = -1, .kvm_stale = true,
		.memory = memory_shared(),
	};
	r = worker_new(loop, &kernel->worker);
	if (r >= 0)
		r = lookout_open(loop, kernel->worker,
				 &(struct lookout_events){ .used = events_on_used,
							   .found_dev = events_on_found_dev,
							   .userdata = kernel },
				 &kernel->lookout);
	if (r >= 0)
		r = memory_open(kernel->memory);
	if (r >= 0)
		r = recheck_open(loop, events_on_recheck, kernel, &kernel->recheck);
	if (r >= 0)
		r = watch_open(loop, events_on_watch, kernel, &kernel->watch);
	if (r >= 0)
		r = netlink_open(loop, events_on_uevent, kernel, &kernel->netlink);
	if (r >= 0)
		r = udev_input_open(loop, events_on_uevent, kernel, &kernel->udev);
	if (r < 0) {
		kernel_close(kernel);
		return r;
	}
	*ret_kernel = kernel;
	return 0;
}

void kernel_close(struct kernel *kernel)
{
	if (!kernel)
		return;
	udev_input_close(kernel->udev);
	netlink_close(kernel->netlink);
	watch_close(kernel->watch);
	recheck_close(kernel->recheck);
	lookout_close(kernel->lookout);
	worker_free(kernel->worker);
	memory_close(kernel->memory);
	free(kernel);
}
