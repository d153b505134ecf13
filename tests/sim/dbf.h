/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vfio_ap's debug log, /sys/kernel/debug/s390dbf/vfio_ap/sprintf: a ring of lines.
 */
#ifndef APQD_TESTS_SIM_DBF_H
#define APQD_TESTS_SIM_DBF_H

#include "tests/sim/state.h"

/* Adds a line, with no newline at its end; the oldest one may go for it. */
PRINTF_LIKE(2, 3) void dbf_add(struct sim_state *state, const char *format, ...);

/* The whole text, oldest line first; the caller frees it.  NULL without memory. */
char *dbf_format(const struct sim_state *state);

#endif
