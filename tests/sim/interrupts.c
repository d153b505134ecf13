/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/sim/interrupts.h"

#include <errno.h>

#include "common/parse.h"
#include "tests/sim/guest-matrix.h"

/* Of ap_bus.c: 120 seconds. */
#define MAX_POLL_TIMEOUT 120000000000ul

/* Response codes of the status word (AP_RESPONSE_... in the kernel's asm/ap.h). */
enum response {
	RESPONSE_NORMAL = 0x00,
	RESPONSE_NOT_AVAILABLE = 0x01,
	RESPONSE_DECONFIGURED = 0x03,
	RESPONSE_CHECKSTOPPED = 0x04,
	RESPONSE_INVALID_ADDRESS = 0x06,
	RESPONSE_OTHERWISE_CHANGED = 0x07,
};

int interrupts_write_poll_thread(struct sim_state *state, const char *value)
{
	bool on;
	int r = parse_bool(value, &on);

	if (r < 0)
		return r;
	/* where the host has interrupts the kernel starts no thread, and says nothing of it */
	state->poll_thread = on && !state->config.has_interrupts;
	sim_note_host(state);
	return 0;
}

int interrupts_write_poll_timeout(struct sim_state *state, const char *value)
{
	unsigned long number;
	int r = parse_number(value, &number);

	if (r < 0)
		return r;
	if (number > MAX_POLL_TIMEOUT)
		return -EINVAL;
	state->poll_timeout = number;
	sim_note_host(state);
	return 0;
}

int interrupts_write_use_gisa(struct sim_state *state, const char *value)
{
	bool on;
	int r = parse_bool(value, &on);

	if (r < 0)
		return r;
	state->kvm.use_gisa = on;
	sim_note_host(state);
	return 0;
}

void interrupts_load_kvm(struct sim_state *state, bool on)
{
	if (on && !state->kvm.loaded)
		state->kvm.use_gisa = true;
	state->kvm.loaded = on;
}

/* What the machine answers to a command that would change the queue's interrupts to on. */
static enum response ask_machine(const struct sim_state *state, struct apqn apqn, bool on)
{
	const struct sim_hardware *hardware = &state->hardware;

	if (!matrix_has_queue(&hardware->configured, apqn))
		return RESPONSE_NOT_AVAILABLE;
	if (mask_test(&hardware->deconfigured, apqn.adapter))
		return RESPONSE_DECONFIGURED;
	if (mask_test(&hardware->checkstopped, apqn.adapter))
		return RESPONSE_CHECKSTOPPED;
	if (state->queue[apqn.adapter][apqn.domain].interrupt == on)
		return RESPONSE_OTHERWISE_CHANGED;
	return RESPONSE_NORMAL;
}

/* vfio_ap_irq_enable() */
static enum response enable(struct sim_state *state, struct apqn apqn, bool bad_byte)
{
	enum response response;

	if (bad_byte)
		return RESPONSE_INVALID_ADDRESS;
	response = ask_machine(state, apqn, true);
	if (response == RESPONSE_NORMAL)
		state->queue[apqn.adapter][apqn.domain].interrupt = true;
	return response;
}

/* vfio_ap_irq_disable() */
static enum response disable(struct sim_state *state, struct apqn apqn)
{
	enum response response = ask_machine(state, apqn, false);

	if (response == RESPONSE_NORMAL)
		state->queue[apqn.adapter][apqn.domain].interrupt = false;
	return response;
}

static const struct sim_holder *find_guest(const struct sim_state *state,
					   const struct sim_device *device)
{
	for (size_t i = 0; i < SIM_HOLDERS_MAX; i++)
		if (state->holders[i].serial == device->serial)
			return &state->holders[i];
	return NULL;
}

unsigned int interrupts_aqic(struct sim_state *state, const struct sim_device *device,
			     struct apqn apqn, enum interrupts_request request)
{
	const struct sim_holder *guest = find_guest(state, device);

	/* a guest without the device: kvm has nobody to ask */
	if (!guest)
		return state->kvm.facility65 ? RESPONSE_NOT_AVAILABLE : INTERRUPTS_SPECIFICATION;
	if (!guest->facility65)
		return INTERRUPTS_SPECIFICATION;
	if (!guest->gisa)
		return INTERRUPTS_USERSPACE;
	if (!matrix_has_queue(&device->matrix, apqn) || !queue_is_passable(state, apqn))
		return RESPONSE_NOT_AVAILABLE;
	if (request == INTERRUPTS_OFF)
		return disable(state, apqn);
	return enable(state, apqn, request == INTERRUPTS_ON_BAD_BYTE);
}
