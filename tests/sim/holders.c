/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/sim/holders.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "tests/sim/mdev.h"

/* The start time out of /proc/PID/stat, field 22 (proc(5)); 0 where there is no such process. */
static uint64_t start_time(pid_t pid)
{
	char path[32], line[1024];
	CLEANUP(fclosep) FILE *file = NULL;
	uint64_t started = 0;
	char *at, state;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	file = fopen(path, "re");
	if (!file || !fgets(line, sizeof(line), file))
		return 0;
	/* the second field, the name, may hold blanks and parentheses */
	at = strrchr(line, ')');
	if (!at || sscanf(at + 1,
			  " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d "
			  "%*d %" SCNu64,
			  &state, &started) != 2)
		return 0;
	return state == 'Z' || state == 'X' ? 0 : started;
}

bool holders_is_alive(const struct sim_holder *holder)
{
	return start_time(holder->pid) == holder->started;
}

int holders_open(struct sim_state *state, const struct uuid *uuid, uint64_t *ret_serial)
{
	const struct sim_device *device = sim_get_device(state, uuid);

	if (!device)
		return -ENOENT;
	/* also while it is being removed: its group is still there, and taken */
	if (mdev_is_open(state, device))
		return -EBUSY;
	for (size_t i = 0; i < SIM_HOLDERS_MAX; i++) {
		if (state->holders[i].serial)
			continue;
		state->holders[i] = (struct sim_holder){
			.serial = device->serial,
			.pid = getpid(),
			.started = start_time(getpid()),
			.gisa = state->kvm.loaded && state->kvm.use_gisa,
			.facility65 = state->kvm.loaded && state->kvm.facility65,
		};
		sim_note_device(state, uuid);
		*ret_serial = device->serial;
		return 0;
	}
	return -ENFILE;
}

void holders_close(struct sim_state *state, uint64_t serial)
{
	for (size_t i = 0; i < SIM_HOLDERS_MAX; i++)
		if (state->holders[i].serial == serial)
			state->holders[i] = (struct sim_holder){ 0 };
	mdev_closed(state, serial);
}

bool holders_any_dead(const struct sim_state *state)
{
	for (size_t i = 0; i < SIM_HOLDERS_MAX; i++)
		if (state->holders[i].serial && !holders_is_alive(&state->holders[i]))
			return true;
	return false;
}

void holders_reap(struct sim_state *state)
{
	for (size_t i = 0; i < SIM_HOLDERS_MAX; i++)
		if (state->holders[i].serial && !holders_is_alive(&state->holders[i]))
			holders_close(state, state->holders[i].serial);
}
