/* SPDX-License-Identifier: GPL-2.0-or-later */
/* apqd-simctl: changes to the machine, faults, and lost events. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tests/sim/faults.h"
#include "tests/sim/hotplug.h"
#include "tests/sim/interrupts.h"
#include "tests/sim/simctl.h"

int simctl_hardware(struct sim *sim, char **argv)
{
	struct sim_state *state;
	unsigned long id;
	bool on;

	if (!simctl_number(argv[1], APQN_IDS - 1, &id) || !simctl_on_off(argv[2], &on))
		return SIMCTL_USAGE;
	state = sim_begin(sim);
	if (id > (strcmp(argv[0], "domain") == 0 ? state->config.max_domain :
						   state->config.max_adapter)) {
		sim_unlock(sim);
		printf("ENODEV\n");
		return SIMCTL_REFUSED;
	}
	if (strcmp(argv[0], "plug") == 0)
		hotplug_plug(state, id, on);
	else if (strcmp(argv[0], "domain") == 0)
		hotplug_domain(state, id, on);
	else if (strcmp(argv[0], "config") == 0)
		hotplug_configure(state, id, on);
	else
		hotplug_checkstop(state, id, on);
	hotplug_scan(state);
	sim_commit(sim);
	return SIMCTL_DONE;
}

int simctl_interrupt(struct sim *sim, char **argv)
{
	struct apqn apqn;
	bool on;

	if (!argv[1] || apqn_parse(argv[1], &apqn) < 0 || !simctl_on_off(argv[2], &on))
		return SIMCTL_USAGE;
	hotplug_interrupt(sim_begin(sim), apqn, on);
	sim_commit(sim);
	return SIMCTL_DONE;
}

int simctl_kvm(struct sim *sim, char **argv)
{
	struct sim_state *state;
	bool on;

	if (!simctl_on_off(argv[1], &on))
		return SIMCTL_USAGE;
	state = sim_begin(sim);
	if (strcmp(argv[0], "kvm") == 0)
		interrupts_load_kvm(state, on);
	else if (strcmp(argv[0], "gisa") == 0)
		state->kvm.use_gisa = on;
	else
		state->kvm.facility65 = on;
	sim_note_host(state);
	sim_commit(sim);
	return SIMCTL_DONE;
}

/* An errno by its name; 0 for none. */
static int errno_of(const char *name)
{
	for (int number = 1; number < 256; number++) {
		const char *known = strerrorname_np(number);

		if (known && strcmp(known, name) == 0)
			return number;
	}
	return 0;
}

/* The first argument of the fault itself. */
static bool read_fault(const char *command, const char *text, struct sim_fault *fault)
{
	unsigned long milliseconds;

	if (!text)
		return false;
	if (strcmp(command, "fail") == 0) {
		fault->type = SIM_FAULT_FAIL;
		fault->value = errno_of(text);
		return fault->value > 0;
	}
	if (strcmp(command, "delay") == 0) {
		fault->type = SIM_FAULT_DELAY;
		if (!simctl_number(text, 3600000, &milliseconds))
			return false;
		fault->value = milliseconds;
		return true;
	}
	fault->type = strcmp(text, "before") == 0 ? SIM_FAULT_CRASH_BEFORE : SIM_FAULT_CRASH_AFTER;
	return strcmp(text, "before") == 0 || strcmp(text, "after") == 0;
}

int simctl_fault(struct sim *sim, char **argv)
{
	bool blocks = strcmp(argv[0], "block") == 0;
	struct sim_fault fault = { .times = 1 };
	unsigned long number;
	int r;

	if (blocks)
		fault.type = SIM_FAULT_BLOCK;
	if (!argv[1] || (!blocks && !read_fault(argv[0], argv[2], &fault)))
		return SIMCTL_USAGE;
	fault.attribute = simctl_attribute(argv[1]);
	if (fault.attribute == ATTRIBUTES)
		return SIMCTL_USAGE;
	for (argv += blocks ? 2 : 3; argv[0]; argv += 2) {
		if (!simctl_number(argv[1], UINT32_MAX, &number))
			return SIMCTL_USAGE;
		if (strcmp(argv[0], "after") == 0)
			fault.after = number;
		else if (strcmp(argv[0], "times") == 0)
			fault.times = number;
		else
			return SIMCTL_USAGE;
	}
	r = faults_add(sim_begin(sim), &fault);
	sim_commit(sim);
	if (r < 0)
		printf("%s\n", strerrorname_np(-r));
	return r < 0 ? SIMCTL_REFUSED : SIMCTL_DONE;
}

int simctl_unblock(struct sim *sim, char **argv)
{
	if (argv[1])
		return SIMCTL_USAGE;
	sim_lock(sim);
	sim_counts(sim)->told++;
	sim_counts(sim)->blocked = 0;
	sim_unlock(sim);
	return SIMCTL_DONE;
}

int simctl_blocked(struct sim *sim, char **argv)
{
	uint64_t blocked;

	if (argv[1])
		return SIMCTL_USAGE;
	sim_lock(sim);
	blocked = sim_counts(sim)->blocked;
	sim_unlock(sim);
	printf("%" PRIu64 "\n", blocked);
	return SIMCTL_DONE;
}

int simctl_lose(struct sim *sim, char **argv)
{
	bool next = argv[1] && strcmp(argv[1], "next") == 0;
	struct sim_state *state;

	if (argv[1] && !next)
		return SIMCTL_USAGE;
	state = sim_begin(sim);
	if (next)
		state->lose_next = true;
	else
		sim_note_gap(state);
	sim_commit(sim);
	return SIMCTL_DONE;
}

int simctl_clear(struct sim *sim, char **argv)
{
	if (argv[1])
		return SIMCTL_USAGE;
	faults_clear(sim_begin(sim));
	sim_commit(sim);
	return SIMCTL_DONE;
}
