/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/model/attribute.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/parse.h"

static const struct {
	const char *name;
	const char *folder;	/* a "%s" in it is the device's or the queue's name */
	enum { OF_HOST, OF_QUEUE, OF_DEVICE } of;
} table[ATTRIBUTES] = {
	[ATTRIBUTE_APMASK] = { "apmask", "/sys/bus/ap", OF_HOST },
	[ATTRIBUTE_AQMASK] = { "aqmask", "/sys/bus/ap", OF_HOST },
	[ATTRIBUTE_SCANS] = { "scans", "/sys/bus/ap", OF_HOST },
	[ATTRIBUTE_DRIVERS_PROBE] = { "drivers_probe", "/sys/bus/ap", OF_HOST },
	[ATTRIBUTE_POLL_THREAD] = { "poll_thread", "/sys/bus/ap", OF_HOST },
	[ATTRIBUTE_POLL_TIMEOUT] = { "poll_timeout", "/sys/bus/ap", OF_HOST },
	[ATTRIBUTE_USE_GISA] = { "use_gisa", "/sys/module/kvm/parameters", OF_HOST },
	[ATTRIBUTE_DRIVER_OVERRIDE] = { "driver_override", "/sys/bus/ap/devices/%s", OF_QUEUE },
	[ATTRIBUTE_UNBIND] = { "unbind", "/sys/bus/ap/devices/%s/driver", OF_QUEUE },
	[ATTRIBUTE_CREATE] = { "create",
			       "/sys/devices/vfio_ap/matrix/mdev_supported_types/vfio_ap-passthrough",
			       OF_HOST },
	[ATTRIBUTE_REMOVE] = { "remove", "/sys/devices/vfio_ap/matrix/%s", OF_DEVICE },
	[ATTRIBUTE_AP_CONFIG] = { "ap_config", "/sys/devices/vfio_ap/matrix/%s", OF_DEVICE },
	[ATTRIBUTE_ASSIGN_ADAPTER] = { "assign_adapter", "/sys/devices/vfio_ap/matrix/%s", OF_DEVICE },
	[ATTRIBUTE_UNASSIGN_ADAPTER] = { "unassign_adapter", "/sys/devices/vfio_ap/matrix/%s",
					 OF_DEVICE },
	[ATTRIBUTE_ASSIGN_DOMAIN] = { "assign_domain", "/sys/devices/vfio_ap/matrix/%s", OF_DEVICE },
	[ATTRIBUTE_UNASSIGN_DOMAIN] = { "unassign_domain", "/sys/devices/vfio_ap/matrix/%s", OF_DEVICE },
	[ATTRIBUTE_ASSIGN_CONTROL_DOMAIN] = { "assign_control_domain",
					      "/sys/devices/vfio_ap/matrix/%s", OF_DEVICE },
	[ATTRIBUTE_UNASSIGN_CONTROL_DOMAIN] = { "unassign_control_domain",
						"/sys/devices/vfio_ap/matrix/%s", OF_DEVICE },
};

const char *attribute_name(enum attribute attribute)
{
	return table[attribute].name;
}

enum attribute attribute_from_name(const char *name)
{
	enum attribute attribute = 0;

	while (attribute < ATTRIBUTES && strcmp(table[attribute].name, name) != 0)
		attribute++;
	return attribute;
}

bool attribute_is_of_device(enum attribute attribute)
{
	return table[attribute].of == OF_DEVICE;
}

bool attribute_is_of_queue(enum attribute attribute)
{
	return table[attribute].of == OF_QUEUE;
}

int attribute_apply(const struct attribute_write *write, struct matrix *matrix)
{
	struct mask *masks[] = {
		[ATTRIBUTE_ASSIGN_ADAPTER] = &matrix->adapters,
		[ATTRIBUTE_UNASSIGN_ADAPTER] = &matrix->adapters,
		[ATTRIBUTE_ASSIGN_DOMAIN] = &matrix->domains,
		[ATTRIBUTE_UNASSIGN_DOMAIN] = &matrix->domains,
		[ATTRIBUTE_ASSIGN_CONTROL_DOMAIN] = &matrix->control_domains,
		[ATTRIBUTE_UNASSIGN_CONTROL_DOMAIN] = &matrix->control_domains,
	};
	struct mask *mask = write->attribute < ARRAY_SIZE(masks) ? masks[write->attribute] : NULL;
	unsigned long id;

	if (!mask || parse_number(write->value, &id) < 0 || id >= APQN_IDS)
		return -EINVAL;
	if (write->attribute == ATTRIBUTE_ASSIGN_ADAPTER ||
	    write->attribute == ATTRIBUTE_ASSIGN_DOMAIN ||
	    write->attribute == ATTRIBUTE_ASSIGN_CONTROL_DOMAIN)
		mask_set(mask, id);
	else
		mask_clear(mask, id);
	return 0;
}

const char *attribute_path(const struct attribute_write *write, char path[static ATTRIBUTE_PATH_SIZE])
{
	const char *folder = table[write->attribute].folder;
	const char *hole = strstr(folder, "%s");
	char queue[APQN_TEXT_SIZE];
	const char *name = "";

	if (attribute_is_of_device(write->attribute))
		name = write->uuid.text;
	else if (attribute_is_of_queue(write->attribute))
		name = apqn_format(write->apqn, queue);
	snprintf(path, ATTRIBUTE_PATH_SIZE, "%.*s%s%s/%s",
		 hole ? (int)(hole - folder) : (int)strlen(folder), folder, name,
		 hole ? hole + strlen("%s") : "", attribute_name(write->attribute));
	return path;
}
