/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/report/diagnose.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/list.h"
#include "daemon/model/label.h"
#include "daemon/model/ownership.h"
#include "daemon/plan/conflict.h"
#include "daemon/plan/rivals.h"
#include "daemon/model/readiness.h"
#include "daemon/model/resolve.h"
#include "daemon/model/under-way.h"

bool diagnose_has_drift(const struct observed *observed, const struct desired *desired,
			const struct uuid *uuid)
{
	const struct observed_device *device = observed_find_device(observed, uuid);
	const struct definition *definition = desired_find(desired, uuid);

	return device && device->active_known && definition && !definition->problem &&
	       !matrix_equal(&device->active, &definition->matrix);
}

/* The device under diagnosis, and the list that gets its problems. */
struct diagnosis {
	const struct observed *observed;
	const struct desired *desired;
	const struct uuid *uuid;
	const struct observed_device *device;	/* NULL: not started */
	const struct definition *definition;	/* NULL: none, or none that can be used */
	const char *argument;			/* as commands call the device */
	struct problems *problems;
};

static void diagnose_drift(const struct diagnosis *d)
{
	const struct matrix *active = &d->device->active, *defined = &d->definition->matrix;
	CLEANUP_FREE char *has = matrix_describe(active);
	CLEANUP_FREE char *wanted = matrix_describe(defined);
	bool loses = d->device->in_use && !matrix_is_subset(active, defined);

	label_problem(d->problems, d->desired, PROBLEM_DRIFT, d->uuid, NULL,
		      "the kernel has %s, but the definition says %s. To restore the definition, run: 'apqctl "
		      "start %s%s'. To keep what the kernel has, run: 'apqctl modify %s --adopt'.",
		      has ? has : "other queues", wanted ? wanted : "others", d->argument,
		      loses ? " --force" : "", d->argument);
}

/* A device's definition is told of so many sets of rivals. */
#define RIVALS_MAX 4

static struct claimant find_definition(const void *userdata, unsigned int who)
{
	const struct desired *desired = userdata;
	const struct definition *definition = desired->definitions.items[who];

	return (struct claimant){ &definition->uuid, definition->name, false };
}

static void add_rivals(const struct diagnosis *d, const struct claims_group *group)
{
	struct rivals_text rivals = rivals_describe(group, find_definition, d->desired, d->uuid);
	CLEANUP_FREE char *names = rivals.text, *queues = queue_set_format(&group->queues);
	bool one = queue_set_count(&group->queues) == 1;

	if (!names || !queues) {
		d->problems->incomplete = true;
		return;
	}
	label_problem(d->problems, d->desired, PROBLEM_DEFINITION_CONFLICT, d->uuid, NULL,
		      "%s %s also in the definition%s of device%s %s. All of them start automatically, and "
		      "only one can have %s. To start this one by hand only, run: 'apqctl modify %s --manual'.",
		      queues, one ? "is" : "are", rivals.count == 1 ? "" : "s",
		      rivals.count == 1 ? "" : "s", names, one ? "it" : "them", d->argument);
}

static void diagnose_other_definitions(const struct diagnosis *d)
{
	CLEANUP_CLAIMS_GROUPS struct claims_groups groups = { 0 };
	CLEANUP_FREE struct queue_set *among = NULL;
	const struct claims *claims;
	int r = desired_claims(d->desired, &claims);

	if (r == 0 && !claims_has_more(claims, &d->definition->matrix, 1))
		return;
	among = r == 0 ? calloc(1, sizeof(*among)) : NULL;
	if (among)
		queue_set_add_matrix(among, &d->definition->matrix);
	if (!among || claims_find(claims, among, RIVALS_MAX, &groups) < 0) {
		d->problems->incomplete = true;
		return;
	}
	for (size_t i = 0; i < groups.count; i++)
		add_rivals(d, &groups.items[i]);
	if (groups.left_out)
		label_problem(d->problems, d->desired, PROBLEM_DEFINITION_CONFLICT, d->uuid, NULL,
			      "%u more queues are also in other definitions that start automatically. To start "
			      "this one by hand only, run: 'apqctl modify %s --manual'.",
			      groups.left_out, d->argument);
}

/* Nothing that apqd writes makes one name mean two devices, but files are copied by hand, too. */
static void diagnose_name(const struct diagnosis *d, const char *name)
{
	const struct definition *other = resolve_name(d->desired, name, d->uuid);

	if (!other)
		return;
	label_problem(d->problems, d->desired, PROBLEM_NAME_CONFLICT, d->uuid, NULL,
		      "device %s has the name '%s' too, so that name means neither of them. To give this one "
		      "another name, run: 'apqctl modify %s --name %.*s-%.8s'.",
		      other->uuid.text, name, d->uuid->text, DEVICE_NAME_SIZE - 10, name, d->uuid->text);
}

/* What each trouble of an assigned queue is called, and what it means for the guest. */
static const struct trouble {
	const char *code;
	const char *one, *many;
	bool is_explained;
} in_both = {
	PROBLEM_NOT_BOUND,
	"is not bound to vfio_ap, but the guest still has it, because this kernel (before Linux 6.0) takes nothing "
	"from a guest: the host must not use it.",
	"are not bound to vfio_ap, but the guest still has them, because this kernel (before Linux 6.0) takes "
	"nothing from a guest: the host must not use them.", true,
}, trouble[] = {
	[QUEUE_ABSENT] = { PROBLEM_ABSENT,
			   "is missing, so the kernel keeps its whole adapter from the guest.",
			   "are missing, so the kernel keeps their whole adapters from the guest.", true },
	[QUEUE_NOT_BOUND] = { PROBLEM_NOT_BOUND,
			      "is not bound to vfio_ap, so the kernel keeps its whole adapter from the guest.",
			      "are not bound to vfio_ap, so the kernel keeps their whole adapters from the "
			      "guest.", true },
	[QUEUE_DECONFIGURED] = { PROBLEM_DECONFIGURED,
				 "is deconfigured: no request gets through until the adapter is configured "
				 "again.",
				 "are deconfigured: no request gets through until the adapter is configured "
				 "again.", true },
	[QUEUE_CHECKSTOPPED] = { PROBLEM_CHECKSTOPPED,
				 "is checkstopped: the adapter has failed and needs service.",
				 "are checkstopped: the adapter has failed and needs service.", false },
};

/* As it mostly is: then nobody needs a set for each trouble, 40 KiB. */
static bool all_fine(const struct observed *observed, const struct matrix *matrix)
{
	MATRIX_FOR_EACH_QUEUE(adapter, domain, matrix)
		if (ownership_trouble(observed, (struct apqn){ adapter, domain }) != QUEUE_FINE)
			return false;
	return true;
}

static void tell_trouble(const struct diagnosis *d, enum queue_trouble kind, const struct queue_set *set)
{
	CLEANUP_FREE char *queues = queue_set_format(set), *advice = NULL;
	bool is_one = queue_set_count(set) == 1;
	bool is_both = kind == QUEUE_NOT_BOUND && d->device->in_use && !observed_has_hotplug(d->observed);
	const struct trouble *text = is_both ? &in_both : &trouble[kind];

	if (text->is_explained &&
	    asprintf(&advice, " For the remedy, run: 'apqctl explain %s'.", d->argument) < 0)
		advice = NULL;
	label_problem(d->problems, d->desired, text->code, d->uuid, set, "%s %s%s",
		      queues ? queues : "some queues", is_one ? text->one : text->many,
		      advice ? advice : "");
}

static void diagnose_queues(const struct diagnosis *d)
{
	struct queue_set *sets;

	if (all_fine(d->observed, &d->device->active))
		return;
	sets = calloc(ARRAY_SIZE(trouble), sizeof(*sets));
	if (!sets) {
		d->problems->incomplete = true;
		return;
	}
	MATRIX_FOR_EACH_QUEUE(adapter, domain, &d->device->active) {
		struct apqn apqn = { adapter, domain };

		queue_set_add(&sets[ownership_trouble(d->observed, apqn)], apqn);
	}
	for (size_t i = QUEUE_ABSENT; i < ARRAY_SIZE(trouble); i++)
		if (!queue_set_is_empty(&sets[i]))
			tell_trouble(d, i, &sets[i]);
	free(sets);
}

static void diagnose_control_domains(const struct diagnosis *d)
{
	const struct observed_host *host = &d->observed->host;
	struct mask filtered = mask_minus(&d->device->active.control_domains,
					  &host->configured.control_domains);
	CLEANUP_FREE char *list = NULL, *arguments = NULL;

	if (!host->configured_known || mask_is_empty(&filtered))
		return;
	list = list_format(&filtered, LIST_DOMAINS);
	arguments = list_format_option(&filtered, LIST_DOMAINS);
	label_problem(d->problems, d->desired, PROBLEM_CONTROL_DOMAIN, d->uuid, NULL,
		      "the host itself may not administer control domain %s, so the kernel keeps it from the "
		      "guest. To take it out of the device, run: 'apqctl unassign %s --control-domains %s%s'.",
		      list ? list : "?", d->argument, arguments ? arguments : "?",
		      d->device->in_use ? " --force" : "");
}

/* Queues with interrupts on although the policy is to poll. */
static void diagnose_polled(const struct diagnosis *d)
{
	CLEANUP_FREE struct queue_set *set = calloc(1, sizeof(*set));
	CLEANUP_FREE char *queues = NULL;

	if (!set) {
		d->problems->incomplete = true;
		return;
	}
	ownership_interrupt_queues(d->observed, d->device, set);
	if (queue_set_is_empty(set))
		return;
	queues = queue_set_format(set);
	label_problem(d->problems, d->desired, PROBLEM_NOT_POLLED, d->uuid, set,
		      "the guest has interrupts on for %s, but the interrupts policy of the device is polled. "
		      "Start the guest again with apqi=off in its CPU model, which 'apqctl show %s --libvirt' "
		      "prints. To allow interrupts, run: 'apqctl modify %s --interrupts any'.",
		      queues ? queues : "some queues", d->argument, d->argument);
}

static void diagnose_interrupts(const struct diagnosis *d)
{
	const char *reason;

	if (d->definition->interrupts == INTERRUPTS_POLLED)
		diagnose_polled(d);
	else if (d->definition->interrupts == INTERRUPTS_REQUIRED &&
		 !readiness_of_interrupts(d->observed, &reason))
		label_problem(d->problems, d->desired, PROBLEM_INTERRUPTS_UNAVAILABLE, d->uuid, NULL,
			      "the device requires interrupts, and the host cannot forward them. %s", reason);
}

static void diagnose_unknown(const struct diagnosis *d)
{
	CLEANUP_FREE char *again = NULL;

	if (d->definition && asprintf(&again, ", then 'apqctl start %s'", d->argument) < 0)
		again = NULL;
	label_problem(d->problems, d->desired, PROBLEM_MATRIX_UNKNOWN, d->uuid, NULL,
		      "the device may have more queues than this kernel can list without overwriting its own "
		      "memory, so apqd does not read them. To have them known, run: 'apqctl stop %s'%s.",
		      d->argument, again ? again : "");
}

static void diagnose_active(const struct diagnosis *d)
{
	if (d->device->leaving)
		return;
	if (!d->device->active_known) {
		diagnose_unknown(d);
		return;
	}
	/* Half of a change that is at work is nobody's drift. */
	if (d->definition && !matrix_equal(&d->device->active, &d->definition->matrix) &&
	    !under_way_find(d->desired, d->uuid))
		diagnose_drift(d);
	diagnose_queues(d);
	diagnose_control_domains(d);
	if (d->definition)
		diagnose_interrupts(d);
}

static void diagnose_definition(struct diagnosis *d)
{
	if (d->definition->name[0])
		diagnose_name(d, d->definition->name);
	if (d->definition->problem) {
		CLEANUP_FREE char *text = definition_describe_problem(d->definition, d->argument);

		label_problem(d->problems, d->desired, PROBLEM_BAD_DEFINITION, d->uuid, NULL, "%s",
			      text ? text : d->definition->problem);
		d->definition = NULL;
	} else if (d->definition->start == START_AUTO) {
		diagnose_other_definitions(d);
	}
}

static void diagnose_note(const struct diagnosis *d, const struct device_note *note)
{
	if ((note && note->stopping) || (d->device && d->device->leaving))
		label_problem(d->problems, d->desired, PROBLEM_STOPPING, d->uuid, NULL,
			      "the device is being removed, and goes as soon as its guest has ended.");
	if (note && note->failure)
		label_problem(d->problems, d->desired, PROBLEM_NOT_STARTED, d->uuid, NULL,
			      "apqd could not bring the device to its definition. %s", note->failure);
	else if (!d->device && d->definition && d->definition->start == START_AUTO &&
		 !d->desired->starting && !(note && note->waiting) && !under_way_find(d->desired, d->uuid))
		diagnose_start(d->observed, d->desired, d->definition, d->argument, d->problems);
}

void diagnose_device(const struct observed *observed, const struct desired *desired,
		     const struct uuid *uuid, struct problems *problems)
{
	struct diagnosis d = {
		.observed = observed,
		.desired = desired,
		.uuid = uuid,
		.device = observed_find_device(observed, uuid),
		.definition = desired_find(desired, uuid),
		.argument = label_argument(observed, desired, uuid),
		.problems = problems,
	};

	if (d.definition)
		diagnose_definition(&d);
	if (d.device)
		diagnose_active(&d);
	diagnose_note(&d, desired_find_note(desired, uuid));
}
