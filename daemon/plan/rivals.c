/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Several devices that want one queue, in words: the first of them by name, the others by number.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/plan/rivals.h"

/* So many are named. */
#define NAMED_MAX 3

static_assert(NAMED_MAX < CLAIMS_NAMED, "one of the claimants may be left out");

static void print_claimant(FILE *out, const struct claimant *claimant)
{
	if (claimant->name[0])
		fprintf(out, "%s (%s)", claimant->name, claimant->uuid->text);
	else
		fputs(claimant->uuid->text, out);
	if (claimant->in_use)
		fputs(", which a guest uses", out);
}

struct rivals_text rivals_describe(const struct claims_group *group, claimant_fn find,
				   const void *userdata, const struct uuid *besides)
{
	unsigned int known = group->count < CLAIMS_NAMED ? group->count : CLAIMS_NAMED, named = 0;
	struct rivals_text rivals = { .count = group->count - (besides != NULL) };
	size_t size;
	FILE *out = open_memstream(&rivals.text, &size);

	if (!out) {
		rivals.text = NULL;
		return rivals;
	}
	for (unsigned int i = 0; i < known && named < NAMED_MAX; i++) {
		struct claimant claimant = find(userdata, group->named[i]);

		if (besides && uuid_equal(claimant.uuid, besides))
			continue;
		if (named == 0)
			rivals.first = *claimant.uuid;
		else
			fputs(named + 1 == rivals.count ? " and " : ", ", out);
		print_claimant(out, &claimant);
		named++;
	}
	if (rivals.count > named)
		fprintf(out, " and %u more", rivals.count - named);
	if (fclose(out) != 0) {
		free(rivals.text);
		rivals.text = NULL;
	}
	return rivals;
}
