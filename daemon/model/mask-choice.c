/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/model/mask-choice.h"

bool mask_choice_takes(const struct mask_choice *choice, struct apqn apqn)
{
	return mask_test(&choice->adapters, apqn.adapter) ||
	       mask_test(&choice->domains, apqn.domain);
}

bool mask_choice_is_subset(const struct mask_choice *inner, const struct mask_choice *outer)
{
	return mask_is_subset(&inner->adapters, &outer->adapters) &&
	       mask_is_subset(&inner->domains, &outer->domains);
}

bool mask_choice_is_empty(const struct mask_choice *choice)
{
	return mask_is_empty(&choice->adapters) && mask_is_empty(&choice->domains);
}

struct mask_choice mask_choice_or(const struct mask_choice *a, const struct mask_choice *b)
{
	return (struct mask_choice){
		.adapters = mask_or(&a->adapters, &b->adapters),
		.domains = mask_or(&a->domains, &b->domains),
	};
}

struct mask_choice mask_choice_minus(const struct mask_choice *a, const struct mask_choice *b)
{
	return (struct mask_choice){
		.adapters = mask_minus(&a->adapters, &b->adapters),
		.domains = mask_minus(&a->domains, &b->domains),
	};
}
