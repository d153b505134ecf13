/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/sim/rules.h"

#include <errno.h>

#include "tests/sim/hotplug.h"
#include "tests/sim/interrupts.h"
#include "tests/sim/masks.h"
#include "tests/sim/override.h"

/* Returns true if the file that is written exists. */
static bool attribute_exists(const struct sim_state *state, const struct attribute_write *write)
{
	if (write->attribute == ATTRIBUTE_USE_GISA)
		return state->kvm.loaded;
	if (!state->config.has_ap_bus)
		return false;
	if (attribute_is_of_queue(write->attribute))
		return sim_get_queue(state, write->apqn) != NULL;
	if (attribute_is_of_device(write->attribute))
		return sim_get_device(state, &write->uuid) != NULL;
	return write->attribute != ATTRIBUTE_CREATE || state->config.has_passthrough;
}

int rules_write(struct sim_state *state, const struct attribute_write *write)
{
	if (!attribute_exists(state, write))
		return -ENOENT;
	/* sysfs does not hand a write of nothing to the driver */
	if (!write->value[0])
		return 0;
	switch (write->attribute) {
	case ATTRIBUTE_APMASK:
		return masks_write_apmask(state, write->value);
	case ATTRIBUTE_AQMASK:
		return masks_write_aqmask(state, write->value);
	case ATTRIBUTE_SCANS:
		hotplug_scan(state);
		return 0;
	case ATTRIBUTE_DRIVERS_PROBE:
		return override_probe(state, write->value);
	case ATTRIBUTE_POLL_THREAD:
		return interrupts_write_poll_thread(state, write->value);
	case ATTRIBUTE_POLL_TIMEOUT:
		return interrupts_write_poll_timeout(state, write->value);
	case ATTRIBUTE_USE_GISA:
		return interrupts_write_use_gisa(state, write->value);
	case ATTRIBUTE_DRIVER_OVERRIDE:
		return override_write(state, write->apqn, write->value);
	case ATTRIBUTE_UNBIND:
		return override_unbind(state, write->apqn, write->value);
	case ATTRIBUTE_CREATE:
		return mdev_create(state, write->value);
	case ATTRIBUTE_REMOVE:
	case ATTRIBUTE_AP_CONFIG:
	case ATTRIBUTE_ASSIGN_ADAPTER:
	case ATTRIBUTE_UNASSIGN_ADAPTER:
	case ATTRIBUTE_ASSIGN_DOMAIN:
	case ATTRIBUTE_UNASSIGN_DOMAIN:
	case ATTRIBUTE_ASSIGN_CONTROL_DOMAIN:
	case ATTRIBUTE_UNASSIGN_CONTROL_DOMAIN:
		return mdev_write(state, write);
	case ATTRIBUTES:
		break;
	}
	return -ENOENT;
}
