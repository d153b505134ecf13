/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/report/explain-internal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "daemon/report/diagnose.h"
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

/* Appends a sentence, after a space where there is one already. */
static void append(struct walk *walk, char **text, const char *format, va_list values)
{
	CLEANUP_FREE char *sentence = text_format(format, values);
	char *whole;

	if (!sentence) {
		walk->no_memory = true;
		return;
	}
	if (asprintf(&whole, "%s%s%s", *text ? *text : "", *text ? " " : "", sentence) < 0) {
		walk->no_memory = true;
		return;
	}
	free(*text);
	*text = whole;
}

void walk_say(struct walk *walk, const char *format, ...)
{
	va_list values;

	va_start(values, format);
	append(walk, &walk->link->message, format, values);
	va_end(values);
}

void walk_advise(struct walk *walk, const char *format, ...)
{
	va_list values;

	va_start(values, format);
	append(walk, &walk->link->remedy, format, values);
	va_end(values);
}

void walk_break(struct walk *walk, const struct queue_set *queues)
{
	walk->link->state = LINK_BROKEN;
	if (queues)
		queue_set_add_all(&walk->link->queues, queues);
}

void walk_leave_open(struct walk *walk)
{
	if (walk->link->state == LINK_OK)
		walk->link->state = LINK_UNKNOWN;
}

/* Without memory the text is empty, and the walk is thrown away at its end. */
static char *text_or_fail(struct walk *walk, char *text)
{
	walk->no_memory |= !text;
	return text ? text : strdup("");
}

char *walk_queues(struct walk *walk, const struct queue_set *set)
{
	return text_or_fail(walk, queue_set_format(set));
}

char *walk_ids(struct walk *walk, const struct mask *ids, enum list_kind kind)
{
	return text_or_fail(walk, list_format(ids, kind));
}

char *walk_arguments(struct walk *walk, const struct mask *ids)
{
	return text_or_fail(walk, list_format_option(ids, LIST_ADAPTERS));
}

const char *walk_problem(const struct problems *problems, const char *code)
{
	for (size_t i = 0; i < problems->count; i++)
		if (strcmp(problems->items[i].code, code) == 0)
			return problems->items[i].message;
	return NULL;
}

bool walk_has_nothing(struct walk *walk)
{
	if (!walk->wanted_known) {
		walk_leave_open(walk);
		walk_say(walk, "The queues that the device is to have are not known.");
	} else if (!walk->observed->host.ap_bus) {
		walk_leave_open(walk);
		walk_say(walk, "Without an AP bus there are no queues.");
	} else {
		return false;
	}
	return true;
}

/* Who the device is, and what the rest of the model says of it. */
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
	plan_find_conflicts(walk->observed, walk->desired, &walk->uuid, &walk->wanted,
			    &walk->conflicts);
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
