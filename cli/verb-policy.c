/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The host policy apart from what is reserved: by what apqd reserves, and whether it undoes drift. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/call.h"
#include "cli/change.h"
#include "cli/listing.h"
#include "cli/output.h"
#include "cli/verbs.h"
#include "cli/usage.h"
#include "common/json.h"

static struct json_object *member(struct json_object *object, const char *name)
{
	struct json_object *found = NULL;

	json_object_object_get_ex(object, name, &found);
	return found;
}

/* The two lines of a HostState. */
static void print_policy(struct json_object *host)
{
	const char *ownership = json_get_string(host, "ownership");

	listing_line("Ownership",
		     !ownership			       ? "chosen by the next reservation" :
		     strcmp(ownership, "observe") == 0 ? "observe: apqd leaves it to another program" :
		     strcmp(ownership, "masks") == 0   ? "masks: by apmask and aqmask" :
							 "overrides: by driver_override of each queue",
		     STYLE_PLAIN);
	listing_line("Enforce",
		     json_object_get_boolean(member(host, "enforce")) ?
			     "on: drift is undone without asking" :
			     "off: drift is only shown",
		     STYLE_PLAIN);
}

static int show(struct run *run)
{
	CLEANUP_REPLY struct reply reply = { 0 };
	int r = call(run, "Export", NULL, CLIENT_READ_TIMEOUT, &reply);
	struct json_object *host;

	if (r != EXIT_STATUS_DONE)
		return r;
	host = member(member(reply.parameters, "state"), "host");
	if (option_given(run->options, OPTION_JSON))
		output_json(host, true);
	else
		print_policy(host);
	return EXIT_STATUS_DONE;
}

/* The parameters of Apply: nothing but what is asked for changes. */
static struct json_object *make_parameters(const struct options *options)
{
	CLEANUP_JSON struct json_object *parameters = json_object_new_object();
	struct json_object *state = json_object_new_object();
	struct json_object *host = json_object_new_object();
	int r = json_add(parameters, "state", state);

	if (r == 0)
		r = json_add_int(state, "version", 1);
	if (r == 0)
		r = json_add(state, "devices", json_object_new_array());
	if (r < 0) {
		json_object_put(host);
		return NULL;
	}
	r = json_add(state, "host", host);
	if (r == 0 && option_given(options, OPTION_ENFORCE))
		r = json_add_bool(host, "enforce", options->enforce);
	if (r == 0 && option_given(options, OPTION_OWNERSHIP))
		r = json_add_string(host, "ownership", options->ownership);
	if (r < 0 || change_add_flag(parameters, "force", options, OPTION_FORCE) < 0 ||
	    change_add_flag(parameters, "dryRun", options, OPTION_DRY_RUN) < 0)
		return NULL;
	return TAKE_PTR(parameters);
}

static int set(struct run *run)
{
	struct json_object *parameters = make_parameters(run->options);
	CLEANUP_REPLY struct reply reply = { 0 };
	int r;

	if (!parameters)
		return call_broken(-ENOMEM);
	r = call(run, "Apply", parameters, CLIENT_NO_TIMEOUT, &reply);
	if (r != EXIT_STATUS_DONE)
		return r;
	if (change_report(run, &reply, NULL, "the host policy says that already"))
		print_policy(member(member(reply.parameters, "after"), "host"));
	return EXIT_STATUS_DONE;
}

int verb_policy(struct run *run)
{
	if (option_given(run->options, OPTION_ENFORCE) || option_given(run->options, OPTION_OWNERSHIP))
		return set(run);
	if (option_given(run->options, OPTION_DRY_RUN) || option_given(run->options, OPTION_FORCE))
		return options_mistake(run->options->verb,
				       "Nothing would be changed: give --enforce or --ownership.");
	return show(run);
}
