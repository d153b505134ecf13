/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/sim/guest-matrix.h"

bool queue_is_passable(const struct sim_state *state, struct apqn apqn)
{
	const struct sim_queue *queue = sim_get_queue(state, apqn);

	return queue && queue->driver == SIM_VFIO_AP;
}

bool queue_answers(const struct sim_state *state, struct apqn apqn)
{
	const struct sim_hardware *hardware = &state->hardware;

	return matrix_has_queue(&hardware->configured, apqn) &&
	       !mask_test(&hardware->deconfigured, apqn.adapter) &&
	       !mask_test(&hardware->checkstopped, apqn.adapter);
}

void queue_reset(struct sim_state *state, struct apqn apqn)
{
	if (queue_answers(state, apqn))
		state->queue[apqn.adapter][apqn.domain].interrupt = false;
}

/* Resets the queues of adapters x domains that are the device's and vfio_ap's. */
static void reset_linked(struct sim_state *state, const struct mask *adapters,
			 const struct mask *domains)
{
	MASK_FOR_EACH(adapter, adapters) {
		MASK_FOR_EACH(domain, domains) {
			struct apqn apqn = { .adapter = adapter, .domain = domain };

			if (queue_is_passable(state, apqn))
				queue_reset(state, apqn);
		}
	}
}

static bool adapter_is_passable(const struct sim_state *state, unsigned int adapter,
				const struct mask *domains)
{
	MASK_FOR_EACH(domain, domains)
		if (!queue_is_passable(state,
				       (struct apqn){ .adapter = adapter, .domain = domain }))
			return false;
	return true;
}

void guest_matrix_filter(struct sim_state *state, struct sim_device *device)
{
	struct mask before = device->shadow.adapters;
	struct mask adapters = mask_and(&device->matrix.adapters, &state->configured.adapters);
	struct mask lost;

	device->shadow.domains = mask_and(&device->matrix.domains, &state->configured.domains);
	device->shadow.adapters = (struct mask){ 0 };
	MASK_FOR_EACH(adapter, &adapters)
		if (adapter_is_passable(state, adapter, &device->shadow.domains))
			mask_set(&device->shadow.adapters, adapter);
	/* only those filtered out; what left the matrix or the LPAR was reset before */
	lost = mask_and(&before, &adapters);
	lost = mask_minus(&lost, &device->shadow.adapters);
	reset_linked(state, &lost, &device->shadow.domains);
}

void guest_matrix_filter_control_domains(struct sim_state *state, struct sim_device *device)
{
	device->shadow.control_domains =
		mask_and(&device->matrix.control_domains, &state->configured.control_domains);
}

void guest_matrix_unplug_adapters(struct sim_state *state, struct sim_device *device,
				  const struct mask *adapters)
{
	struct mask gone = mask_and(&device->shadow.adapters, adapters);

	device->shadow.adapters = mask_minus(&device->shadow.adapters, adapters);
	reset_linked(state, &gone, &device->shadow.domains);
}

void guest_matrix_unplug_domains(struct sim_state *state, struct sim_device *device,
				 const struct mask *domains)
{
	struct mask gone = mask_and(&device->shadow.domains, domains);

	device->shadow.domains = mask_minus(&device->shadow.domains, domains);
	reset_linked(state, &device->shadow.adapters, &gone);
}

void guest_matrix_reset(struct sim_state *state, const struct sim_device *device)
{
	reset_linked(state, &device->matrix.adapters, &device->matrix.domains);
}

void guest_matrix_lose_queue(struct sim_state *state, struct apqn apqn)
{
	struct sim_device *device = sim_find_owner(state, apqn);
	struct mask adapter = { 0 };

	if (!device || !matrix_has_queue(&device->shadow, apqn)) {
		queue_reset(state, apqn);
		return;
	}
	mask_set(&adapter, apqn.adapter);
	guest_matrix_unplug_adapters(state, device, &adapter);
}

void guest_matrix_gain_queue(struct sim_state *state, struct apqn apqn)
{
	struct sim_device *device = sim_find_owner(state, apqn);

	/* during a scan that found something new, filtering waits for its end */
	if (device && mask_is_empty(&device->added.adapters) &&
	    mask_is_empty(&device->added.domains))
		guest_matrix_filter(state, device);
}
