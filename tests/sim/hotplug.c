/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/sim/hotplug.h"

#include "tests/sim/bus.h"
#include "tests/sim/guest-matrix.h"

static void set(struct mask *mask, unsigned int id, bool on)
{
	if (on)
		mask_set(mask, id);
	else
		mask_clear(mask, id);
}

void hotplug_plug(struct sim_state *state, unsigned int adapter, bool on)
{
	set(&state->hardware.configured.adapters, adapter, on);
}

void hotplug_configure(struct sim_state *state, unsigned int adapter, bool on)
{
	set(&state->hardware.deconfigured, adapter, !on);
}

void hotplug_checkstop(struct sim_state *state, unsigned int adapter, bool on)
{
	set(&state->hardware.checkstopped, adapter, on);
}

void hotplug_domain(struct sim_state *state, unsigned int domain, bool on)
{
	set(&state->hardware.configured.domains, domain, on);
	set(&state->hardware.configured.control_domains, domain, on);
}

void hotplug_interrupt(struct sim_state *state, struct apqn apqn, bool on)
{
	state->queue[apqn.adapter][apqn.domain].interrupt = on;
}

/* vfio_ap_on_cfg_changed(): what went leaves the guests at once, what came is noted. */
static void tell_vfio_ap(struct sim_state *state, const struct matrix *old,
			 const struct matrix *new)
{
	struct matrix gone = matrix_minus(old, new), came = matrix_minus(new, old);

	for (uint32_t i = 0; i < state->devices_count; i++) {
		struct sim_device *device = &state->devices[i];

		device->shadow = matrix_minus(&device->shadow, &gone);
		device->added = (struct matrix){
			.adapters = mask_and(&device->matrix.adapters, &came.adapters),
			.domains = mask_and(&device->matrix.domains, &came.domains),
			.control_domains =
				mask_and(&device->matrix.control_domains, &came.control_domains),
		};
	}
}

/* vfio_ap_on_scan_complete(): what came is given to the guests, now that queues are bound. */
static void finish_vfio_ap(struct sim_state *state)
{
	for (uint32_t i = 0; i < state->devices_count; i++) {
		struct sim_device *device = &state->devices[i];
		bool filter = !mask_is_empty(&device->added.adapters) ||
			      !mask_is_empty(&device->added.domains);
		bool filter_control_domains = !mask_is_empty(&device->added.control_domains);

		device->added = (struct matrix){ 0 };
		if (filter)
			guest_matrix_filter(state, device);
		if (filter_control_domains)
			guest_matrix_filter_control_domains(state, device);
	}
}

/* device_unregister(): an override is forgotten, but the kernel goes on counting it. */
static void remove_queue(struct sim_state *state, struct apqn apqn)
{
	struct sim_queue *queue = &state->queue[apqn.adapter][apqn.domain];

	if (!queue->exists)
		return;
	bus_detach(state, apqn);
	*queue = (struct sim_queue){ .interrupt = queue->interrupt };
	sim_note_queue_gone(state, apqn);
}

static void remove_card(struct sim_state *state, unsigned int adapter)
{
	if (!state->card[adapter].exists)
		return;
	for (unsigned int domain = 0; domain < APQN_IDS; domain++)
		remove_queue(state, (struct apqn){ .adapter = adapter, .domain = domain });
	state->card[adapter] = (struct sim_card){ 0 };
	sim_note_card(state, adapter);
}

static void create_queue(struct sim_state *state, struct apqn apqn, bool configured,
			 bool checkstopped)
{
	struct sim_queue *queue = &state->queue[apqn.adapter][apqn.domain];

	*queue = (struct sim_queue){
		.exists = true,
		.configured = configured,
		.checkstopped = checkstopped,
		.interrupt = queue->interrupt,
	};
	bus_attach(state, apqn);
	if (configured && !checkstopped)
		bus_start(state, apqn);
	sim_note_queue(state, apqn);
}

/* The queue works no more, or works again; nothing is done for one whose driver let it go. */
static void change_stage(struct sim_state *state, struct apqn apqn, bool works)
{
	struct sim_queue *queue = &state->queue[apqn.adapter][apqn.domain];

	if (queue->stage == SIM_QUEUE_UNINITIATED)
		return;
	queue->stage = SIM_QUEUE_ERROR;
	if (works)
		bus_start(state, apqn);
}

/* ap_scan_domains() for one domain. */
static void scan_queue(struct sim_state *state, struct apqn apqn, bool configured,
		       bool checkstopped)
{
	struct sim_queue *queue = &state->queue[apqn.adapter][apqn.domain];

	if (!mask_test(&state->configured.domains, apqn.domain)) {
		remove_queue(state, apqn);
	} else if (!queue->exists) {
		create_queue(state, apqn, configured, checkstopped);
	} else if (queue->checkstopped != checkstopped) {
		/* no uevent tells of it, and a change of configuration waits for the next scan */
		queue->checkstopped = checkstopped;
		change_stage(state, apqn, !checkstopped);
	} else if (queue->configured != configured) {
		queue->configured = configured;
		change_stage(state, apqn, configured);
		sim_note_queue(state, apqn);
	} else if (configured && queue->stage == SIM_QUEUE_ERROR) {
		bus_start(state, apqn);
	}
}

/* ap_scan_adapter() */
static void scan_adapter(struct sim_state *state, unsigned int adapter)
{
	struct sim_card *card = &state->card[adapter];
	/* TAPQ has one answer: a deconfigured adapter does not tell whether it is checkstopped */
	bool configured = !mask_test(&state->hardware.deconfigured, adapter);
	bool checkstopped = configured && mask_test(&state->hardware.checkstopped, adapter);

	/* without a single queue the bus has nobody to ask for the adapter's type */
	if (!mask_test(&state->configured.adapters, adapter) ||
	    mask_is_empty(&state->configured.domains)) {
		remove_card(state, adapter);
		return;
	}
	if (!card->exists || card->configured != configured)
		sim_note_card(state, adapter);
	*card = (struct sim_card){
		.exists = true,
		.configured = configured,
		.checkstopped = checkstopped,
	};
	for (unsigned int domain = 0; domain < APQN_IDS; domain++)
		scan_queue(state, (struct apqn){ .adapter = adapter, .domain = domain }, configured,
			   checkstopped);
}

void hotplug_scan(struct sim_state *state)
{
	struct matrix old = state->configured;
	bool changed = !matrix_equal(&old, &state->hardware.configured);

	state->configured = state->hardware.configured;
	if (changed)
		tell_vfio_ap(state, &old, &state->configured);
	for (unsigned int adapter = 0; adapter < APQN_IDS; adapter++)
		scan_adapter(state, adapter);
	if (changed)
		finish_vfio_ap(state);
	if (state->rebound && sim_bindings_complete(state, NULL, NULL)) {
		state->rebound = false;
		sim_note_host(state);
	}
}
