/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The processes that have devices open, as VMMs do.  One that died has closed its device,
 * whether it said so or not.
 */
#ifndef APQD_TESTS_SIM_HOLDERS_H
#define APQD_TESTS_SIM_HOLDERS_H

#include <sys/types.h>

#include "tests/sim/state.h"

/*
 * This process opens the device.  Returns 0 and the device's serial, -ENOENT where it is
 * not there, -EBUSY while a process has it open, or -ENFILE when too many devices are open at
 * once.
 */
MUST_CHECK int holders_open(struct sim_state *state, const struct uuid *uuid, uint64_t *ret_serial);

/* This process closes what it has opened. */
void holders_close(struct sim_state *state, uint64_t serial);

/* Returns true if the process is still there. */
bool holders_is_alive(const struct sim_holder *holder);

/* Returns true if some holder died; holders_reap() closes what the dead had open. */
bool holders_any_dead(const struct sim_state *state);
void holders_reap(struct sim_state *state);

#endif
