/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/model/claims.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Counters up to CLAIMS_MAX, one bit of all queues each: a row of 256 is counted at once. */
#define PLANES 14

static_assert(CLAIMS_MAX < 1 << PLANES, "the counters hold as many as there can be");

struct claims {
	struct mask planes[PLANES][APQN_IDS];
	/* By adapter, then domain; 0: nobody, else the claimant's number plus one. */
	uint16_t named[CLAIMS_NAMED][APQN_IDS][APQN_IDS];
	struct mask has[CLAIMS_NAMED][APQN_IDS];	/* which of these are set */
};

static uint64_t work;

uint64_t claims_work(void)
{
	return work;
}

struct claims *claims_new(void)
{
	return calloc(1, sizeof(struct claims));
}

void claims_free(struct claims *claims)
{
	free(claims);
}

/* Adds one to the counters of a row, all at once: a carry goes from plane to plane. */
static void count_row(struct claims *claims, unsigned int adapter, const struct mask *domains)
{
	struct mask carry = *domains;

	for (size_t i = 0; i < PLANES && !mask_is_empty(&carry); i++) {
		struct mask *plane = &claims->planes[i][adapter];
		struct mask both = mask_and(plane, &carry), either = mask_or(plane, &carry);

		*plane = mask_minus(&either, &both);
		carry = both;
	}
}

/* Puts the claimant where there is still room for a name. */
static void name_row(struct claims *claims, unsigned int adapter, const struct mask *domains,
		     unsigned int who)
{
	struct mask left = *domains;

	for (size_t i = 0; i < CLAIMS_NAMED && !mask_is_empty(&left); i++) {
		struct mask *has = &claims->has[i][adapter];
		struct mask room = mask_minus(&left, has);

		MASK_FOR_EACH(domain, &room)
			claims->named[i][adapter][domain] = (uint16_t)(who + 1);
		*has = mask_or(has, &room);
		left = mask_minus(&left, &room);
	}
}

static void add_row(struct claims *claims, unsigned int adapter, const struct mask *domains,
		    unsigned int who)
{
	assert(who < CLAIMS_MAX);
	work++;
	count_row(claims, adapter, domains);
	name_row(claims, adapter, domains, who);
}

void claims_add(struct claims *claims, const struct matrix *matrix, unsigned int who)
{
	MASK_FOR_EACH(adapter, &matrix->adapters)
		add_row(claims, adapter, &matrix->domains, who);
}

void claims_add_set(struct claims *claims, const struct queue_set *set, unsigned int who)
{
	for (unsigned int adapter = 0; adapter < APQN_IDS; adapter++)
		if (!mask_is_empty(&set->domains[adapter]))
			add_row(claims, adapter, &set->domains[adapter], who);
}

bool claims_has_more(const struct claims *claims, const struct matrix *matrix, unsigned int own)
{
	MASK_FOR_EACH(adapter, &matrix->adapters) {
		struct mask both = mask_and(&claims->has[own][adapter], &matrix->domains);

		work++;
		if (!mask_is_empty(&both))
			return true;
	}
	return false;
}

static unsigned int count_of(const struct claims *claims, unsigned int adapter, unsigned int domain)
{
	unsigned int count = 0;

	for (size_t i = 0; i < PLANES; i++)
		count += (unsigned int)mask_test(&claims->planes[i][adapter], domain) << i;
	return count;
}

static bool is_alike(const struct claims_group *a, const struct claims_group *b)
{
	return a->count == b->count && memcmp(a->named, b->named, sizeof(a->named)) == 0;
}

/* The group that the queue belongs to, a new one if need be; NULL where there is no more room. */
static struct claims_group *group_of(struct claims_groups *groups, size_t max,
				     const struct claims_group *like)
{
	struct claims_group *group;

	for (size_t i = groups->count; i-- > 0;)
		if (is_alike(&groups->items[i], like))
			return &groups->items[i];
	if (groups->count == max)
		return NULL;
	group = &groups->items[groups->count++];
	group->count = like->count;
	memcpy(group->named, like->named, sizeof(group->named));
	return group;
}

static void find_queue(const struct claims *claims, struct apqn apqn, size_t max,
		       struct claims_group *scratch, struct claims_groups *groups)
{
	struct claims_group *group;

	scratch->count = count_of(claims, apqn.adapter, apqn.domain);
	for (size_t i = 0; i < CLAIMS_NAMED; i++) {
		unsigned int who = claims->named[i][apqn.adapter][apqn.domain];

		scratch->named[i] = who ? who - 1 : 0;
	}
	group = group_of(groups, max, scratch);
	if (group)
		queue_set_add(&group->queues, apqn);
	else
		groups->left_out++;
}

void claims_groups_done(struct claims_groups *groups)
{
	free(groups->items);
	*groups = (struct claims_groups){ 0 };
}

int claims_find(const struct claims *claims, const struct queue_set *among, size_t max,
		struct claims_groups *ret_groups)
{
	CLEANUP_FREE struct claims_group *scratch = calloc(1, sizeof(*scratch));
	struct claims_groups groups = { .items = calloc(max, sizeof(*groups.items)) };

	if (!groups.items || !scratch) {
		claims_groups_done(&groups);
		return -ENOMEM;
	}
	for (unsigned int adapter = 0; adapter < APQN_IDS; adapter++) {
		struct mask rivals = mask_and(&among->domains[adapter], &claims->has[1][adapter]);

		work++;
		MASK_FOR_EACH(domain, &rivals)
			find_queue(claims, (struct apqn){ adapter, domain }, max, scratch, &groups);
	}
	*ret_groups = groups;
	return 0;
}
