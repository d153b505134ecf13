/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Waiting, without polling, for a device that is being removed until its VMM lets it go.
 */
#ifndef APQD_TESTS_SIM_WAIT_H
#define APQD_TESTS_SIM_WAIT_H

#include "tests/sim/file.h"

/* Returns 0 when no device has that serial any more, or a negative errno. */
MUST_CHECK int wait_until_gone(struct sim *sim, uint64_t serial);

#endif
