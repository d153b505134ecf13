/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/sim/bus.h"

#include <string.h>

#include "tests/sim/guest-matrix.h"

static bool is_reserved(const struct sim_state *state, struct apqn apqn)
{
	return mask_test(&state->apmask, apqn.adapter) && mask_test(&state->aqmask, apqn.domain);
}

bool bus_is_owned_by_host(const struct sim_state *state, struct apqn apqn)
{
	const struct sim_queue *queue = sim_get_queue(state, apqn);

	/* ap_get_qdev() knows bound queues only, so an override of another one does not count */
	if (queue && queue->driver != SIM_UNBOUND && queue->override)
		return queue->driver == SIM_CEX4QUEUE;
	return is_reserved(state, apqn);
}

bool bus_owns_any(const struct sim_state *state, const struct matrix *matrix)
{
	MATRIX_FOR_EACH_QUEUE(adapter, domain, matrix)
		if (bus_is_owned_by_host(state,
					 (struct apqn){ .adapter = adapter, .domain = domain }))
			return true;
	return false;
}

/* ap_device_probe(): the driver that takes the queue, or SIM_UNBOUND where none does. */
static enum sim_driver find_driver(const struct sim_state *state, struct apqn apqn,
				   const struct sim_queue *queue)
{
	enum sim_driver driver = is_reserved(state, apqn) ? SIM_CEX4QUEUE : SIM_VFIO_AP;

	if (queue->override) {
		const char *name = sim_override(state, queue);

		driver = SIM_CEX4QUEUE;
		while (driver < SIM_DRIVERS && strcmp(name, sim_driver_names[driver]) != 0)
			driver++;
	}
	if (driver == SIM_DRIVERS || (driver == SIM_VFIO_AP && !state->config.has_passthrough))
		return SIM_UNBOUND;
	return driver;
}

void bus_start(struct sim_state *state, struct apqn apqn)
{
	struct sim_queue *queue = &state->queue[apqn.adapter][apqn.domain];

	if (!queue_answers(state, apqn)) {
		queue->stage = SIM_QUEUE_ERROR;
		return;
	}
	queue->stage = SIM_QUEUE_OPERATING;
	queue->interrupt = state->config.has_interrupts;
}

void bus_attach(struct sim_state *state, struct apqn apqn)
{
	struct sim_queue *queue = sim_find_queue(state, apqn);

	if (!queue || queue->driver != SIM_UNBOUND)
		return;
	queue->driver = find_driver(state, apqn, queue);
	if (queue->driver == SIM_UNBOUND)
		return;
	state->rebound = true;
	if (queue->driver == SIM_VFIO_AP)
		guest_matrix_gain_queue(state, apqn);
	else
		bus_start(state, apqn);
	sim_note_queue(state, apqn);
}

void bus_detach(struct sim_state *state, struct apqn apqn)
{
	struct sim_queue *queue = sim_find_queue(state, apqn);

	if (!queue || queue->driver == SIM_UNBOUND)
		return;
	if (queue->driver == SIM_VFIO_AP)
		guest_matrix_lose_queue(state, apqn);
	queue->driver = SIM_UNBOUND;
	queue->stage = SIM_QUEUE_UNINITIATED;
	queue_reset(state, apqn);
	sim_note_queue(state, apqn);
}

static void revise_queue(struct sim_state *state, struct apqn apqn)
{
	const struct sim_queue *queue = sim_get_queue(state, apqn);
	bool keep;

	/*
	 * The kernel reads the flags of a driver that an unbound queue does not have, so what it
	 * does to one is chance: here it stays as it is.
	 */
	if (!queue || queue->driver == SIM_UNBOUND)
		return;
	if (queue->override)
		keep = strcmp(sim_override(state, queue), sim_driver_names[queue->driver]) == 0;
	else
		keep = is_reserved(state, apqn) == (queue->driver == SIM_CEX4QUEUE);
	if (keep)
		return;
	bus_detach(state, apqn);
	bus_attach(state, apqn);
}

void bus_revise(struct sim_state *state)
{
	for (unsigned int adapter = 0; adapter < APQN_IDS; adapter++)
		for (unsigned int domain = 0; state->card[adapter].exists && domain < APQN_IDS;
		     domain++)
			revise_queue(state, (struct apqn){ .adapter = adapter, .domain = domain });
}
