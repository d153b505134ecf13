/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/model/limits.h"

#include "common/list.h"

static struct mask above(const struct mask *ids, int maximum)
{
	struct mask result = *ids;

	MASK_FOR_EACH(id, ids)
		if (maximum < 0 || id <= (unsigned int)maximum)
			mask_clear(&result, id);
	return result;
}

static void check_maximum(const struct mask *ids, int maximum, const char *what,
			  enum list_kind kind, struct problems *conflicts)
{
	struct mask high = above(ids, maximum);
	CLEANUP_FREE char *list = NULL;

	if (mask_is_empty(&high))
		return;
	list = list_format(&high, kind);
	problems_add(conflicts, PROBLEM_ABOVE_MAXIMUM, NULL, NULL,
		     "This machine has no %s %s: the highest is %0*x.", what, list ? list : "like that",
		     kind == LIST_ADAPTERS ? 2 : 4, (unsigned int)maximum);
}

void limits_check(const struct observed *observed, const struct mask *adapters,
		  const struct mask *domains, const struct mask *control_domains,
		  struct problems *problems)
{
	check_maximum(adapters, observed->host.max_adapter, "adapter", LIST_ADAPTERS, problems);
	check_maximum(domains, observed->host.max_domain, "domain", LIST_DOMAINS, problems);
	check_maximum(control_domains, observed->host.max_domain, "control domain", LIST_DOMAINS, problems);
}
