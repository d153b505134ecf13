/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/model/diagnose.h"

#include <stdlib.h>

#include "common/list.h"
#include "daemon/model/ownership.h"
#include "daemon/model/plan-internal.h"
#include "daemon/model/under-way.h"

bool diagnose_ready(const struct observed *observed, const char **ret_reason)
{
	if (!observed->host.ap_bus)
		*ret_reason = "There is no AP bus: this machine has no crypto adapters, or the kernel module ap "
			      "is not loaded.";
	else if (!observed->host.passthrough)
		*ret_reason = "The kernel module vfio_ap is not loaded: load it by 'modprobe vfio_ap'.";
	else
		*ret_reason = NULL;
	return !*ret_reason;
}

bool diagnose_forwarding(const struct observed *observed, const char **ret_reason)
{
	if (observed->host.gisa < 0)
		*ret_reason = "The kernel module kvm is not loaded: load it by 'modprobe kvm'.";
	else if (observed->host.gisa == 0)
		*ret_reason = "KVM may not use the guest interruption state area: "
			      "/sys/module/kvm/parameters/use_gisa is off. 'apqctl interrupts --gisa on' "
			      "switches it on.";
	else if (observed->host.facility65 < 0)
		*ret_reason = "KVM could not be asked whether it offers facility 65 (AQIC) to guests.";
	else if (observed->host.facility65 == 0)
		*ret_reason = "KVM does not offer facility 65 (AQIC) to guests on this machine.";
	else
		*ret_reason = NULL;
	return !*ret_reason;
}

bool diagnose_has_drift(const struct observed *observed, const struct desired *desired,
			const struct uuid *uuid)
{
	const struct observed_device *device = observed_find_device(observed, uuid);
	const struct definition *definition = desired_find(desired, uuid);

	return device && device->active_known && definition && !definition->problem &&
	       !matrix_equal(&device->active, &definition->matrix);
}

static void diagnose_drift(const struct observed_device *device, const struct definition *definition,
			   struct problems *problems)
{
	CLEANUP_FREE char *active = matrix_describe(&device->active);
	CLEANUP_FREE char *defined = matrix_describe(&definition->matrix);

	problems_add(problems, PROBLEM_DRIFT, &device->uuid, NULL,
		     "It has %s, but is defined with %s: 'apqctl start' makes it follow its definition, "
		     "'apqctl modify --adopt' the definition follow it.",
		     active ? active : "other queues", defined ? defined : "others");
}

/* A device's definition is told of so many sets of rivals. */
#define RIVALS_MAX 4

static struct claimant find_definition(const void *userdata, unsigned int who)
{
	const struct desired *desired = userdata;
	const struct definition *definition = desired->definitions.items[who];

	return (struct claimant){ &definition->uuid, definition->name, false };
}

static void add_rivals(const struct desired *desired, const struct definition *definition,
		       const struct claims_group *group, struct problems *problems)
{
	struct rivals_text rivals =
		rivals_describe(group, find_definition, desired, &definition->uuid);
	CLEANUP_FREE char *names = rivals.text, *queues = queue_set_format(&group->queues);
	bool one = queue_set_count(&group->queues) == 1;

	if (!names || !queues) {
		problems->incomplete = true;
		return;
	}
	queues[0] = 'Q';
	problems_add(problems, PROBLEM_DEFINITION_CONFLICT, &definition->uuid, NULL,
		     "%s %s also in the definition%s of device%s %s: all of them start automatically, and "
		     "only one can have %s.",
		     queues, one ? "is" : "are", rivals.count == 1 ? "" : "s",
		     rivals.count == 1 ? "" : "s", names, one ? "it" : "them");
}

static void diagnose_other_definitions(const struct desired *desired,
				       const struct definition *definition,
				       struct problems *problems)
{
	CLEANUP_CLAIMS_GROUPS struct claims_groups groups = { 0 };
	CLEANUP_FREE struct queue_set *among = NULL;
	const struct claims *claims;
	int r = desired_claims(desired, &claims);

	if (r == 0 && !claims_has_more(claims, &definition->matrix, 1))
		return;
	among = r == 0 ? calloc(1, sizeof(*among)) : NULL;
	if (among)
		queue_set_add_matrix(among, &definition->matrix);
	if (!among || claims_find(claims, among, RIVALS_MAX, &groups) < 0) {
		problems->incomplete = true;
		return;
	}
	for (size_t i = 0; i < groups.count; i++)
		add_rivals(desired, definition, &groups.items[i], problems);
	if (groups.left_out)
		problems_add(problems, PROBLEM_DEFINITION_CONFLICT, &definition->uuid, NULL,
			     "%u more queues are also in other definitions that start automatically.",
			     groups.left_out);
}

/* What each trouble of an assigned queue is called, and what it means for the guest. */
static const struct {
	const char *code;
	const char *sentence;
} trouble[] = {
	[QUEUE_ABSENT] = { PROBLEM_ABSENT,
			   "not there, so the kernel keeps the whole adapter from the guest." },
	[QUEUE_NOT_BOUND] = { PROBLEM_NOT_BOUND,
			      "not bound to vfio_ap, so the kernel keeps the whole adapter from the guest." },
	[QUEUE_DECONFIGURED] = { PROBLEM_DECONFIGURED,
				 "deconfigured: no request gets through until the adapter is configured again." },
	[QUEUE_CHECKSTOPPED] = { PROBLEM_CHECKSTOPPED,
				 "checkstopped: the adapter has failed and needs service." },
};

/* As it mostly is: then nobody needs a set for each trouble, 40 KiB. */
static bool all_fine(const struct observed *observed, const struct matrix *matrix)
{
	MATRIX_FOR_EACH_QUEUE(adapter, domain, matrix)
		if (ownership_trouble(observed, (struct apqn){ adapter, domain }) != QUEUE_FINE)
			return false;
	return true;
}

static void diagnose_queues(const struct observed *observed, const struct observed_device *device,
			    struct problems *problems)
{
	struct queue_set *sets;

	if (all_fine(observed, &device->active))
		return;
	sets = calloc(ARRAY_SIZE(trouble), sizeof(*sets));
	if (!sets) {
		problems->incomplete = true;
		return;
	}
	MATRIX_FOR_EACH_QUEUE(adapter, domain, &device->active) {
		struct apqn apqn = { adapter, domain };

		queue_set_add(&sets[ownership_trouble(observed, apqn)], apqn);
	}
	for (size_t i = QUEUE_ABSENT; i < ARRAY_SIZE(trouble); i++) {
		CLEANUP_FREE char *queues = NULL;

		if (queue_set_is_empty(&sets[i]))
			continue;
		queues = queue_set_format(&sets[i]);
		if (queues)
			queues[0] = 'Q';
		problems_add(problems, trouble[i].code, &device->uuid, &sets[i], "%s: %s",
			     queues ? queues : "Some queues", trouble[i].sentence);
	}
	free(sets);
}

static void diagnose_control_domains(const struct observed *observed,
				     const struct observed_device *device, struct problems *problems)
{
	struct mask filtered = mask_minus(&device->active.control_domains,
					  &observed->host.configured.control_domains);
	CLEANUP_FREE char *list = NULL;

	if (!observed->host.configured_known || mask_is_empty(&filtered))
		return;
	list = list_format(&filtered, LIST_DOMAINS);
	problems_add(problems, PROBLEM_CONTROL_DOMAIN, &device->uuid, NULL,
		     "The host itself may not administer control domain %s, so the kernel keeps it from "
		     "the guest.",
		     list ? list : "?");
}

/* Queues with interrupts on although the policy is to poll. */
static void diagnose_polled(const struct observed *observed, const struct observed_device *device,
			    struct problems *problems)
{
	CLEANUP_FREE struct queue_set *set = calloc(1, sizeof(*set));
	CLEANUP_FREE char *queues = NULL;

	if (!set) {
		problems->incomplete = true;
		return;
	}
	ownership_interrupt_queues(observed, device, set);
	if (queue_set_is_empty(set))
		return;
	queues = queue_set_format(set);
	if (queues)
		queues[0] = 'Q';
	problems_add(problems, PROBLEM_NOT_POLLED, &device->uuid, set,
		     "%s: interrupts are on, and the policy of the device is polled: give its guest a CPU "
		     "model with apqi=off ('apqctl show --qemu' and '--libvirt' print one).",
		     queues ? queues : "Some queues");
}

static void diagnose_interrupts(const struct observed *observed, const struct observed_device *device,
				const struct definition *definition, struct problems *problems)
{
	const char *reason;

	if (definition->interrupts == INTERRUPTS_POLLED)
		diagnose_polled(observed, device, problems);
	else if (definition->interrupts == INTERRUPTS_REQUIRED &&
		 !diagnose_forwarding(observed, &reason))
		problems_add(problems, PROBLEM_INTERRUPTS_UNAVAILABLE, &device->uuid, NULL,
			     "It requires interrupts, and the host cannot forward them: %s", reason);
}

static void diagnose_active(const struct observed *observed, const struct desired *desired,
			    const struct observed_device *device,
			    const struct definition *definition, struct problems *problems)
{
	if (device->leaving)
		return;
	if (!device->active_known) {
		problems_add(problems, PROBLEM_MATRIX_UNKNOWN, &device->uuid, NULL,
			     "It may have more queues than this kernel can list without overwriting its own "
			     "memory. Run: apqctl stop %s, then: apqctl start %s",
			     device->uuid.text, device->uuid.text);
		return;
	}
	/* Half of a change that is at work is nobody's drift. */
	if (definition && !definition->problem &&
	    !matrix_equal(&device->active, &definition->matrix) &&
	    !under_way_find(desired, &device->uuid))
		diagnose_drift(device, definition, problems);
	diagnose_queues(observed, device, problems);
	diagnose_control_domains(observed, device, problems);
	if (definition && !definition->problem)
		diagnose_interrupts(observed, device, definition, problems);
}

void diagnose_device(const struct observed *observed, const struct desired *desired,
		     const struct uuid *uuid, struct problems *problems)
{
	const struct observed_device *device = observed_find_device(observed, uuid);
	const struct definition *definition = desired_find(desired, uuid);
	const struct device_note *note = desired_find_note(desired, uuid);

	if (definition && definition->problem)
		problems_add(problems, PROBLEM_BAD_DEFINITION, uuid, NULL, "%s", definition->problem);
	else if (definition && definition->start == START_AUTO)
		diagnose_other_definitions(desired, definition, problems);
	if (device)
		diagnose_active(observed, desired, device, definition, problems);
	if ((note && note->stopping) || (device && device->leaving))
		problems_add(problems, PROBLEM_STOPPING, uuid, NULL,
			     "It is being removed, and goes as soon as its guest has ended.");
	if (note && note->failure)
		problems_add(problems, PROBLEM_NOT_STARTED, uuid, NULL,
			     "It could not be brought to its definition automatically: %s", note->failure);
}
