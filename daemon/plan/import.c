/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/plan/import.h"

#include <errno.h>
#include <stdlib.h>

#include "common/cleanup.h"
#include "common/matrix.h"
#include "daemon/plan/reserve.h"

static struct mask_choice taken_by(const struct boot_masks *rules)
{
	struct mask_choice taken = { 0 };

	if (rules->has_apmask)
		taken.adapters = mask_complement(&rules->apmask);
	if (rules->has_aqmask)
		taken.domains = mask_complement(&rules->aqmask);
	return taken;
}

bool import_has_news(const struct desired *desired)
{
	const struct host_policy *policy = &desired->policy;
	struct mask_choice taken = taken_by(&desired->rules);

	if (!desired->rules_path || desired->rules_problem || desired->policy_bad ||
	    policy->mechanism == MECHANISM_OBSERVE)
		return false;
	return !mask_is_subset(&taken.adapters, &policy->reserved.adapters) ||
	       !mask_is_subset(&taken.domains, &policy->reserved.domains) ||
	       !mask_choice_is_subset(&taken, &policy->masks);
}

/* Only a rule of which every line is understood tells what the next boot will have. */
static int check_rule(const struct desired *desired, struct error *ret_error)
{
	if (desired->rules_problem)
		return error_set_reason(ret_error, ERROR_BAD_DEFINITION, "%s Nothing was taken over.",
					desired->rules_problem);
	if (!desired->rules_path)
		return error_set_reason(ret_error, ERROR_UNSUPPORTED,
					"There are no masks of chzdev to take over: neither "
					"/etc/udev/rules.d/41-ap.rules nor /run/udev/rules.d/41-ap.rules is "
					"there. To see what the masks in force take, run: 'apqctl status'.");
	if (!desired->rules.has_apmask && !desired->rules.has_aqmask)
		return error_set_reason(ret_error, ERROR_UNSUPPORTED,
					"There are no masks of chzdev to take over: the file %s sets neither "
					"apmask nor aqmask.",
					desired->rules_path);
	return 0;
}

/* Both ways cannot go together: the kernel takes no override while a bit of a mask is 0. */
static int refuse_overrides(const struct desired *desired, const struct reservation *what,
			    struct problems *conflicts)
{
	struct matrix matrix = { .adapters = what->adapters, .domains = what->domains };
	CLEANUP_FREE char *taken = matrix_describe(&matrix);

	if (!taken)
		return -ENOMEM;
	problems_add(conflicts, PROBLEM_OTHER_MECHANISM, NULL, NULL,
		     "The file %s takes %s from the host by the masks, but "
		     "/etc/apqd/host.json reserves by driver_override, and the kernel takes only one of them. "
		     "To change over to the masks, run: 'apqctl reserve --masks', then 'apqctl import'. Or reserve "
		     "what the file takes by driver_override, and remove the file.",
		     desired->rules_path, taken);
	return 0;
}

int import_make(const struct observed *observed, const struct desired *desired,
		struct host_change *ret_host, struct queue_set *collateral,
		struct problems *conflicts, struct error *ret_error)
{
	CLEANUP_FREE struct reserve_wish *wish = calloc(1, sizeof(*wish));
	struct mask_choice taken = taken_by(&desired->rules);
	int r = check_rule(desired, ret_error);

	if (!wish)
		return -ENOMEM;
	if (r < 0)
		return r;
	wish->import = true;
	wish->mechanism = MECHANISM_MASKS;
	wish->what.adapters = taken.adapters;
	wish->what.domains = taken.domains;
	if (desired->policy.mechanism == MECHANISM_OVERRIDES && !reservation_is_empty(&wish->what))
		return refuse_overrides(desired, &wish->what, conflicts);
	return reserve_make(observed, desired, wish, ret_host, collateral, conflicts);
}
