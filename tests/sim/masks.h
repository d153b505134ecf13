/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes to apmask and aqmask: apmask_store() and aqmask_store() of ap_bus.c.
 */
#ifndef APQD_TESTS_SIM_MASKS_H
#define APQD_TESTS_SIM_MASKS_H

#include "tests/sim/state.h"

/*
 * Returns 0; -EINVAL for a malformed value, or (7.2) while some driver_override is set; or
 * -EBUSY where queues of a device would become the host's: in 6.12 really, in 7.2 by
 * their adapter (apmask) or domain (aqmask) alone.
 */
MUST_CHECK int masks_write_apmask(struct sim_state *state, const char *value);
MUST_CHECK int masks_write_aqmask(struct sim_state *state, const char *value);

#endif
