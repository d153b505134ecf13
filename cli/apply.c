/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/apply.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/call.h"
#include "cli/change.h"
#include "cli/document.h"
#include "cli/output.h"
#include "cli/reserved.h"
#include "cli/usage.h"
#include "common/json.h"

static int call_method(struct run *run, struct json_object *state, const char *revision,
		       struct reply *ret_reply)
{
	const struct options *options = run->options;
	CLEANUP_JSON struct json_object *parameters = json_object_new_object();

	if (json_add(parameters, "state", json_object_get(state)) < 0 ||
	    (revision && json_add_string(parameters, "revision", revision) < 0) ||
	    change_add_flag(parameters, "prune", options, OPTION_PRUNE) < 0 ||
	    change_add_flag(parameters, "force", options, OPTION_FORCE) < 0 ||
	    change_add_flag(parameters, "dryRun", options, OPTION_DRY_RUN) < 0)
		return call_broken(-ENOMEM);
	return call_try(run, "Apply", TAKE_PTR(parameters), CLIENT_NO_TIMEOUT, ret_reply);
}

/* The command that applies the document, with an option behind it. */
static void print_command(FILE *out, const struct options *options, const char *name, const char *option)
{
	CLEANUP_FREE char *file = output_safe(name, false);
	bool plain = file && strspn(file, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
					  "0123456789-._/") == strlen(file);

	fprintf(out, "apqctl %s%s%sapply %s%s%s%s%s %s", options->host ? "--host " : "",
		options->host ? options->host : "", options->host ? " " : "", plain ? "" : "'", file ? file : "FILE", plain ? "" : "'",
		option_given(options, OPTION_PRUNE) ? " --prune" : "",
		option_given(options, OPTION_FORCE) ? " --force" : "", option);
}

static int tell_moved(const struct run *run, const char *revision, const char *file)
{
	CLEANUP_FREE char *safe = output_safe(revision, false);

	fprintf(stderr, "apqctl: Nothing was changed. The host is no longer as revision '%s' says: another "
			"client or program changed it. To see what the document would change now, run: ",
		safe ? safe : "?");
	print_command(stderr, run->options, file, "--dry-run");
	fputc('\n', stderr);
	return EXIT_STATUS_CONFLICT;
}

/* A mistake in the document is told with what stands there. */
static int tell_refusal(struct run *run, struct json_object *state, const char *revision,
			const char *file, const struct reply *reply)
{
	const char *path = reply->parameters ? json_get_string(reply->parameters, "parameter") : NULL;
	CLEANUP_FREE char *text = NULL, *safe = NULL;

	if (error_from_name(reply->error) == ERROR_MOVED && revision &&
	    !option_given(run->options, OPTION_JSON))
		return tell_moved(run, revision, file);
	if (path && strcmp(path, "revision") == 0 && revision && !option_given(run->options, OPTION_JSON))
		return options_mistake(run->options->verb,
				       "'%.64s' is not a revision: 'apqctl apply --dry-run' and "
				       "'apqctl export --json' print one.", revision);

	if (error_from_name(reply->error) != ERROR_INVALID_PARAMETER || !path ||
	    option_given(run->options, OPTION_JSON))
		return call_refused(run, reply);
	text = document_explain(state, path);
	safe = text ? output_safe(text, false) : NULL;
	if (!safe)
		return call_broken(-ENOMEM);
	fprintf(stderr, "apqctl: %s\n", safe);
	return EXIT_STATUS_USAGE;
}

/*
 * Prints the difference between the documents before and after the change.  The difference is empty
 * if only the kernel has to follow.  Returns an exit status.
 */
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

/* A dry run ends with the command that does what it has shown, and nothing else. */
static void print_revision(const struct run *run, const char *file, const struct reply *reply)
{
	const char *revision = json_get_string(reply->parameters, "revision");
	CLEANUP_FREE char *safe = revision ? output_safe(revision, false) : NULL;

	if (!safe || option_given(run->options, OPTION_JSON) || !change_was_made(reply) ||
	    !option_given(run->options, OPTION_DRY_RUN))
		return;
	fputs("To do this and nothing else, run: ", stdout);
	print_command(stdout, run->options, file, "--revision");
	printf(" %s\n", safe);
}

int apply_state(struct run *run, struct json_object *state, const char *revision, const char *file,
		struct apply_result *ret_result)
{
	CLEANUP_REPLY struct reply reply = { 0 };
	int r = call_method(run, state, revision, &reply);

	if (ret_result && r == EXIT_STATUS_DONE)
		*ret_result = (struct apply_result){
			.has_moved = reply.error && error_from_name(reply.error) == ERROR_MOVED,
			.was_changed = !reply.error && change_was_made(&reply),
		};
	if (r == EXIT_STATUS_DONE && reply.error)
		r = tell_refusal(run, state, revision, file, &reply);
	if (r != EXIT_STATUS_DONE)
		return r;
	if (!option_given(run->options, OPTION_JSON) && change_was_made(&reply))
		r = print_difference(run, &reply);
	if (change_report(run, &reply, NULL, "everything is as the document says"))
		puts("Done: everything is as the document says.");
	else
		print_revision(run, file, &reply);
	reserved_print_taken(run, &reply);
	return r;
}
