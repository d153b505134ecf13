/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All that is wanted as one document: out of apqd, and into it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/apply.h"
#include "cli/call.h"
#include "cli/document.h"
#include "cli/document-ids.h"
#include "cli/output.h"
#include "cli/verbs.h"
#include "cli/usage.h"
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
	if (option_given(run->options, OPTION_JSON)) {
		output_json(reply.parameters, true);
		return EXIT_STATUS_DONE;
	}
	text = document_show_ids(state) < 0 ? NULL : document_format(state);
	if (!text)
		return call_broken(-ENOMEM);
	fputs(text, stdout);
	return EXIT_STATUS_DONE;
}

int verb_apply(struct run *run)
{
	const struct options *options = run->options;
	CLEANUP_JSON struct json_object *document = NULL;
	CLEANUP_JSON struct json_object *state = NULL;
	CLEANUP_FREE char *message = NULL;
	const char *revision = NULL;
	int r = document_read(options->arguments[0], &document, &message);

	if (r == 0)
		r = document_split(document, &state, &revision);
	if (r == 0)
		r = document_take_ids(state, &message);
	/* A dry run of what was exported shows what it would change now. */
	if (option_given(options, OPTION_REVISION))
		revision = options->revision;
	else if (option_given(options, OPTION_DRY_RUN))
		revision = NULL;
	if (r == -ENOMEM)
		return call_broken(r);
	if (r < 0)
		return options_mistake(options->verb, "%s", message ? message : strerror(-r));
	return apply_state(run, state, revision, options->arguments[0], NULL);
}
