/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose the queues are: takes them from the host's drivers for guests, and gives them back. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/call.h"
#include "cli/change.h"
#include "cli/host.h"
#include "cli/reserved.h"
#include "cli/verbs.h"
#include "cli/usage.h"
#include "common/json.h"

static bool is_release(const struct options *options)
{
	return strcmp(options->verb->name, "release") == 0;
}

static int check_wish(const struct options *options)
{
	bool is_given = option_given(options, OPTION_ADAPTERS) || option_given(options, OPTION_DOMAINS) ||
			option_given(options, OPTION_QUEUES) || option_given(options, OPTION_ALL);

	if (option_given(options, OPTION_ALL) &&
	    (option_given(options, OPTION_QUEUES) || option_given(options, OPTION_ADAPTERS) ||
	     option_given(options, OPTION_DOMAINS)))
		return options_mistake(options->verb,
				       "--all means all that is reserved: leave --adapters, --domains and "
				       "--queues out.");
	/* To name a mechanism and no queues moves all that is reserved to it. */
	if (strcmp(options->verb->name, "reserve") == 0 &&
	    (option_given(options, OPTION_MASKS) || option_given(options, OPTION_OVERRIDES)))
		is_given = true;
	if (!is_given)
		return options_mistake(options->verb,
				       "'apqctl %s' needs to know what: give --adapters, --domains "
				       "(both: where they cross)%s --queues with a list%s.",
				       options->verb->name, is_release(options) ? "," : " or",
				       is_release(options) ? ", or --all" : "");
	return EXIT_STATUS_DONE;
}

/* Adds the list of single queues, as the interface takes it. */
static int add_queues(struct json_object *parameters, const struct queue_set *queues)
{
	CLEANUP_JSON struct json_object *list = json_object_new_array();
	CLEANUP_FREE char *text = queue_set_list(queues);
	char *rest = text, *item;

	if (!list || !text)
		return -ENOMEM;
	while ((item = strsep(&rest, ","))) {
		struct json_object *string = json_object_new_string(item);

		if (!string || json_object_array_add(list, string) < 0) {
			json_object_put(string);
			return -ENOMEM;
		}
	}
	return json_add(parameters, "queues", TAKE_PTR(list));
}

static int call_method(struct run *run, const char *method, struct reply *ret_reply)
{
	const struct options *options = run->options;
	CLEANUP_JSON struct json_object *parameters = json_object_new_object();
	const struct mask none = { 0 }, all = mask_complement(&none);
	int r = 0;

	if (option_given(options, OPTION_ALL))
		r = json_add(parameters, "adapters", json_from_mask(&all));
	else if (option_given(options, OPTION_ADAPTERS))
		r = json_add(parameters, "adapters", json_from_mask(&options->matrix.adapters));
	if (r == 0 && option_given(options, OPTION_DOMAINS))
		r = json_add(parameters, "domains", json_from_mask(&options->matrix.domains));
	if (r == 0 && option_given(options, OPTION_QUEUES))
		r = add_queues(parameters, &options->queues);
	if (r == 0 && option_given(options, OPTION_MASKS))
		r = json_add_string(parameters, "mechanism", "masks");
	if (r == 0 && option_given(options, OPTION_OVERRIDES))
		r = json_add_string(parameters, "mechanism", "overrides");
	if (r < 0 || change_add_flag(parameters, "force", options, OPTION_FORCE) < 0 ||
	    change_add_flag(parameters, "dryRun", options, OPTION_DRY_RUN) < 0)
		return call_broken(-ENOMEM);
	return call(run, method, TAKE_PTR(parameters), CLIENT_NO_TIMEOUT, ret_reply);
}

/* Checks, calls, and reads what the host policy says afterwards. */
static int change_reserved(struct run *run, const char *method, struct reply *ret_reply,
			   struct host *ret_host)
{
	CLEANUP_REPLY struct reply reply = { 0 };
	int r = check_wish(run->options);

	if (r == EXIT_STATUS_DONE)
		r = call_method(run, method, &reply);
	if (r != EXIT_STATUS_DONE)
		return r;
	r = host_read(reply.parameters, ret_host);
	if (r < 0)
		return call_failed(run, r);
	*ret_reply = reply;
	reply = (struct reply){ 0 };
	return EXIT_STATUS_DONE;
}

int verb_reserve(struct run *run)
{
	CLEANUP_REPLY struct reply reply = { 0 };
	CLEANUP_FREE char *all = NULL;
	CLEANUP_FREE char *same = NULL;
	struct host host;
	int r = change_reserved(run, "Reserve", &reply, &host);

	if (r != EXIT_STATUS_DONE)
		return r;
	all = reserved_describe(&host.reserved);
	if (!all ||
	    asprintf(&same, "that is reserved already, %s", reserved_mechanism(host.mechanism)) < 0)
		return call_broken(-ENOMEM);
	if (change_report(run, &reply, NULL, same))
		printf("Reserved for guests now, %s: %s.\n", reserved_mechanism(host.mechanism),
		       all);
	reserved_print_taken(run, &reply);
	return EXIT_STATUS_DONE;
}

int verb_release(struct run *run)
{
	CLEANUP_REPLY struct reply reply = { 0 };
	CLEANUP_FREE char *left = NULL;
	struct host host;
	int r = change_reserved(run, "Release", &reply, &host);

	if (r != EXIT_STATUS_DONE)
		return r;
	left = reserved_describe(&host.reserved);
	if (!left)
		return call_broken(-ENOMEM);
	if (change_report(run, &reply, NULL, "none of that is reserved")) {
		if (reserved_is_empty(&host.reserved))
			puts("Nothing is reserved any more.");
		else
			printf("Reserved still, %s: %s.\n", reserved_mechanism(host.mechanism), left);
	}
	reserved_print_given(run, &reply);
	reserved_print_kept(run, &reply, &host.others);
	return EXIT_STATUS_DONE;
}
