/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/sim/masks.h"

#include <errno.h>
#include <string.h>

#include "common/parse.h"
#include "tests/sim/bus.h"

/* vfio_ap_mdev_resource_in_use() */
static bool is_in_use(const struct sim_state *state, const struct mask *adapters,
		      const struct mask *domains)
{
	struct matrix wanted = { .adapters = *adapters, .domains = *domains };

	for (uint32_t i = 0; i < state->devices_count; i++)
		if (matrix_overlaps(&state->devices[i].matrix, &wanted, NULL))
			return true;
	return false;
}

/* Both stores; own is the mask to change and other the one of the other axis. */
static int write_mask(struct sim_state *state, const char *value, struct mask *own,
		      const struct mask *other)
{
	struct mask new, reserved, all;
	int r;

	if (state->overrides_active > 0)
		return -EINVAL;
	r = parse_mask(value, own, &new);
	if (r < 0)
		return r;
	if (!mask_equal(&new, own)) {
		reserved = mask_minus(&new, own);
		if (state->config.mask_rules_per_axis)
			other = memset(&all, 0xff, sizeof(all));
		/* before Linux 6.0 the bus asks nobody */
		if (state->config.has_hotplug &&
		    is_in_use(state, own == &state->apmask ? &reserved : other,
			      own == &state->apmask ? other : &reserved))
			return -EBUSY;
		*own = new;
		bus_revise(state);
	}
	sim_note_host(state);
	return 0;
}

int masks_write_apmask(struct sim_state *state, const char *value)
{
	return write_mask(state, value, &state->apmask, &state->aqmask);
}

int masks_write_aqmask(struct sim_state *state, const char *value)
{
	return write_mask(state, value, &state->aqmask, &state->apmask);
}
