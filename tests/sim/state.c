/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/sim/state.h"

#include <string.h>


/* poll_high_timeout in ap_bus.c, nanoseconds; it is longer only under z/VM. */
#define POLL_TIMEOUT_DEFAULT 250000

const char *const sim_driver_names[SIM_DRIVERS] = {
	[SIM_UNBOUND] = "",
	[SIM_CEX4QUEUE] = "cex4queue",
	[SIM_VFIO_AP] = "vfio_ap",
};

void sim_state_init(struct sim_state *state, const struct sim_config *config)
{
	memset(state, 0, sizeof(*state));
	state->config = *config;
	for (unsigned int i = 0; i < config->cards; i++)
		mask_set(&state->hardware.configured.adapters, i);
	for (unsigned int i = 0; i < config->domains; i++) {
		mask_set(&state->hardware.configured.domains, i);
		mask_set(&state->hardware.configured.control_domains, i);
	}
	state->kvm = (struct sim_kvm){ .loaded = true, .use_gisa = true, .facility65 = true };
	state->poll_timeout = POLL_TIMEOUT_DEFAULT;
	memset(&state->apmask, 0xff, sizeof(state->apmask));
	memset(&state->aqmask, 0xff, sizeof(state->aqmask));
	if (config->boot.has_apmask)
		state->apmask = config->boot.apmask;
	if (config->boot.has_aqmask)
		state->aqmask = config->boot.aqmask;
	state->next_serial = 1;
}

void sim_state_copy(struct sim_state *to, const struct sim_state *from)
{
	memcpy(to, from,
	       offsetof(struct sim_state, devices) +
		       from->devices_count * sizeof(from->devices[0]));
}

const struct sim_device *sim_get_device(const struct sim_state *state, const struct uuid *uuid)
{
	for (uint32_t i = 0; i < state->devices_count; i++)
		if (uuid_equal(&state->devices[i].uuid, uuid))
			return &state->devices[i];
	return NULL;
}

struct sim_device *sim_find_device(struct sim_state *state, const struct uuid *uuid)
{
	const struct sim_device *device = sim_get_device(state, uuid);

	return device ? &state->devices[device - state->devices] : NULL;
}

const struct sim_device *sim_get_device_by_serial(const struct sim_state *state, uint64_t serial)
{
	for (uint32_t i = 0; i < state->devices_count; i++)
		if (state->devices[i].serial == serial)
			return &state->devices[i];
	return NULL;
}

struct sim_queue *sim_find_queue(struct sim_state *state, struct apqn apqn)
{
	struct sim_queue *queue = &state->queue[apqn.adapter][apqn.domain];

	return queue->exists ? queue : NULL;
}

const struct sim_queue *sim_get_queue(const struct sim_state *state, struct apqn apqn)
{
	const struct sim_queue *queue = &state->queue[apqn.adapter][apqn.domain];

	return queue->exists ? queue : NULL;
}

struct sim_device *sim_find_owner(struct sim_state *state, struct apqn apqn)
{
	for (uint32_t i = 0; i < state->devices_count; i++)
		if (matrix_has_queue(&state->devices[i].matrix, apqn))
			return &state->devices[i];
	return NULL;
}

const char *sim_override(const struct sim_state *state, const struct sim_queue *queue)
{
	return queue->override ? state->overrides[queue->override - 1] : "";
}

bool sim_bindings_complete(const struct sim_state *state, unsigned int *ret_bound,
			   unsigned int *ret_all)
{
	unsigned int bound = 0, all = 0;

	for (unsigned int adapter = 0; adapter < APQN_IDS; adapter++) {
		if (!state->card[adapter].exists)
			continue;
		for (unsigned int domain = 0; domain < APQN_IDS; domain++) {
			const struct sim_queue *queue = &state->queue[adapter][domain];

			all += queue->exists;
			bound += queue->exists && queue->driver != SIM_UNBOUND;
		}
	}
	if (ret_bound)
		*ret_bound = bound;
	if (ret_all)
		*ret_all = all;
	return bound == all;
}

static void note(struct sim_state *state, const struct kernel_event *event)
{
	state->events[state->events_count++ % SIM_EVENTS_MAX] = *event;
}

void sim_note_host(struct sim_state *state)
{
	note(state, &(struct kernel_event){ .type = KERNEL_EVENT_HOST });
}

void sim_note_card(struct sim_state *state, unsigned int adapter)
{
	note(state, &(struct kernel_event){ .type = KERNEL_EVENT_CARD, .apqn.adapter = adapter });
}

void sim_note_queue(struct sim_state *state, struct apqn apqn)
{
	note(state, &(struct kernel_event){ .type = KERNEL_EVENT_QUEUE, .apqn = apqn });
}

void sim_note_queue_gone(struct sim_state *state, struct apqn apqn)
{
	note(state, &(struct kernel_event){ .type = KERNEL_EVENT_QUEUE,
					    .apqn = apqn, .gone = true });
}

void sim_note_device(struct sim_state *state, const struct uuid *uuid)
{
	note(state, &(struct kernel_event){ .type = KERNEL_EVENT_DEVICE, .uuid = *uuid });
}

void sim_note_gap(struct sim_state *state)
{
	state->events_count += SIM_EVENTS_MAX + 1;
}
