/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One write to any attribute, whoever does it.
 */
#ifndef APQD_TESTS_SIM_RULES_H
#define APQD_TESTS_SIM_RULES_H

#include "tests/sim/mdev.h"
#include "tests/sim/state.h"

/*
 * Changes the state as the kernel would.  Returns 0, MDEV_WAIT, or the kernel's answer as a
 * negative errno; then nothing has changed.
 */
MUST_CHECK int rules_write(struct sim_state *state, const struct attribute_write *write);

#endif
