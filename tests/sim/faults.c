/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/sim/faults.h"

#include <errno.h>
#include <string.h>

int faults_add(struct sim_state *state, const struct sim_fault *fault)
{
	for (size_t i = 0; i < SIM_FAULTS_MAX; i++) {
		if (state->faults[i].type != SIM_FAULT_NONE)
			continue;
		state->faults[i] = *fault;
		return 0;
	}
	return -ENOSPC;
}

void faults_clear(struct sim_state *state)
{
	memset(state->faults, 0, sizeof(state->faults));
}

static void hit(const struct sim_fault *fault, struct faults_hit *result)
{
	switch ((enum sim_fault_type)fault->type) {
	case SIM_FAULT_NONE:
		break;
	case SIM_FAULT_FAIL:
		result->error = -fault->value;
		break;
	case SIM_FAULT_DELAY:
		result->milliseconds += fault->value;
		break;
	case SIM_FAULT_BLOCK:
		result->block = true;
		break;
	case SIM_FAULT_CRASH_BEFORE:
		result->crash_before = true;
		break;
	case SIM_FAULT_CRASH_AFTER:
		result->crash_after = true;
		break;
	}
}

struct faults_hit faults_take(struct sim_state *state, enum attribute attribute)
{
	struct faults_hit result = { 0 };

	for (size_t i = 0; i < SIM_FAULTS_MAX; i++) {
		struct sim_fault *fault = &state->faults[i];

		if (fault->type == SIM_FAULT_NONE || fault->attribute != attribute)
			continue;
		if (fault->after > 0) {
			fault->after--;
			continue;
		}
		hit(fault, &result);
		if (fault->times == 1)
			fault->type = SIM_FAULT_NONE;
		else if (fault->times > 1)
			fault->times--;
	}
	return result;
}
