/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/model/policy.h"

#include <string.h>

const char *const ownership_mechanism_names[4] = { "", "masks", "overrides", "observe" };

void host_policy_init(struct host_policy *policy)
{
	*policy = (struct host_policy){ .interrupts = INTERRUPTS_NO_WISH };
}

bool interrupts_wish_is_empty(const struct interrupts_wish *wish)
{
	return wish->gisa < 0 && wish->poll_thread < 0 && wish->poll_timeout == JSON_INT_NULL;
}

bool reservation_equal(const struct reservation *a, const struct reservation *b)
{
	return mask_equal(&a->adapters, &b->adapters) && mask_equal(&a->domains, &b->domains) &&
	       queue_set_equal(&a->queues, &b->queues);
}

static bool choice_equal(const struct mask_choice *a, const struct mask_choice *b)
{
	return mask_equal(&a->adapters, &b->adapters) && mask_equal(&a->domains, &b->domains);
}

bool host_policy_equal(const struct host_policy *a, const struct host_policy *b)
{
	return a->mechanism == b->mechanism && a->has_reservation == b->has_reservation &&
	       reservation_equal(&a->reserved, &b->reserved) && a->has_masks == b->has_masks &&
	       choice_equal(&a->masks, &b->masks) && a->interrupts.gisa == b->interrupts.gisa &&
	       a->interrupts.poll_thread == b->interrupts.poll_thread &&
	       a->interrupts.poll_timeout == b->interrupts.poll_timeout && a->enforce == b->enforce;
}

bool reservation_is_empty(const struct reservation *reserved)
{
	return mask_is_empty(&reserved->adapters) && mask_is_empty(&reserved->domains) &&
	       queue_set_is_empty(&reserved->queues);
}

bool reservation_has(const struct reservation *reserved, struct apqn apqn)
{
	return mask_test(&reserved->adapters, apqn.adapter) ||
	       mask_test(&reserved->domains, apqn.domain) || queue_set_has(&reserved->queues, apqn);
}

void reservation_expand(const struct reservation *reserved, const struct queue_set *among,
			struct queue_set *set)
{
	for (unsigned int adapter = 0; adapter < APQN_IDS; adapter++) {
		struct mask domains = mask_test(&reserved->adapters, adapter) ?
					      among->domains[adapter] :
					      mask_and(&among->domains[adapter], &reserved->domains);

		domains = mask_or(&domains, &reserved->queues.domains[adapter]);
		set->domains[adapter] = mask_or(&set->domains[adapter], &domains);
	}
}
