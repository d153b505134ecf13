/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/given.h"

#include <stdlib.h>

#include "common/list.h"

/* Most ids or ranges of ids that a warning names. */
#define NAMED_MAX 8

/* Prints the ids as "adapters 04, 0a-0c (10-12)", with the decimal reading of those in decimal. */
static void print_ids(FILE *out, const char *what, int width, const struct mask *ids,
		      const struct mask *decimal)
{
	const char *before = ftell(out) > 0 ? ", " : "";
	unsigned int named = 0;

	if (mask_is_empty(ids))
		return;
	fprintf(out, "%s%s%s ", before, what, mask_count(ids) == 1 ? "" : "s");
	for (unsigned int id = mask_next(ids, 0); id < APQN_IDS; named++) {
		bool is_decimal = mask_test(decimal, id);
		unsigned int last = id;

		if (named == NAMED_MAX) {
			fputs(" and more", out);
			return;
		}
		while (mask_test(ids, last + 1) && mask_test(decimal, last + 1) == is_decimal)
			last++;
		fprintf(out, "%s%0*x", named ? ", " : "", width, id);
		if (last > id)
			fprintf(out, "-%0*x", width, last);
		if (is_decimal)
			fprintf(out, last > id ? " (%u-%u)" : " (%u)", id, last);
		id = mask_next(ids, last + 1);
	}
}

char *given_ids(const struct matrix *ids, const struct matrix *decimal)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	print_ids(out, "adapter", 2, &ids->adapters, &decimal->adapters);
	print_ids(out, "domain", 4, &ids->domains, &decimal->domains);
	print_ids(out, "control domain", 4, &ids->control_domains, &decimal->control_domains);
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

char *given_describe(const struct options *options)
{
	return given_ids(&options->decimal, &options->decimal);
}

void given_print(const struct options *options, FILE *out)
{
	CLEANUP_FREE char *text = given_describe(options);

	if (text && *text)
		fprintf(out, "%sGiven: %s.\n", out == stderr ? "apqctl: " : "", text);
}
