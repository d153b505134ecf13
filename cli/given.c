/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/given.h"

#include <stdlib.h>

#include "cli/call.h"
#include "cli/host.h"
#include "common/json.h"
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

static char *describe(const struct matrix *ids, const struct matrix *decimal)
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
	return describe(&options->decimal, &options->decimal);
}

void given_print(const struct options *options, FILE *out)
{
	CLEANUP_FREE char *text = given_describe(options);

	if (text && *text)
		fprintf(out, "%sGiven: %s.\n", out == stderr ? "apqctl: " : "", text);
}

/* All adapters and domains that the command line names, also as parts of queues. */
static struct matrix named_ids(const struct options *options)
{
	struct matrix ids = options->matrix;

	for (unsigned int adapter = 0; adapter < APQN_IDS; adapter++)
		if (!mask_is_empty(&options->queues.domains[adapter])) {
			mask_set(&ids.adapters, adapter);
			ids.domains = mask_or(&ids.domains, &options->queues.domains[adapter]);
		}
	return ids;
}

/* The ids up to an id of the host; one that is not known ends nothing. */
static struct mask up_to(int64_t maximum)
{
	struct mask mask = { 0 };

	for (unsigned int id = 0; id < APQN_IDS; id++)
		if (maximum < 0 || id <= maximum)
			mask_set(&mask, id);
	return mask;
}

/* Returns the ids that the machine has, as far as apqd knows them. */
static struct matrix machine_ids(const struct host *host)
{
	struct matrix ids = { up_to(host->max_adapter), up_to(host->max_domain),
			      up_to(host->max_domain) };

	/* A machine that does not say what it has configured shows nothing at all. */
	if (!matrix_is_empty(&host->configured))
		ids = matrix_and(&ids, &(struct matrix){ host->configured.adapters,
							  host->configured.domains,
							  ids.control_domains });
	return ids;
}

void given_warn(struct run *run)
{
	struct matrix ids = named_ids(run->options), has;
	CLEANUP_REPLY struct reply reply = { 0 };
	CLEANUP_FREE char *text = NULL;
	struct host host;

	/* To take away what is gone is no mistake. */
	if (run->options->verb->fn == verb_release || run->options->verb->fn == verb_unassign ||
	    matrix_is_empty(&ids) ||
	    call_try(run, "GetHost", NULL, CLIENT_READ_TIMEOUT, &reply) != EXIT_STATUS_DONE ||
	    reply.error || host_read(reply.parameters, &host) < 0)
		return;
	has = machine_ids(&host);
	ids = matrix_minus(&ids, &has);
	text = describe(&ids, &run->options->decimal);
	if (text && *text)
		fprintf(stderr, "apqctl: Warning: this machine does not have %s.\n", text);
}
