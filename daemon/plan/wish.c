/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/plan/wish.h"

int wish_check(const struct observed *observed, const struct desired *desired,
	       const struct interrupts_wish *wish, const char *parameter, struct error *ret_error)
{
	if (desired->policy_bad)
		return error_set_reason(ret_error, ERROR_BAD_DEFINITION,
					"/etc/apqd/host.json cannot be used, so nothing is written to it: 'apqctl "
					"status' shows the mistake.");
	if (wish->poll_timeout != JSON_INT_NULL &&
	    (wish->poll_timeout < 0 || wish->poll_timeout > POLL_TIMEOUT_MAX))
		return error_set_parameter(ret_error, parameter);
	if (wish->poll_thread == 1 && observed->host.interrupts)
		return error_set_reason(ret_error, ERROR_UNSUPPORTED,
					"The AP bus of this host takes interrupts (ap_interrupts is 1), and then the "
					"kernel starts no poll thread: nothing was changed.");
	return 0;
}

void wish_merge(const struct interrupts_wish *wish, struct interrupts_wish *policy)
{
	if (wish->gisa >= 0)
		policy->gisa = wish->gisa;
	if (wish->poll_thread >= 0)
		policy->poll_thread = wish->poll_thread;
	if (wish->poll_timeout != JSON_INT_NULL)
		policy->poll_timeout = wish->poll_timeout;
}
