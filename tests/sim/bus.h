/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The AP bus: which driver gets which queue, and who owns it.  The names of the kernel's
 * functions are those of ap_bus.c.
 */
#ifndef APQD_TESTS_SIM_BUS_H
#define APQD_TESTS_SIM_BUS_H

#include "tests/sim/state.h"

/*
 * Returns true if masks (and in 7.2 the override) give the queue to the host:
 * ap_owned_by_def_drv().
 */
bool bus_is_owned_by_host(const struct sim_state *state, struct apqn apqn);

/* ap_apqn_in_matrix_owned_by_def_drv(): whether any queue of the matrix is the host's. */
bool bus_owns_any(const struct sim_state *state, const struct matrix *matrix);

/*
 * ap_queue_init_state(): resets the queue and switches its interrupts on, for the host.  The
 * bus does so for every queue that appears, whoever gets it.
 */
void bus_start(struct sim_state *state, struct apqn apqn);

/* Gives an unbound queue to the driver that wants it, if one does, and notes it. */
void bus_attach(struct sim_state *state, struct apqn apqn);

/* Takes the queue from its driver, if it has one, and notes it. */
void bus_detach(struct sim_state *state, struct apqn apqn);

/* ap_bus_revise_bindings(): gives the queues to whom the masks now give them. */
void bus_revise(struct sim_state *state);

#endif
