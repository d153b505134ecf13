/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/sim/observe.h"

#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "daemon/model/unknown.h"
#include "tests/sim/mdev.h"

/* TAPQ's facilities as the lab's apsim has them, for every card and by adapter modulo 3. */
#define FUNCTIONS_COMMON 0xe2000000u

static const struct {
	enum card_mode mode;
	char letter;
	uint32_t functions;
} modes[] = {
	{ CARD_CCA, 'C', 0x10000000 },
	{ CARD_EP11, 'P', 0x04000000 },
	{ CARD_ACCELERATOR, 'A', 0x08000000 },
};

/* Only a queue can show whether there is a driver_override. */
static bool has_queue(const struct sim_state *state)
{
	unsigned int all;

	sim_bindings_complete(state, NULL, &all);
	return all > 0;
}

void observe_host(const struct sim_state *state, struct observed *observed)
{
	const struct sim_config *config = &state->config;
	struct observed_host host = {
		.ap_bus = config->has_ap_bus,
		.passthrough = config->has_ap_bus && config->has_passthrough,
		.no_module = config->has_ap_bus && !config->has_passthrough && !config->has_module,
		.max_adapter = -1,
		.max_domain = -1,
		.has_boot_apmask = config->boot.has_apmask,
		.has_boot_aqmask = config->boot.has_aqmask,
		.boot_apmask = config->boot.apmask,
		.boot_aqmask = config->boot.aqmask,
		.poll_thread = -1,
		.poll_timeout = JSON_INT_NULL,
		.gisa = state->kvm.loaded ? state->kvm.use_gisa : -1,
		.facility65 = state->kvm.loaded ? state->kvm.facility65 : -1,
	};

	snprintf(host.kernel, sizeof(host.kernel), "%s", config->kernel);
	if (host.passthrough)
		snprintf(host.passthrough_features, sizeof(host.passthrough_features), "%s%s",
			 config->has_hotplug ? "guest_matrix hotplug" : "",
			 config->has_ap_config ? " ap_config" : "");
	if (host.ap_bus) {
		strcpy(host.bus_features, config->has_qci ? "APSC APXA QACT RC8A" : "");
		host.has_ap_config = host.passthrough && config->has_ap_config;
		host.has_override = config->has_override && has_queue(state);
		host.max_adapter = config->max_adapter;
		host.max_domain = config->max_domain;
		host.configured_known = config->has_qci;
		if (config->has_qci)
			host.configured = state->configured;
		host.apmask = state->apmask;
		host.aqmask = state->aqmask;
		host.interrupts = config->has_interrupts;
		host.poll_thread = state->poll_thread;
		host.poll_timeout = state->poll_timeout;
		host.bindings_complete = sim_bindings_complete(state, NULL, NULL);
	}
	observed_put_host(observed, &host);
}

static unsigned int find_mode(char letter)
{
	unsigned int mode = 0;

	while (mode < ARRAY_SIZE(modes) - 1 && modes[mode].letter != letter)
		mode++;
	return mode;
}

void observe_card(const struct sim_state *state, struct observed *observed, unsigned int adapter)
{
	const struct sim_config *config = &state->config;
	const struct sim_card *card = &state->card[adapter];
	unsigned int mode = find_mode(config->modes[adapter % strlen(config->modes)]);
	struct observed_card seen = {
		.adapter = adapter,
		.hardware_type = adapter % 2 ? 13 : 14,	/* CEX7, CEX8 */
		.mode = modes[mode].mode,
		.configured = card->configured,
		.checkstopped = card->checkstopped,
		.online = card->configured && !card->checkstopped,
		.depth = 8,
		.max_message_size = 12288,	/* the kernel's AP_DEFAULT_MAX_MSG_SIZE */
		.requests = 0,
	};

	if (!card->exists || !state->config.has_ap_bus) {
		observed_remove_card(observed, adapter);
		return;
	}
	snprintf(seen.type, sizeof(seen.type), "CEX%d%c", adapter % 2 ? 7 : 8, modes[mode].letter);
	snprintf(seen.functions, sizeof(seen.functions), "0x%08X",
		 FUNCTIONS_COMMON | modes[mode].functions);
	observed_put_card(observed, &seen);
}

enum queue_status observe_status(const struct sim_state *state, struct apqn apqn)
{
	if (!state->config.has_hotplug ||
	    state->queue[apqn.adapter][apqn.domain].driver != SIM_VFIO_AP)
		return QUEUE_STATUS_NONE;
	for (uint32_t i = 0; i < state->devices_count; i++) {
		const struct sim_device *device = &state->devices[i];

		if (!matrix_has_queue(&device->matrix, apqn))
			continue;
		return matrix_has_queue(&device->shadow, apqn) && mdev_is_open(state, device) ?
			       QUEUE_STATUS_IN_USE :
			       QUEUE_STATUS_ASSIGNED;
	}
	return QUEUE_STATUS_UNASSIGNED;
}

int observe_queue(const struct sim_state *state, struct observed *observed, struct apqn apqn)
{
	const struct sim_queue *queue = sim_get_queue(state, apqn);
	struct observed_queue seen = { .apqn = apqn };

	if (!queue || !state->config.has_ap_bus) {
		observed_remove_queue(observed, apqn);
		return 0;
	}
	strcpy(seen.driver, sim_driver_names[queue->driver]);
	snprintf(seen.override, sizeof(seen.override), "%.*s", (int)sizeof(seen.override) - 1,
		 sim_override(state, queue));
	seen.status = observe_status(state, apqn);
	seen.configured = queue->configured;
	seen.checkstopped = queue->checkstopped;
	seen.online = -1;
	if (queue->driver == SIM_CEX4QUEUE)
		seen.online = queue->configured && !queue->checkstopped;
	seen.interrupt = queue->interrupt;
	return observed_put_queue(observed, &seen);
}

/* The name of the virtual machine that 'apqd-simctl guest' was given. */
static void fill_machine(struct observed_user *user)
{
	char path[32], arguments[1024];
	CLEANUP(fclosep) FILE *file = NULL;
	size_t length = 0;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)user->pid);
	file = fopen(path, "re");
	if (file)
		length = fread(arguments, 1, sizeof(arguments) - 1, file);
	arguments[length] = '\0';
	for (const char *p = arguments; p < arguments + length; p += strlen(p) + 1)
		if (strcmp(p, "machine") == 0 && p + sizeof("machine") < arguments + length)
			snprintf(user->machine, sizeof(user->machine), "%.*s",
				 (int)sizeof(user->machine) - 1, p + sizeof("machine"));
}

/* The processes that have the device open; their names are true. */
static void fill_users(const struct sim_state *state, const struct sim_device *device,
		       struct observed_device *seen)
{
	for (size_t i = 0; i < SIM_HOLDERS_MAX && seen->users_count < OBSERVED_USERS_MAX; i++) {
		struct observed_user *user = &seen->users[seen->users_count];
		CLEANUP(fclosep) FILE *file = NULL;
		char path[32];

		if (state->holders[i].serial != device->serial)
			continue;
		user->pid = state->holders[i].pid;
		snprintf(path, sizeof(path), "/proc/%d/comm", (int)user->pid);
		file = fopen(path, "re");
		if (file && fgets(user->command, sizeof(user->command), file))
			user->command[strcspn(user->command, "\n")] = '\0';
		fill_machine(user);
		seen->users_count++;
	}
}

bool observe_can_read(const struct sim_state *state)
{
	unsigned int adapters = state->config.max_adapter + 1;
	unsigned int domains = state->config.max_domain + 1;
	unsigned int free_adapters = 0, free_domains = 0;

	for (unsigned int i = 0; i < adapters; i++)
		free_adapters += !mask_test(&state->apmask, i);
	for (unsigned int i = 0; i < domains; i++)
		free_domains += !mask_test(&state->aqmask, i);
	return state->config.has_ap_config || (free_adapters * domains <= OBSERVE_LISTING_MAX &&
					       adapters * free_domains <= OBSERVE_LISTING_MAX);
}

/* Only an empty folder is left of it, so what it had is what was known of it before. */
static int observe_leaving(const struct sim_state *state, struct observed *observed,
			   const struct sim_device *device)
{
	const struct observed_device *known = observed_find_device(observed, &device->uuid);
	struct observed_device seen = { .uuid = device->uuid };

	if (known)
		seen = *known;
	seen.leaving = true;
	seen.in_use = mdev_is_open(state, device);
	seen.users_count = 0;
	fill_users(state, device, &seen);
	return observed_put_device(observed, &seen);
}

/* Puts the present use of the queues that vfio_ap has: the kernel sends no event about it. */
static int observe_use(const struct sim_state *state, struct observed *observed)
{
	int result = 0;

	for (unsigned int adapter = 0; adapter < APQN_IDS; adapter++) {
		struct mask domains = observed->queues[adapter];

		MASK_FOR_EACH(domain, &domains) {
			struct apqn apqn = { (uint8_t)adapter, (uint8_t)domain };
			int r = observed_queue_is_bound(observed, apqn) ?
					observe_queue(state, observed, apqn) :
					0;

			result = result < 0 ? result : r;
		}
	}
	return result;
}

/* Returns true if the device has few enough queues for a harmless listing, whatever others have. */
static bool is_small(const struct sim_state *state, struct observed *observed,
		     const struct uuid *uuid)
{
	return observe_use(state, observed) == 0 &&
	       unknown_bound(observed, uuid) <= OBSERVE_LISTING_MAX;
}

/* Sets the matrix of a device, from the simulated kernel or from memory. */
static void observe_matrix(const struct sim_state *state, struct observed *observed,
			   const struct sim_device *device, struct memory *memory,
			   struct observed_device *seen)
{
	bool can_read = observe_can_read(state);
	const struct matrix *known = memory && !can_read ? memory_get(memory, device) : NULL;

	seen->remembered = known != NULL;
	seen->active_known = can_read || known || is_small(state, observed, &device->uuid);
	if (!seen->active_known)
		return;
	if (known)
		memory_identity(device, seen->identity);
	seen->active = known ? *known : device->matrix;
	if (memory)
		memory_put(memory, device, &seen->active);
	seen->guest_known = state->config.has_hotplug &&
			    matrix_queue_count(&device->matrix) <= OBSERVE_LISTING_MAX;
}

int observe_device(const struct sim_state *state, struct observed *observed,
		   const struct uuid *uuid, struct memory *memory)
{
	const struct sim_device *device = sim_get_device(state, uuid);
	struct observed_device seen = { .uuid = *uuid };

	if (!device)
		return observed_remove_device(observed, uuid);
	if (device->dying)
		return observe_leaving(state, observed, device);
	observe_matrix(state, observed, device, memory, &seen);
	if (seen.guest_known) {
		seen.guest = device->shadow;
		/* guest_matrix lists queues only */
		seen.guest.control_domains = (struct mask){ 0 };
	}
	seen.in_use = mdev_is_open(state, device);
	fill_users(state, device, &seen);
	return observed_put_device(observed, &seen);
}

/* Takes away the devices that are known and are not there any more. */
static int forget_devices(const struct sim_state *state, struct observed *observed)
{
	int result = 0;

	for (size_t i = observed->devices.count; i > 0 && result == 0; i--) {
		struct uuid uuid = observed_device_at(observed, i - 1)->uuid;

		if (!sim_get_device(state, &uuid))
			result = observed_remove_device(observed, &uuid);
	}
	return result;
}

/* Again while that lets one be known: what the others have then says more of the rest. */
static int observe_devices(const struct sim_state *state, struct observed *observed,
			   struct memory *memory)
{
	unsigned int unknown;
	int result = 0, r;

	do {
		unknown = observed->unknown;
		for (uint32_t i = 0; i < state->devices_count; i++) {
			r = observe_device(state, observed, &state->devices[i].uuid, memory);
			result = result < 0 ? result : r;
		}
	} while (observed->unknown > 0 && observed->unknown < unknown);
	return result;
}

int observe_all(const struct sim_state *state, struct observed *observed, struct memory *memory)
{
	int result = 0, r;

	observe_host(state, observed);
	for (unsigned int adapter = 0; adapter < APQN_IDS; adapter++) {
		observe_card(state, observed, adapter);
		if (!state->card[adapter].exists && mask_is_empty(&observed->queues[adapter]))
			continue;
		for (unsigned int domain = 0; domain < APQN_IDS; domain++) {
			r = observe_queue(state, observed,
					  (struct apqn){ .adapter = adapter, .domain = domain });
			result = result < 0 ? result : r;
		}
	}
	r = forget_devices(state, observed);
	result = result < 0 ? result : r;
	r = observe_devices(state, observed, memory);
	return result < 0 ? result : r;
}
