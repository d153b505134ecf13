/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All that is wanted as one document: out of apqd, and into it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/call.h"
#include "cli/change.h"
#include "cli/document.h"
#include "cli/output.h"
#include "cli/reserved.h"
#include "cli/verbs.h"
#include "common/json.h"

int verb_export(struct run *run)
{
	CLEANUP_REPLY struct reply reply = { 0 };
	CLEANUP_FREE char *text = NULL;
	struct json_object *state = NULL;
	int r = call(run, "Export", NULL, CLIENT_READ_TIMEOUT, &reply);

	if (r != EXIT_STATUS_DONE)
		return r;
	if (!json_object_object_get_ex(reply.parameters, "state", &state))
		return call_failed(run, -EBADMSG);
	text = document_format(state);
	if (!text)
		return call_broken(-ENOMEM);
	fputs(text, stdout);
	return EXIT_STATUS_DONE;
}

static int call_method(struct run *run, struct json_object *state, struct reply *ret_reply)
{
	const struct options *options = run->options;
	CLEANUP_JSON struct json_object *parameters = json_object_new_object();

	if (json_add(parameters, "state", json_object_get(state)) < 0 ||
	    change_add_flag(parameters, "prune", options, OPTION_PRUNE) < 0 ||
	    change_add_flag(parameters, "force", options, OPTION_FORCE) < 0 ||
	    change_add_flag(parameters, "dryRun", options, OPTION_DRY_RUN) < 0)
		return call_broken(-ENOMEM);
	return call_try(run, "Apply", TAKE_PTR(parameters), CLIENT_NO_TIMEOUT, ret_reply);
}

/* A mistake in the document is told with what stands there. */
static int tell_refusal(const struct run *run, struct json_object *state, const struct reply *reply)
{
	const char *path = reply->parameters ? json_get_string(reply->parameters, "parameter") : NULL;
	CLEANUP_FREE char *text = NULL, *safe = NULL;

	if (error_from_name(reply->error) != ERROR_INVALID_PARAMETER || !path ||
	    option_given(run->options, OPTION_JSON))
		return call_refused(run, reply);
	text = document_explain(state, path);
	safe = text ? output_safe(text, false) : NULL;
	if (!safe)
		return call_broken(-ENOMEM);
	fprintf(stderr, "apqctl: In the document %s\n", safe);
	return EXIT_STATUS_USAGE;
}

/* What differs in what is defined; that can be nothing where only the kernel has to follow. */
static int print_difference(const struct run *run, const struct reply *reply)
{
	struct json_object *before = NULL, *after = NULL;
	int r;

	if (!json_object_object_get_ex(reply->parameters, "before", &before) ||
	    !json_object_object_get_ex(reply->parameters, "after", &after))
		return call_failed(run, -EBADMSG);
	r = document_print_difference(before, after);
	if (r == -ENOENT) {
		fputs("apqctl: The difference cannot be shown: there is no program 'diff' (package diffutils).\n",
		      stderr);
		return EXIT_STATUS_DONE;
	}
	return r < 0 ? call_broken(r) : EXIT_STATUS_DONE;
}

int verb_apply(struct run *run)
{
	const struct options *options = run->options;
	CLEANUP_JSON struct json_object *state = NULL;
	CLEANUP_FREE char *message = NULL;
	CLEANUP_REPLY struct reply reply = { 0 };
	int r = document_read(options->arguments[0], &state, &message);

	if (r == -ENOMEM)
		return call_broken(r);
	if (r < 0)
		return options_mistake(options->verb, "%s", message ? message : strerror(-r));
	r = call_method(run, state, &reply);
	if (r == EXIT_STATUS_DONE && reply.error)
		r = tell_refusal(run, state, &reply);
	if (r != EXIT_STATUS_DONE)
		return r;
	if (!option_given(options, OPTION_JSON) && change_was_made(&reply))
		r = print_difference(run, &reply);
	if (change_report(run, &reply, NULL, "everything is as the document says"))
		puts("Done: everything is as the document says.");
	reserved_print_taken(run, &reply);
	return r;
}
