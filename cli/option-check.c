/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/option-check.h"

#include <errno.h>
#include <string.h>

#include "cli/crossing.h"
#include "cli/option-value.h"
#include "cli/options.h"
#include "cli/table.h"
#include "cli/verb.h"
#include "cli/usage.h"
#include "common/cleanup.h"
#include "common/utf8.h"
#include "common/uuid.h"

static int refuse_pair(const struct options *options, enum option_id one, enum option_id other)
{
	options_mistake(options->verb, "--%s and --%s contradict each other: give one of them.",
			option_text(one).name, option_text(other).name);
	return -EINVAL;
}

/*
 * A device has every queue where its adapters and domains cross: --queues of a definition must be such
 * a set, and is from here on as if these had been given.
 */
static int spread_queues(struct options *options)
{
	struct matrix around = crossing_around(&options->queues), none = { 0 };
	struct queue_set gain = crossing_gain(&none, &around, &options->queues);
	CLEANUP_FREE char *names = crossing_names(&gain), *list = crossing_options(&around);

	if (!names || !list)
		return -ENOMEM;
	if (!queue_set_is_empty(&gain)) {
		options_mistake(options->verb,
				"A device has every queue where its adapters and domains cross, so "
				"it would also get %s. Give %s if that is meant.", names, list);
		return -EINVAL;
	}
	options->matrix.adapters = around.adapters;
	options->matrix.domains = around.domains;
	options->given |= OPTION_BIT(OPTION_ADAPTERS) | OPTION_BIT(OPTION_DOMAINS);
	options->given &= ~OPTION_BIT(OPTION_QUEUES);
	return 0;
}

/*
 * Refuses --queues with --adapters or --domains, unless the verb is about reservations.  For
 * define, finds the adapters and domains of the queues.  Returns 0, -EINVAL after a message, or
 * -ENOMEM.
 */
static int check_queues(struct options *options)
{
	const struct verb *verb = options->verb;

	if (!option_given(options, OPTION_QUEUES) || verb->id == VERB_RESERVE ||
	    verb->id == VERB_RELEASE)
		return 0;
	if (option_given(options, OPTION_ADAPTERS))
		return refuse_pair(options, OPTION_QUEUES, OPTION_ADAPTERS);
	if (option_given(options, OPTION_DOMAINS))
		return refuse_pair(options, OPTION_QUEUES, OPTION_DOMAINS);
	return verb->id == VERB_DEFINE ? spread_queues(options) : 0;
}

/*
 * An empty list must not be passed over, say of a variable that is not set: "no domains" of an adapter is not
 * the whole adapter.
 */
static int check_lists(const struct options *options)
{
	const struct {
		enum option_id id;
		const struct mask *ids;
		const char *what;
	} lists[] = {
		{ OPTION_ADAPTERS, &options->matrix.adapters, "adapter" },
		{ OPTION_DOMAINS, &options->matrix.domains, "domain" },
		{ OPTION_CONTROL_DOMAINS, &options->matrix.control_domains, "control domain" },
	};
	const struct verb *verb = options->verb;

	/* A new definition may have none. */
	if (verb->id != VERB_ASSIGN && verb->id != VERB_UNASSIGN && verb->id != VERB_RESERVE &&
	    verb->id != VERB_RELEASE)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		if (option_given(options, lists[i].id) && mask_is_empty(lists[i].ids)) {
			options_mistake(verb, "'' names no %s: give at least one, or leave --%s out.",
					lists[i].what, option_text(lists[i].id).name);
			return -EINVAL;
		}
	return 0;
}

/* The pairs that contradict each other. */
static int check_pairs(struct options *options)
{
	static const enum option_id pairs[][2] = {
		{ OPTION_SOCKET, OPTION_HOST },
		{ OPTION_AUTO, OPTION_MANUAL },
		{ OPTION_LIVE, OPTION_DEFINITION },
		{ OPTION_MASKS, OPTION_OVERRIDES },
		{ OPTION_QEMU, OPTION_LIBVIRT },
		{ OPTION_QEMU, OPTION_LIBVIRT_CPU },
		{ OPTION_LIBVIRT, OPTION_LIBVIRT_CPU },
		{ OPTION_JSON, OPTION_FORMAT },
		{ OPTION_JSON, OPTION_OUTPUT },
		{ OPTION_JSON, OPTION_COLUMNS },
		{ OPTION_JSON, OPTION_QUIET },
	};

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		uint64_t both = OPTION_BIT(pairs[i][0]) | OPTION_BIT(pairs[i][1]);

		if ((options->given & both) == both)
			return refuse_pair(options, pairs[i][0], pairs[i][1]);
	}
	return check_queues(options);
}

/*
 * Refuses text that is not UTF-8, because JSON cannot hold it.  Names of files may be any bytes.
 * Returns 0, or -EINVAL after a message.
 */
static int check_text(const struct options *options, const char *text)
{
	if (!text || (size_t)utf8_fitting(text, strlen(text)) == strlen(text))
		return 0;
	options_mistake(options->verb, "'%.*s' is not UTF-8, as every name is.", OPTION_QUOTE_MAX, text);
	return -EINVAL;
}

static int check_texts(const struct options *options)
{
	bool of_files = options->verb->id == VERB_APPLY;
	int r = check_text(options, options->name);

	if (r == 0)
		r = check_text(options, options->device);
	if (r == 0)
		r = check_text(options, options->revision);
	for (size_t i = 0; r == 0 && !of_files && i < options->arguments_count; i++)
		r = check_text(options, options->arguments[i]);
	return r;
}

/*
 * Takes the argument of 'define' as the name of the new device if it is no UUID.  Returns 0, or
 * -EINVAL after a message.
 */
static int take_new_name(struct options *options)
{
	struct uuid uuid;

	if (options->verb->id != VERB_DEFINE || options->arguments_count != 1 ||
	    uuid_parse(options->arguments[0], &uuid) == 0)
		return 0;
	if (option_given(options, OPTION_NAME)) {
		options_mistake(options->verb,
				"'%.*s' is not a UUID, and --name gives the name already: give 8-4-4-4-12 "
				"hexadecimal digits, or no --name.", OPTION_QUOTE_MAX,
				options->arguments[0]);
		return -EINVAL;
	}
	options->name = options->arguments[0];
	options->given |= OPTION_BIT(OPTION_NAME);
	options->arguments_count = 0;
	return 0;
}

/* The columns of --columns must be some of the verb's. */
static int check_columns(const struct options *options)
{
	CLEANUP_FREE char *list = options->columns ? strdup(options->columns) : NULL;
	char *rest = list, *word;

	if (!options->columns)
		return 0;
	if (!list)
		return -ENOMEM;
	while ((word = strsep(&rest, ",")))
		if (!*word || !table_has_column(options->verb->columns, word)) {
			options_mistake(options->verb, "'%.*s' is not a column of '%s': give some of %s, with "
					"commas between them.", OPTION_QUOTE_MAX, word,
					options->verb->name, options->verb->columns);
			return -EINVAL;
		}
	return 0;
}

static int check_verb(struct options *options)
{
	const struct verb *verb = options->verb;
	uint64_t extra = options->given & ~(verb->options | OPTIONS_GLOBAL);

	for (int i = 0; i < OPTIONS; i++)
		if (extra & OPTION_BIT(i)) {
			options_mistake(verb, "'%s' does not take --%s.", verb->name,
					option_text((enum option_id)i).name);
			return -EINVAL;
		}
	if (options->arguments_count > verb->arguments_max) {
		options_mistake(verb, "'%.*s' is one argument too many: 'apqctl %s' takes %s.",
				OPTION_QUOTE_MAX, options->arguments[verb->arguments_max],
				verb->name, verb->arguments_max == 0 ? "options only" : "one");
		return -EINVAL;
	}
	if (option_given(options, OPTION_ALL) && options->arguments_count > 0) {
		options_mistake(verb, "'%.*s' and --all contradict each other: give one of them.",
				OPTION_QUOTE_MAX, options->arguments[0]);
		return -EINVAL;
	}
	if (options->arguments_count < verb->arguments_min && !option_given(options, OPTION_ALL)) {
		bool of_file = verb->id == VERB_APPLY;

		options_mistake(verb, "'apqctl %s' needs %s.", verb->name,
				of_file ? "a FILE, or - for standard input" :
					  "a DEVICE: a name, a UUID, a unique prefix of one, or the VM "
					  "that has it");
		return -EINVAL;
	}
	if (take_new_name(options) < 0 || check_lists(options) < 0)
		return -EINVAL;
	return check_pairs(options);
}

int options_check(struct options *options)
{
	int r = check_verb(options);

	if (r == 0)
		r = check_texts(options);
	return r < 0 ? r : check_columns(options);
}
