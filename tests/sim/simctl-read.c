/* SPDX-License-Identifier: GPL-2.0-or-later */
/* apqd-simctl: the simulated sysfs as text, and the counts of what the daemon did. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "tests/sim/observe.h"
#include "tests/sim/simctl.h"

static void print_mask(const struct mask *mask)
{
	char text[MASK_TEXT_SIZE];

	printf("%s\n", mask_format(mask, text));
}

/* matrix_show() and guest_matrix_show() of vfio_ap. */
static void print_listing(const struct matrix *matrix)
{
	MATRIX_FOR_EACH_QUEUE(adapter, domain, matrix)
		printf("%02x.%04x\n", adapter, domain);
	if (mask_is_empty(&matrix->domains))
		MASK_FOR_EACH(adapter, &matrix->adapters)
			printf("%02x.\n", adapter);
	if (mask_is_empty(&matrix->adapters))
		MASK_FOR_EACH(domain, &matrix->domains)
			printf(".%04x\n", domain);
}

/* One line for each queue: its name, its driver, and its override if it has one. */
static void print_queues(const struct sim_state *state)
{
	char name[APQN_TEXT_SIZE];

	for (unsigned int adapter = 0; adapter < APQN_IDS; adapter++)
		for (unsigned int domain = 0; domain < APQN_IDS; domain++) {
			struct apqn apqn = { adapter, domain };
			const struct sim_queue *queue = sim_get_queue(state, apqn);
			const char *driver = queue ? sim_driver_names[queue->driver] : "";

			if (queue)
				printf("%s %s %s\n", apqn_format(apqn, name), driver[0] ? driver : "-",
				       sim_override(state, queue));
		}
}

/* Attributes of the bus, and the lists of devices and queues.  False where name is none of them. */
static bool read_host(const struct sim_state *state, const char *name)
{
	unsigned int bound, all;

	if (strcmp(name, "apmask") == 0) {
		print_mask(&state->apmask);
	} else if (strcmp(name, "aqmask") == 0) {
		print_mask(&state->aqmask);
	} else if (strcmp(name, "ap_adapter_mask") == 0) {
		print_mask(&state->configured.adapters);
	} else if (strcmp(name, "ap_usage_domain_mask") == 0) {
		print_mask(&state->configured.domains);
	} else if (strcmp(name, "ap_control_domain_mask") == 0) {
		print_mask(&state->configured.control_domains);
	} else if (strcmp(name, "bindings") == 0) {
		bool complete = sim_bindings_complete(state, &bound, &all);

		printf("%u/%u%s\n", bound, all, complete ? " (complete)" : "");
	} else if (strcmp(name, "poll_thread") == 0) {
		printf("%d\n", state->poll_thread);
	} else if (strcmp(name, "poll_timeout") == 0) {
		printf("%" PRIu64 "\n", state->poll_timeout);
	} else if (strcmp(name, "use_gisa") == 0 && state->kvm.loaded) {
		printf("%c\n", state->kvm.use_gisa ? 'Y' : 'N');
	} else if (strcmp(name, "kernel") == 0) {
		printf("%s\n", state->config.kernel);
	} else if (strcmp(name, "queues") == 0) {
		print_queues(state);
	} else if (strcmp(name, "devices") == 0) {
		for (uint32_t i = 0; i < state->devices_count; i++)
			printf("%s\n", state->devices[i].uuid.text);
	} else {
		return false;
	}
	return true;
}

static bool read_device(const struct sim_device *device, const char *name)
{
	char text[MATRIX_TEXT_SIZE];

	if (strcmp(name, "matrix") == 0) {
		print_listing(&device->matrix);
	} else if (strcmp(name, "guest_matrix") == 0) {
		print_listing(&device->shadow);
	} else if (strcmp(name, "ap_config") == 0) {
		printf("%s\n", matrix_format(&device->matrix, text));
	} else if (strcmp(name, "control_domains") == 0) {
		MASK_FOR_EACH(domain, &device->matrix.control_domains)
			printf("%04x\n", domain);
	} else {
		return false;
	}
	return true;
}

static bool read_queue(const struct sim_state *state, struct apqn apqn, const char *name)
{
	static const char *const statuses[] = {
		[QUEUE_STATUS_UNASSIGNED] = "unassigned",
		[QUEUE_STATUS_ASSIGNED] = "assigned",
		[QUEUE_STATUS_IN_USE] = "in use",
	};
	const struct sim_queue *queue = sim_get_queue(state, apqn);
	enum queue_status status = observe_status(state, apqn);

	if (strcmp(name, "status") == 0 && status != QUEUE_STATUS_NONE)
		printf("%s\n", statuses[status]);
	else if (strcmp(name, "driver") == 0)
		printf("%s\n", sim_driver_names[queue->driver]);
	else if (strcmp(name, "driver_override") == 0 && state->config.has_override)
		printf("%s\n", sim_override(state, queue));
	else if (strcmp(name, "interrupt") == 0)
		printf("Interrupts %s.\n", queue->interrupt ? "enabled" : "disabled");
	else if (strcmp(name, "config") == 0)
		printf("%d\n", queue->configured);
	else if (strcmp(name, "chkstop") == 0)
		printf("%d\n", queue->checkstopped);
	else
		return false;
	return true;
}

int simctl_read(struct sim *sim, char **argv)
{
	const struct sim_state *state;
	const struct sim_device *device = NULL;
	struct apqn apqn;
	struct uuid uuid;
	bool found = false;

	if (!argv[1])
		return SIMCTL_USAGE;
	state = sim_lock(sim);
	if (!argv[2]) {
		found = read_host(state, argv[1]);
	} else if (apqn_parse(argv[2], &apqn) == 0) {
		found = sim_get_queue(state, apqn) && read_queue(state, apqn, argv[1]);
	} else if (uuid_parse(argv[2], &uuid) == 0) {
		device = sim_get_device(state, &uuid);
		found = device && !device->dying && read_device(device, argv[1]);
	}
	sim_unlock(sim);
	if (!found)
		printf("ENOENT\n");
	return found ? SIMCTL_DONE : SIMCTL_REFUSED;
}

/* One line for each attribute, what was refused behind what was done, then reads and sums. */
static void print_counts(const struct sim_counts *counts)
{
	uint64_t done = 0, refused = 0;

	for (size_t i = 0; i < ATTRIBUTES; i++) {
		printf("%s %" PRIu64 " refused %" PRIu64 "\n", attribute_name(i), counts->done[i],
		       counts->refused[i]);
		done += counts->done[i];
		refused += counts->refused[i];
	}
	printf("read-ap_config %" PRIu64 "\n", counts->ap_config);
	printf("read-matrix %" PRIu64 "\n", counts->matrix);
	printf("read-guest_matrix %" PRIu64 "\n", counts->guest_matrix);
	printf("writes %" PRIu64 " refused %" PRIu64 "\n", done, refused);
}

static int print_count(const struct sim_counts *counts, const char *name)
{
	enum attribute attribute = attribute_from_name(name);
	uint64_t writes = 0;

	for (size_t i = 0; i < ATTRIBUTES; i++)
		writes += counts->done[i] + counts->refused[i];
	if (attribute < ATTRIBUTES)
		printf("%" PRIu64 "\n", counts->done[attribute]);
	else if (strcmp(name, "writes") == 0)
		printf("%" PRIu64 "\n", writes);
	else if (strcmp(name, "read-ap_config") == 0)
		printf("%" PRIu64 "\n", counts->ap_config);
	else if (strcmp(name, "read-matrix") == 0)
		printf("%" PRIu64 "\n", counts->matrix);
	else if (strcmp(name, "read-guest_matrix") == 0)
		printf("%" PRIu64 "\n", counts->guest_matrix);
	else
		return SIMCTL_USAGE;
	return SIMCTL_DONE;
}

int simctl_count(struct sim *sim, char **argv)
{
	struct sim_counts counts;

	if (argv[1] && strcmp(argv[1], "reset") == 0) {
		sim_lock(sim);
		*sim_counts(sim) = (struct sim_counts){ 0 };
		sim_unlock(sim);
		return SIMCTL_DONE;
	}
	sim_lock(sim);
	counts = *sim_counts(sim);
	sim_unlock(sim);
	if (argv[1])
		return print_count(&counts, argv[1]);
	print_counts(&counts);
	return SIMCTL_DONE;
}
