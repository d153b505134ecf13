/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reports why a device that starts automatically cannot be started.  The problem appears as soon as
 * the definition says so, not at the next boot only.
 */
#include <stdlib.h>

#include "common/list.h"
#include "daemon/model/readiness.h"
#include "daemon/report/diagnose.h"
#include "daemon/model/label.h"
#include "daemon/model/ownership.h"
#include "daemon/plan/reserve.h"

struct look {
	const struct observed *observed;
	const struct desired *desired;
	const struct definition *definition;
	const char *argument;
	struct problems *problems;
};

/* Of ids, those above the maximum. */
static struct mask find_above(const struct mask *ids, int maximum)
{
	struct mask high = *ids;

	MASK_FOR_EACH(id, ids)
		if (maximum < 0 || id <= (unsigned int)maximum)
			mask_clear(&high, id);
	return high;
}

static bool check_maximum(const struct look *look, const struct mask *ids, int maximum,
			  enum list_kind kind, const char *what, const char *option)
{
	struct mask high = find_above(ids, maximum);
	CLEANUP_FREE char *list = NULL, *arguments = NULL;

	if (mask_is_empty(&high))
		return true;
	list = list_format(&high, kind);
	arguments = list_format_option(&high, kind);
	label_problem(look->problems, look->desired, PROBLEM_CANNOT_START, &look->definition->uuid, NULL,
		      "apqd cannot start the device automatically, because this machine has no %s %s. To take "
		      "it out of the device, run: 'apqctl unassign %s %s %s'.",
		      what, list ? list : "like that", look->argument, option, arguments ? arguments : "?");
	return false;
}

/* The host's queues that nobody has reserved: reserved ones are taken from it before the device starts. */
static void find_hosts(const struct look *look, struct queue_set *ret_set)
{
	const struct host_policy *policy = &look->desired->policy;

	MATRIX_FOR_EACH_QUEUE(adapter, domain, &look->definition->matrix) {
		struct apqn apqn = { adapter, domain };

		if (ownership_is_hosts(look->observed, apqn) && !reservation_has(&policy->reserved, apqn))
			queue_set_add(ret_set, apqn);
	}
}

/* As it mostly is: a matrix without a queue of the host, found without a set of 8 KiB. */
static bool has_hosts(const struct look *look)
{
	const struct host_policy *policy = &look->desired->policy;

	MATRIX_FOR_EACH_QUEUE(adapter, domain, &look->definition->matrix) {
		struct apqn apqn = { adapter, domain };

		if (ownership_is_hosts(look->observed, apqn) && !reservation_has(&policy->reserved, apqn))
			return true;
	}
	return false;
}

static void check_hosts(const struct look *look)
{
	const char *option = reserve_option(look->observed, look->desired);
	CLEANUP_FREE struct queue_set *set = NULL;
	CLEANUP_FREE char *queues = NULL, *list = NULL, *advice = NULL;
	int n = 0;

	if (!has_hosts(look))
		return;
	set = calloc(1, sizeof(*set));
	if (!set) {
		look->problems->incomplete = true;
		return;
	}
	find_hosts(look, set);
	queues = queue_set_format(set);
	list = queue_set_list(set);
	if (option && !option[0])
		n = asprintf(&advice, "To reserve %s and start the device, run: 'apqctl start %s --reserve'.",
			     queue_set_count(set) == 1 ? "it" : "them", look->argument);
	else if (option && list && queue_set_is_short(set))
		n = asprintf(&advice, "To reserve %s, run: 'apqctl reserve --queues %s%s'.",
			     queue_set_count(set) == 1 ? "it" : "them", list, option);
	if (n < 0)
		advice = NULL;
	label_problem(look->problems, look->desired, PROBLEM_CANNOT_START, &look->definition->uuid, set,
		      "apqd cannot start the device automatically, because the host owns %s. %s",
		      queues ? queues : "some of its queues",
		      advice ? advice : option ? "For the remedy, see the host's own problems: 'apqctl status'." :
			       "Have the program that manages ownership on this host give them to guests.");
}

void diagnose_start(const struct observed *observed, const struct desired *desired,
		    const struct definition *definition, const char *argument,
		    struct problems *problems)
{
	const struct look look = { observed, desired, definition, argument, problems };
	const struct matrix *matrix = &definition->matrix;
	const struct observed_host *host = &observed->host;
	const char *reason;

	/* Otherwise that is a problem of the host. */
	if (!readiness_of_host(observed, &reason))
		return;
	if (definition->interrupts == INTERRUPTS_REQUIRED && !readiness_of_interrupts(observed, &reason))
		label_problem(problems, desired, PROBLEM_CANNOT_START, &definition->uuid, NULL,
			      "apqd cannot start the device automatically, because the device requires "
			      "interrupts, and the host cannot forward them. %s", reason);
	if (check_maximum(&look, &matrix->adapters, host->max_adapter, LIST_ADAPTERS, "adapter",
			  "--adapters") &&
	    check_maximum(&look, &matrix->domains, host->max_domain, LIST_DOMAINS, "domain", "--domains"))
		check_hosts(&look);
	check_maximum(&look, &matrix->control_domains, host->max_domain, LIST_DOMAINS, "control domain",
		      "--control-domains");
}
