/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Queues given to a driver one by one: driver_override (6.19+, ap_queue.c), and the driver
 * core's unbind and drivers_probe (drivers/base/bus.c).
 */
#ifndef APQD_TESTS_SIM_OVERRIDE_H
#define APQD_TESTS_SIM_OVERRIDE_H

#include "tests/sim/state.h"

/*
 * Sets or, by an empty line, clears the override; binds nothing.  Returns 0, -ENOENT where
 * the queue or the attribute is not there, -EINVAL while any bit of a mask is 0, or
 * -ENOMEM for one value too many.
 */
MUST_CHECK int override_write(struct sim_state *state, struct apqn apqn, const char *value);

/*
 * Takes the queue that value names from the driver that apqn has.  Returns 0, -ENOENT where
 * apqn has no driver, or -ENODEV where value is not the name of a queue of the same driver.
 */
MUST_CHECK int override_unbind(struct sim_state *state, struct apqn apqn, const char *value);

/*
 * Looks for a driver for the queue or card that value names.  Returns 0, also when none
 * took it, or -ENODEV for an unknown name.
 */
MUST_CHECK int override_probe(struct sim_state *state, const char *value);

#endif
