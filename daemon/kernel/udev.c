/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/udev.h"

#include <errno.h>
#include <libudev.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "common/cleanup.h"

DEFINE_CLEANUP(struct udev_device *, udev_device_unref);
DEFINE_CLEANUP(struct udev_enumerate *, udev_enumerate_unref);

/* As the kernel's own messages have it (see netlink.c). */
#define BUFFER_SIZE (16 << 20)

/* Most events in one go, so that the loop can do something else in between. */
#define BATCH 256

struct udev_input {
	struct udev *udev;
	struct udev_monitor *monitor;
	sd_event_source *source;
	udev_input_fn fn;
	void *userdata;
	bool overrun;		/* the buffer was full, and is not read empty yet (see netlink.c) */
};

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

/* Takes one event off the monitor; returns whether there may be more. */
static bool receive(struct udev_input *input)
{
	CLEANUP(udev_device_unrefp) struct udev_device *device = NULL;
	struct uevent uevent;

	errno = 0;
	device = udev_monitor_receive_device(input->monitor);
	if (!device && errno == ENOBUFS) {
		input->overrun = true;
		return true;
	}
	if (!device) {
		if (input->overrun)
			input->fn(input->userdata, NULL);
		input->overrun = false;
		return false;
	}
	if (input->overrun)
		return true;
	uevent = (struct uevent){
		.action = or_empty(udev_device_get_action(device)),
		.devpath = or_empty(udev_device_get_devpath(device)),
		.bindings = or_empty(udev_device_get_property_value(device, "BINDINGS")),
		.event = "",	/* virtual machines are told of by the kernel's messages */
	};
	input->fn(input->userdata, &uevent);
	return true;
}

static int on_input(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct udev_input *input = userdata;

	(void)source;
	(void)fd;
	(void)events;
	for (unsigned int i = 0; i < BATCH && receive(input); i++)
		;
	return 0;
}

static int open_monitor(struct udev_input *input)
{
	static const char *const subsystems[] = { "ap", "matrix", "mdev", "vfio", "vfio-dev" };
	int r;

	input->monitor = udev_monitor_new_from_netlink(input->udev, "udev");
	if (!input->monitor)
		return errno > 0 ? -errno : -ENOMEM;
	for (size_t i = 0; i < ARRAY_SIZE(subsystems); i++) {
		r = udev_monitor_filter_add_match_subsystem_devtype(input->monitor, subsystems[i],
								    NULL);
		if (r < 0)
			return r;
	}
	/* needs a privilege; without it the system's default has to do */
	(void)!udev_monitor_set_receive_buffer_size(input->monitor, BUFFER_SIZE);
	return udev_monitor_enable_receiving(input->monitor);
}

int udev_input_open(sd_event *loop, udev_input_fn fn, void *userdata, struct udev_input **ret_input)
{
	struct udev_input *input = calloc(1, sizeof(*input));
	int r;

	if (!input)
		return -ENOMEM;
	*input = (struct udev_input){ .udev = udev_new(), .fn = fn, .userdata = userdata };
	r = input->udev ? open_monitor(input) : -ENOMEM;
	if (r >= 0)
		r = sd_event_add_io(loop, &input->source, udev_monitor_get_fd(input->monitor),
				    EPOLLIN, on_input, input);
	if (r < 0) {
		udev_input_close(input);
		return r;
	}
	*ret_input = input;
	return 0;
}

void udev_input_close(struct udev_input *input)
{
	if (!input)
		return;
	sd_event_source_disable_unref(input->source);
	udev_monitor_unref(input->monitor);
	udev_unref(input->udev);
	free(input);
}

int udev_enumerate_names(struct udev_input *input, const char *subsystem, const char *pattern,
			 udev_name_fn fn, void *userdata)
{
	CLEANUP(udev_enumerate_unrefp) struct udev_enumerate *list = NULL;
	struct udev_list_entry *entry;
	int r;

	list = udev_enumerate_new(input->udev);
	if (!list)
		return -ENOMEM;
	r = udev_enumerate_add_match_subsystem(list, subsystem);
	if (r >= 0)
		r = udev_enumerate_add_match_sysname(list, pattern);
	if (r >= 0)
		r = udev_enumerate_scan_devices(list);
	if (r < 0)
		return r;
	udev_list_entry_foreach(entry, udev_enumerate_get_list_entry(list)) {
		const char *name = strrchr(udev_list_entry_get_name(entry), '/');

		r = name ? fn(userdata, name + 1) : 0;
		if (r < 0)
			return r;
	}
	return 0;
}
