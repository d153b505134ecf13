/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is wrong with the host itself: with its readiness, with what is reserved, and with who
 * else decides about it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/list.h"
#include "daemon/model/readiness.h"
#include "daemon/report/diagnose.h"
#include "daemon/model/ownership.h"
#include "daemon/plan/reserve.h"

static void copy_problems(const struct problems *from, struct problems *to)
{
	for (size_t i = 0; i < from->count; i++)
		problems_add(to, from->items[i].code,
			     from->items[i].has_device ? &from->items[i].device : NULL,
			     from->items[i].queues, "%s", from->items[i].message);
}

static void diagnose_reservation(const struct observed *observed, const struct desired *desired,
				 struct queue_set *scratch, struct problems *problems)
{
	const char *mechanism =
		desired->policy.mechanism == MECHANISM_OVERRIDES ? " --overrides" : " --masks";
	const char *option = reserve_option(observed, desired);
	CLEANUP_FREE char *queues = NULL, *list = NULL, *command = NULL;
	bool is_driven = false;

	for (unsigned int adapter = 0; adapter < APQN_IDS; adapter++)
		MASK_FOR_EACH(domain, &observed->queues[adapter]) {
			struct apqn apqn = { adapter, domain };

			if (!reservation_has(&desired->policy.reserved, apqn) ||
			    !ownership_is_hosts(observed, apqn))
				continue;
			queue_set_add(scratch, apqn);
			is_driven |= observed_find_queue(observed, apqn)->driver[0] != '\0';
		}
	queues = queue_set_is_empty(scratch) ? NULL : queue_set_title(scratch);
	if (!queues)
		return;
	if (option && queue_set_is_short(scratch))
		list = queue_set_list(scratch);
	if (option && asprintf(&command, " To take %s again, run: 'apqctl reserve%s%s%s'.",
			       queue_set_count(scratch) == 1 ? "it" : "them", list ? " --queues " : "",
			       list ? list : "", list || option[0] ? option : mechanism) < 0)
		command = NULL;
	problems_add(problems, PROBLEM_RESERVATION_LOST, NULL, scratch,
		     "%s: reserved for guests, but %s %s.%s", queues,
		     is_driven ? "the host has" : "no driver has",
		     queue_set_count(scratch) == 1 ? "it" : "them", command ? command : "");
}

/*
 * One mask that somebody sets at boot, beside what host.json would have there; can_import: where it
 * takes more from the host, that can be taken over.
 */
static void diagnose_boot_mask(const char *where, const char *name, const struct mask *mask,
			       const struct mask *taken, bool is_rule, bool can_import,
			       struct problems *problems)
{
	struct mask expected = mask_complement(taken), more = mask_minus(&expected, mask);
	struct mask less = mask_minus(mask, &expected);
	const char *import = mask_is_empty(&more) || !can_import ?
				     "" : " To reserve what the rule takes too, run: 'apqctl import'.";
	const char *remove = " Take the parameter out of it, or make it say the same.";
	char found[MASK_TEXT_SIZE], wanted[MASK_TEXT_SIZE];

	if (mask_equal(mask, &expected))
		return;
	if (is_rule)
		remove = mask_is_empty(&less) && import[0] ?
				 "" : " To remove the rule, run: 'chzdev --type ap --remove-all --persistent'.";
	problems_add(problems, PROBLEM_BOOT_MASKS, NULL, NULL,
		     "%s sets %s to %s at boot, and /etc/apqd/host.json stands for %s.%s%s",
		     where, name, mask_format(mask, found), mask_format(&expected, wanted), import, remove);
}

static void diagnose_boot(const struct observed *observed, const struct desired *desired,
			  struct problems *problems)
{
	static const char rules[] = "chzdev's rule 41-ap.rules", line[] = "The kernel's command line";
	const struct host_policy *policy = &desired->policy;
	const struct observed_host *host = &observed->host;
	struct mask_choice taken = { 0 };
	bool can_import = policy->mechanism == MECHANISM_MASKS;

	if (policy->mechanism == MECHANISM_MASKS && !policy->has_masks)
		return;
	if (policy->mechanism == MECHANISM_MASKS)
		taken = policy->masks;
	if (desired->rules.has_apmask)
		diagnose_boot_mask(rules, "apmask", &desired->rules.apmask, &taken.adapters,
				   true, can_import, problems);
	else if (host->has_boot_apmask)
		diagnose_boot_mask(line, "ap.apmask", &host->boot_apmask, &taken.adapters, false,
				   false, problems);
	if (desired->rules.has_aqmask)
		diagnose_boot_mask(rules, "aqmask", &desired->rules.aqmask, &taken.domains,
				   true, can_import, problems);
	else if (host->has_boot_aqmask)
		diagnose_boot_mask(line, "ap.aqmask", &host->boot_aqmask, &taken.domains, false,
				   false, problems);
}

static void diagnose_mechanism(const struct observed *observed, const struct desired *desired,
			       struct problems *problems)
{
	enum ownership_kind kind = ownership_kind(observed);

	if (desired->policy.mechanism == MECHANISM_OVERRIDES && !observed->host.has_override &&
	    observed_has_queues(observed))
		problems_add(problems, PROBLEM_OTHER_MECHANISM, NULL, NULL,
			     "Queues are reserved by driver_override, which this kernel does not have (Linux 6.19 "
			     "and newer do). To change over to the masks, run: 'apqctl reserve --masks'.");
	else if (desired->policy.mechanism == MECHANISM_OVERRIDES && kind == OWNERSHIP_MASKS)
		problems_add(problems, PROBLEM_OTHER_MECHANISM, NULL, NULL,
			     "Queues are reserved by driver_override, but another program has cleared bits of "
			     "apmask or aqmask, and while one is 0 the kernel takes no override. To give the masks "
			     "back, run: 'chzdev -t ap%s%s'. To change over to the masks, run: 'apqctl reserve "
			     "--masks'.",
			     mask_count(&observed->host.apmask) < APQN_IDS ? " apmask=+0-255" : "",
			     mask_count(&observed->host.aqmask) < APQN_IDS ? " aqmask=+0-255" : "");
	else if (desired->policy.mechanism == MECHANISM_MASKS && kind == OWNERSHIP_OVERRIDES)
		problems_add(problems, PROBLEM_OTHER_MECHANISM, NULL, NULL,
			     "Queues are reserved by the masks, but another program has set driver_override on "
			     "some, and while one is set the kernel takes no mask. Let that program give them "
			     "back. To change over to driver_override, run: 'apqctl reserve --overrides'.");
}

static void diagnose_overrides(const struct observed *observed, const struct desired *desired,
			       struct queue_set *scratch, struct problems *problems)
{
	const struct host_policy *policy = &desired->policy;
	CLEANUP_FREE char *queues = NULL;

	memset(scratch, 0, sizeof(*scratch));
	for (unsigned int adapter = 0; adapter < APQN_IDS; adapter++)
		MASK_FOR_EACH(domain, &observed->queues[adapter]) {
			struct apqn apqn = { adapter, domain };
			const char *override = observed_find_queue(observed, apqn)->override;
			bool ours = policy->mechanism == MECHANISM_OVERRIDES &&
				    strcmp(override, "vfio_ap") == 0 &&
				    reservation_has(&policy->reserved, apqn);

			if (override[0] && !ours)
				queue_set_add(scratch, apqn);
		}
	queues = queue_set_is_empty(scratch) ? NULL : queue_set_title(scratch);
	if (queues)
		problems_add(problems, PROBLEM_OTHER_OVERRIDES, NULL, scratch,
			     "%s: another program has set driver_override, and apqd leaves them alone. If that "
			     "program is to manage this host, run: 'apqctl policy --ownership observe'.",
			     queues);
}

static void diagnose_ownership(const struct observed *observed, const struct desired *desired,
			       struct problems *problems)
{
	CLEANUP_FREE struct queue_set *scratch = calloc(1, sizeof(*scratch));

	if (!scratch) {
		problems->incomplete = true;
		return;
	}
	if (desired->policy.has_reservation) {
		diagnose_reservation(observed, desired, scratch, problems);
		diagnose_mechanism(observed, desired, problems);
		diagnose_boot(observed, desired, problems);
	}
	if (observed->host.has_override)
		diagnose_overrides(observed, desired, scratch, problems);
	if (observed->host.override_leaked)
		problems_add(problems, PROBLEM_OVERRIDE_LEAKED, NULL, NULL,
			     "A queue went away while its driver_override was set, and the kernel still counts it: "
			     "until the next boot it refuses every change of apmask and aqmask (EINVAL). Overrides "
			     "go on working. To change the masks, reboot this host first.");
}

static void diagnose_switch(const char *path, const char *option, int is, int wanted,
			    struct problems *problems)
{
	if (wanted >= 0 && is >= 0 && is != wanted)
		problems_add(problems, PROBLEM_HOST_INTERRUPTS, NULL, NULL,
			     "%s is %s, and /etc/apqd/host.json wants it %s: 'apqctl interrupts --%s %s' sets it.",
			     path, is ? "on" : "off", wanted ? "on" : "off", option, wanted ? "on" : "off");
}

static void diagnose_host_interrupts(const struct observed *observed, const struct desired *desired,
				     struct problems *problems)
{
	const struct interrupts_wish *wish = &desired->policy.interrupts;
	const struct observed_host *host = &observed->host;

	diagnose_switch("/sys/module/kvm/parameters/use_gisa", "gisa", host->gisa, wish->gisa, problems);
	if (wish->poll_thread > 0 && host->poll_thread == 0 && host->interrupts)
		problems_add(problems, PROBLEM_HOST_INTERRUPTS, NULL, NULL,
			     "/etc/apqd/host.json wants a poll thread, but the AP bus takes interrupts for the "
			     "host's queues, and so the kernel starts none: 'apqctl interrupts --poll-thread off' "
			     "gives it up.");
	else
		diagnose_switch("/sys/bus/ap/poll_thread", "poll-thread", host->poll_thread,
				wish->poll_thread, problems);
	if (wish->poll_timeout != JSON_INT_NULL && host->poll_timeout != JSON_INT_NULL &&
	    wish->poll_timeout != host->poll_timeout)
		problems_add(problems, PROBLEM_HOST_INTERRUPTS, NULL, NULL,
			     "/sys/bus/ap/poll_timeout is %" PRId64 ", and /etc/apqd/host.json wants %" PRId64
			     ": 'apqctl interrupts --poll-timeout %" PRId64 "' sets it.",
			     host->poll_timeout, wish->poll_timeout, wish->poll_timeout);
}

void diagnose_host(const struct observed *observed, const struct desired *desired,
		   struct problems *problems)
{
	const char *reason;

	if (!readiness_of_host(observed, &reason))
		problems_add(problems, PROBLEM_NOT_READY, NULL, NULL, "%s", reason);
	copy_problems(&desired->problems, problems);
	if (observed->host.ap_bus && !desired->policy_bad &&
	    desired->policy.mechanism != MECHANISM_OBSERVE)
		diagnose_ownership(observed, desired, problems);
	diagnose_host_interrupts(observed, desired, problems);
}
