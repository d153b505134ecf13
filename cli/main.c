/* SPDX-License-Identifier: GPL-2.0-or-later */
/* apqctl: says to apqd what an administrator wants, and to the administrator what apqd knows. */
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "cli/call.h"
#include "cli/help.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "common/error.h"

/* A verb has run: what it printed must have arrived too. */
static int finish(int status)
{
	int r = output_finish();

	if (r < 0 && r != -EPIPE) {
		fprintf(stderr, "apqctl: The output could not be written: %s.\n", strerror(-r));
		return EXIT_STATUS_FAILED;
	}
	return status;
}

static int run_verb(const struct options *options)
{
	struct run run = { .options = options };
	int status;

	client_init(&run.client);
	status = options->verb->fn(&run);
	client_done(&run.client);
	return finish(status);
}

int main(int argc, char **argv)
{
	struct options options;
	int r;

	setlocale(LC_CTYPE, "");
	r = options_parse(argc, argv, &all_verbs, &options);
	if (r < 0)
		return r == -EINVAL ? EXIT_STATUS_USAGE : call_broken(r);
	output_init(option_given(&options, OPTION_JSON) ? COLOR_NEVER : options.color);
	if (option_given(&options, OPTION_VERSION)) {
		puts("apqctl " PACKAGE_VERSION);
		return finish(EXIT_STATUS_DONE);
	}
	if (option_given(&options, OPTION_HELP)) {
		if (options.verb)
			help_print_verb(options.verb);
		else
			help_print(&all_verbs);
		return finish(EXIT_STATUS_DONE);
	}
	if (option_given(&options, OPTION_QUIET) && !freopen("/dev/null", "w", stdout))
		return call_broken(-errno);
	table_select(options.columns);
	return run_verb(&options);
}
