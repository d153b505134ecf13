/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Takes the masks that chzdev sets at boot over into the host policy. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/call.h"
#include "cli/change.h"
#include "cli/host.h"
#include "cli/output.h"
#include "cli/reserved.h"
#include "cli/verbs.h"
#include "common/json.h"

/* Returns true if the rule would still set other masks at boot than those that are reserved. */
static bool still_disagrees(const struct host *host)
{
	for (size_t i = 0; i < list_length(host->problems); i++) {
		const char *code = json_get_string(json_object_array_get_idx(host->problems, i), "code");

		if (code && strcmp(code, "bootMasksDisagree") == 0)
			return true;
	}
	return false;
}

/* What is to become of the file, which apqd does not touch; one in /run chzdev cannot remove. */
static void print_advice(const char *file, const struct host *host)
{
	bool is_automatic = strstr(file, "/run/udev/rules.d/") != NULL;

	fputs("The file ", stdout);
	output_text(file, STYLE_PLAIN);
	printf(" is left as it is. %s '",
	       still_disagrees(host) ?
		       "But at boot it would set other masks than those for all that is reserved:" :
		       "It says the same as what is reserved, so it may stay;");
	if (is_automatic) {
		fputs("rm ", stdout);
		output_text(file, STYLE_PLAIN);
	} else {
		fputs("chzdev --type ap --remove-all --persistent", stdout);
	}
	puts("' removes it.");
}

int verb_import(struct run *run)
{
	const struct options *options = run->options;
	CLEANUP_JSON struct json_object *parameters = json_object_new_object();
	CLEANUP_REPLY struct reply reply = { 0 };
	CLEANUP_FREE char *all = NULL;
	const char *file;
	struct host host;
	int r;

	if (change_add_flag(parameters, "force", options, OPTION_FORCE) < 0 ||
	    change_add_flag(parameters, "dryRun", options, OPTION_DRY_RUN) < 0)
		return call_broken(-ENOMEM);
	r = call(run, "Import", TAKE_PTR(parameters), CLIENT_NO_TIMEOUT, &reply);
	if (r != EXIT_STATUS_DONE)
		return r;
	r = host_read(reply.parameters, &host);
	if (r < 0)
		return call_failed(run, r);
	all = reserved_describe(&host.reserved);
	if (!all)
		return call_broken(-ENOMEM);
	if (change_report(run, &reply, NULL,
			  "all that chzdev's rule takes from the host is reserved already"))
		printf("Reserved for guests now, %s: %s.\n", reserved_mechanism(host.mechanism), all);
	reserved_print_taken(run, &reply);
	file = json_get_string(reply.parameters, "file");
	if (file && !option_given(options, OPTION_JSON) && !option_given(options, OPTION_DRY_RUN))
		print_advice(file, &host);
	return EXIT_STATUS_DONE;
}
