/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/lacking.h"

#include <stdio.h>

#include "cli/call.h"
#include "cli/given.h"
#include "cli/host.h"

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

void lacking_warn(struct run *run)
{
	struct matrix ids = named_ids(run->options), has;
	CLEANUP_REPLY struct reply reply = { 0 };
	CLEANUP_FREE char *text = NULL;
	struct host host;

	/* To take away what is gone is no mistake. */
	if (run->options->verb->id == VERB_RELEASE || run->options->verb->id == VERB_UNASSIGN ||
	    matrix_is_empty(&ids) ||
	    call_try(run, "GetHost", NULL, CLIENT_READ_TIMEOUT, &reply) != EXIT_STATUS_DONE ||
	    reply.error || host_read(reply.parameters, &host) < 0)
		return;
	has = machine_ids(&host);
	ids = matrix_minus(&ids, &has);
	text = given_ids(&ids, &run->options->decimal);
	if (text && *text)
		fprintf(stderr, "apqctl: Warning: this machine does not have %s.\n", text);
}
