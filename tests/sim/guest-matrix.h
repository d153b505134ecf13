/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a guest really gets of its device, vfio_ap's shadow_apcb: how it is filtered out of
 * the matrix, and what is reset on the way.  It depends on its own past: taking away never
 * filters anew.  The names of the kernel's functions are those of vfio_ap_ops.c.
 */
#ifndef APQD_TESTS_SIM_GUEST_MATRIX_H
#define APQD_TESTS_SIM_GUEST_MATRIX_H

#include "tests/sim/state.h"

/* Returns true if vfio_ap drives the queue (vfio_ap_find_queue()). */
bool queue_is_passable(const struct sim_state *state, struct apqn apqn);

/* Returns true if the machine would carry out a command to the queue. */
bool queue_answers(const struct sim_state *state, struct apqn apqn);

/* Resets the queue, as far as the machine lets it: its interrupts are off then. */
void queue_reset(struct sim_state *state, struct apqn apqn);

/*
 * vfio_ap_mdev_filter_matrix(): adapters and domains of the matrix that the LPAR has, less
 * each adapter with a queue that is not passable.  Resets the queues of adapters that the
 * guest loses by it.
 */
void guest_matrix_filter(struct sim_state *state, struct sim_device *device);

/* vfio_ap_mdev_filter_cdoms(): control domains of the matrix that the LPAR has. */
void guest_matrix_filter_control_domains(struct sim_state *state, struct sim_device *device);

/*
 * vfio_ap_mdev_hot_unplug_adapters() and ..._domains(): take them away from the guest
 * and reset the queues that it had by them.
 */
void guest_matrix_unplug_adapters(struct sim_state *state, struct sim_device *device,
				  const struct mask *adapters);
void guest_matrix_unplug_domains(struct sim_state *state, struct sim_device *device,
				 const struct mask *domains);

/* vfio_ap_mdev_reset_queues(): all that the device has. */
void guest_matrix_reset(struct sim_state *state, const struct sim_device *device);

/* A queue is about to leave vfio_ap (vfio_ap_mdev_remove_queue()): its adapter goes with it. */
void guest_matrix_lose_queue(struct sim_state *state, struct apqn apqn);

/* vfio_ap has a new queue (vfio_ap_mdev_probe_queue()). */
void guest_matrix_gain_queue(struct sim_state *state, struct apqn apqn);

#endif
