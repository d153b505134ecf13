/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/plan/steps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void plan_done(struct plan *plan)
{
	free(plan->steps);
	problems_done(&plan->conflicts);
	*plan = (struct plan){ 0 };
}

bool step_is_of_kernel(const struct step *step)
{
	return step->kind == STEP_WRITE || step->kind == STEP_HAND_OVER;
}

static bool is_made(const struct step *steps, size_t count, const struct uuid *uuid)
{
	for (size_t i = 0; i < count; i++)
		if (steps[i].kind == STEP_WRITE && steps[i].write.attribute == ATTRIBUTE_CREATE &&
		    uuid_equal(&steps[i].write.uuid, uuid))
			return true;
	return false;
}

bool steps_move_queues(const struct step *steps, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct step *step = &steps[i];
		enum attribute attribute = step->write.attribute;

		if (step->kind == STEP_HAND_OVER)
			return true;
		if (step->kind != STEP_WRITE)
			continue;
		if (attribute == ATTRIBUTE_APMASK || attribute == ATTRIBUTE_AQMASK || attribute == ATTRIBUTE_REMOVE)
			return true;
		if (attribute >= ATTRIBUTE_AP_CONFIG && !is_made(steps, i, &step->write.uuid))
			return true;
	}
	return false;
}

struct step *plan_add_step(struct plan *plan, enum step_kind kind, const struct uuid *device)
{
	if (plan->count == plan->size) {
		size_t size = plan->size ? 2 * plan->size : 4;
		struct step *more = reallocarray(plan->steps, size, sizeof(*more));

		if (!more) {
			plan->no_memory = true;
			return NULL;
		}
		plan->steps = more;
		plan->size = size;
	}
	plan->steps[plan->count] = (struct step){ .kind = kind };
	if (device)
		plan->steps[plan->count].write.uuid = *device;
	return &plan->steps[plan->count++];
}

struct step *plan_add_write(struct plan *plan, const struct uuid *device, enum attribute attribute,
			    const char *value)
{
	struct step *step = plan_add_step(plan, STEP_WRITE, device);

	if (!step)
		return NULL;
	step->write.attribute = attribute;
	snprintf(step->write.value, sizeof(step->write.value), "%s", value);
	return step;
}

void plan_set_undo(struct step *step, enum attribute attribute, const char *value)
{
	if (!step)
		return;
	step->has_undo = true;
	step->undo.attribute = attribute;
	step->undo.uuid = step->write.uuid;
	snprintf(step->undo.value, sizeof(step->undo.value), "%s", value);
}
