/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/report/explain.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "daemon/plan/conflict.h"
#include "daemon/report/diagnose.h"
#include "daemon/report/explain-device.h"
#include "daemon/report/explain-driver.h"
#include "daemon/report/explain-interrupts.h"
#include "daemon/report/explain-machine.h"
#include "daemon/model/label.h"
#include "daemon/model/ownership.h"
#include "daemon/plan/plan.h"

const char *const link_names[LINKS] = { "configured", "released", "bound",     "assigned",
					"effective",  "guest",	  "interrupts" };
const char *const link_state_names[3] = { "ok", "broken", "unknown" };

static void (*const walkers[LINKS])(struct walk *walk) = {
	[LINK_CONFIGURED] = explain_configured, [LINK_RELEASED] = explain_released,
	[LINK_BOUND] = explain_bound,		[LINK_ASSIGNED] = explain_assigned,
	[LINK_EFFECTIVE] = explain_effective,	[LINK_GUEST] = explain_guest,
	[LINK_INTERRUPTS] = explain_interrupts,
};

/* Collects the facts, conflicts and problems of the device. */
static void begin(struct walk *walk)
{
	const struct definition *definition = desired_find(walk->desired, &walk->uuid);

	walk->device = observed_find_device(walk->observed, &walk->uuid);
	walk->name = label_argument(walk->observed, walk->desired, &walk->uuid);
	walk->definition = definition && !definition->problem ? definition : NULL;
	walk->wanted_known = walk->definition || (walk->device && walk->device->active_known);
	if (walk->definition)
		walk->wanted = walk->definition->matrix;
	else if (walk->device)
		walk->wanted = walk->device->active;
	if (walk->device)
		walk->effective = ownership_effective(walk->observed, walk->device);
	conflict_find(walk->observed, walk->desired, &walk->uuid, &walk->wanted, &walk->conflicts);
	diagnose_device(walk->observed, walk->desired, &walk->uuid, &walk->problems);
	walk->no_memory = walk->conflicts.incomplete || walk->problems.incomplete;
	MATRIX_FOR_EACH_QUEUE(adapter, domain, &walk->wanted)
		if (!observed_find_queue(walk->observed, (struct apqn){ adapter, domain }))
			queue_set_add(&walk->absent, (struct apqn){ adapter, domain });
}

void explanation_done(struct explanation *explanation)
{
	for (size_t i = 0; i < LINKS; i++) {
		free(explanation->links[i].message);
		free(explanation->links[i].remedy);
		explanation->links[i] = (struct chain_link){ 0 };
	}
}

int explain_device(const struct observed *observed, const struct desired *desired,
		   const struct uuid *uuid, struct explanation *ret_explanation)
{
	CLEANUP_FREE struct walk *walk = calloc(1, sizeof(*walk));

	if (!walk)
		return -ENOMEM;
	walk->observed = observed;
	walk->desired = desired;
	walk->uuid = *uuid;
	begin(walk);
	for (size_t i = 0; i < LINKS; i++) {
		walk->link = &walk->explanation.links[i];
		walkers[i](walk);
	}
	problems_done(&walk->conflicts);
	problems_done(&walk->problems);
	if (walk->no_memory) {
		explanation_done(&walk->explanation);
		return -ENOMEM;
	}
	*ret_explanation = walk->explanation;
	return 0;
}
