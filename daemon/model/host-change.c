/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/model/host-change.h"

#include "daemon/model/ownership.h"

void host_change_init(struct host_change *host)
{
	*host = (struct host_change){ .interrupts = INTERRUPTS_NO_WISH };
	host_policy_init(&host->policy);
}

bool host_change_leaves_to_host(const struct observed *observed, const struct host_change *change,
				struct apqn apqn)
{
	if (!change || !change->ownership)
		return ownership_is_hosts(observed, apqn);
	if (queue_set_has(&change->take, apqn))
		return !observed_find_queue(observed, apqn);
	if (!queue_set_has(&change->give, apqn) && ownership_is_overridden(observed, apqn))
		return ownership_is_hosts(observed, apqn);
	return mask_test(&change->apmask, apqn.adapter) && mask_test(&change->aqmask, apqn.domain);
}

void host_change_keep_others(const struct observed *observed, const struct host_change *other,
			     struct host_change *change)
{
	struct mask adapters = mask_minus(&other->apmask, &change->apmask);
	struct mask domains = mask_minus(&other->aqmask, &change->aqmask);
	struct mask more_adapters = mask_minus(&change->apmask, &other->apmask);
	struct mask more_domains = mask_minus(&change->aqmask, &other->aqmask);

	if (!change->ownership)
		return;
	change->apmask = mask_minus(&observed->host.apmask, &adapters);
	change->apmask = mask_or(&change->apmask, &more_adapters);
	change->aqmask = mask_minus(&observed->host.aqmask, &domains);
	change->aqmask = mask_or(&change->aqmask, &more_domains);
}

void host_change_rebase(const struct observed *observed, const struct desired *desired,
			const struct host_change *other, struct host_change *change)
{
	if (desired->policy_bad || desired->policy.mechanism == MECHANISM_OBSERVE)
		change->ownership = change->write_policy = false;
	else
		host_change_keep_others(observed, other, change);
}

void host_change_invert(const struct observed *observed, const struct desired *desired,
			const struct host_change *change, struct host_change *ret_back)
{
	struct host_change back;

	host_change_init(&back);
	back.ownership = change->ownership;
	back.apmask = observed->host.apmask;
	back.aqmask = observed->host.aqmask;
	QUEUE_SET_FOR_EACH(adapter, domain, &change->take)
		if (!ownership_is_overridden(observed, (struct apqn){ adapter, domain }))
			queue_set_add(&back.give, (struct apqn){ adapter, domain });
	QUEUE_SET_FOR_EACH(adapter, domain, &change->give)
		if (ownership_is_overridden(observed, (struct apqn){ adapter, domain }))
			queue_set_add(&back.take, (struct apqn){ adapter, domain });
	back.set_interrupts = change->set_interrupts;
	if (change->interrupts.gisa >= 0)
		back.interrupts.gisa = observed->host.gisa;
	if (change->interrupts.poll_thread >= 0)
		back.interrupts.poll_thread = observed->host.poll_thread;
	if (change->interrupts.poll_timeout != JSON_INT_NULL)
		back.interrupts.poll_timeout = observed->host.poll_timeout;
	back.write_policy = change->write_policy;
	back.policy = desired->policy;
	*ret_back = back;
}
