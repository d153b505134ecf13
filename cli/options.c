/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/option-value.h"
#include "cli/suggest.h"
#include "cli/option-check.h"
#include "cli/usage.h"
#include "cli/verb.h"
#include "common/varlink.h"

/* getopt_long() answers with this plus the option's id, out of the way of characters. */
#define ANSWER 1000

/* The same for getopt_long(), behind the character that chooses how it goes on. */
#define LETTERS ":H:jqhVno:a"

/* Other names of options, which other commands have for the same. */
static const struct {
	const char *name;
	enum option_id id;
} aliases[] = {
	{ "noheadings", OPTION_NO_HEADINGS }, { "no-header", OPTION_NO_HEADINGS },
	{ "no-headers", OPTION_NO_HEADINGS }, { "noheader", OPTION_NO_HEADINGS },
	{ "no-legend", OPTION_NO_HEADINGS },
};

static struct option long_option(const char *name, enum option_id id)
{
	return (struct option){
		.name = name,
		.has_arg = option_text(id).value ? required_argument : no_argument,
		.val = ANSWER + (int)id,
	};
}

#define LONG_OPTIONS (OPTIONS + ARRAY_SIZE(aliases) + 1)

static void fill_getopt(struct option option[static LONG_OPTIONS])
{
	for (int i = 0; i < OPTIONS; i++)
		option[i] = long_option(option_text((enum option_id)i).name, (enum option_id)i);
	for (size_t i = 0; i < ARRAY_SIZE(aliases); i++)
		option[OPTIONS + i] = long_option(aliases[i].name, aliases[i].id);
	option[LONG_OPTIONS - 1] = (struct option){ 0 };
}

/*
 * Returns the option of a letter, or OPTIONS if it has none.  One letter has two meanings, and
 * means the option that the verb takes.
 */
static enum option_id find_letter(const struct verb *verb, int letter)
{
	enum option_id found = OPTIONS;

	for (size_t i = 0; i < OPTION_LETTERS; i++)
		if (option_letters[i].letter == letter &&
		    (found == OPTIONS || (verb && verb->options & OPTION_BIT(option_letters[i].id))))
			found = option_letters[i].id;
	return found;
}

static int take_option(struct options *options, enum option_id id, const char *value)
{
	options->given |= OPTION_BIT(id);
	switch (id) {
	case OPTION_SOCKET:
		options->socket = value;
		return 0;
	case OPTION_DEVICE:
		options->device = value;
		return 0;
	case OPTION_OUTPUT:
		options->output = value;
		return 0;
	case OPTION_REVISION:
		options->revision = value;
		return 0;
	case OPTION_NAME:
		options->name = value;
		return 0;
	case OPTION_COLUMNS:
		options->columns = value;
		return 0;
	default:
		return option_value_take(options, id, value);
	}
}

/* The options that begin with what was typed: "--no-headings, --name"; NULL for none or without memory. */
static char *find_beginnings(const char *typed, size_t length)
{
	char *text = NULL;
	size_t size;
	FILE *out = length > 0 ? open_memstream(&text, &size) : NULL;

	if (!out)
		return NULL;
	for (int i = 0; i < OPTIONS; i++)
		if (strncmp(option_text((enum option_id)i).name, typed, length) == 0)
			fprintf(out, "%s--%s", ftell(out) > 0 ? ", " : "", option_text((enum option_id)i).name);
	if (fclose(out) != 0 || !*text) {
		free(text);
		return NULL;
	}
	return text;
}

/* An option that there is not, or several: word is the whole of it. */
static void refuse_unknown(const struct verb *verb, const char *word)
{
	CLEANUP_FREE char *name = strndup(word + 2, strcspn(word + 2, "="));
	CLEANUP_FREE char *beginnings = name ? find_beginnings(name, strlen(name)) : NULL;
	struct suggestion meant = { .typed = name ? name : "" };

	if (beginnings) {
		options_mistake(verb, "Ambiguous option '%.*s': it can be %s.", OPTION_QUOTE_MAX, word,
				beginnings);
		return;
	}
	for (int i = 0; i < OPTIONS; i++)
		if (!verb || (verb->options | OPTIONS_GLOBAL) & OPTION_BIT(i))
			suggest_consider(&meant, option_text((enum option_id)i).name);
	if (meant.word)
		options_mistake(verb, "Unknown option '%.*s'. Did you mean '--%s'?", OPTION_QUOTE_MAX, word,
				meant.word);
	else
		options_mistake(verb, "Unknown option '%.*s'.", OPTION_QUOTE_MAX, word);
}

/* Says what is wrong with the word at which getopt_long() stopped with answer. */
static int refuse_option(const struct options *options, int answer, const char *word)
{
	if (answer == ':')
		options_mistake(options->verb, "'%.*s' needs a value behind it.", OPTION_QUOTE_MAX,
				word);
	else if (optopt >= ANSWER)
		options_mistake(options->verb, "'%.*s': --%s takes no value.", OPTION_QUOTE_MAX,
				word, option_text((enum option_id)(optopt - ANSWER)).name);
	else if (optopt > ' ' && optopt < 0x7f)
		options_mistake(options->verb, "Unknown option '-%c'.", optopt);
	else if (strncmp(word, "--", 2) == 0)
		refuse_unknown(options->verb, word);
	else
		options_mistake(options->verb, "Unknown option '%.*s'.", OPTION_QUOTE_MAX, word);
	return -EINVAL;
}

/*
 * The verb is looked for first, and whether the output is JSON, so that a mistake in an option before it
 * can name its help. Behind '-' getopt_long() leaves the words in their order: an option at the end
 * lacks its value.
 */
static const struct verb *peek_verb(int argc, char **argv, const struct verb_table *verbs,
				    const struct option *option)
{
	const char *name = NULL;
	bool is_json = false;
	int answer;

	optind = 0;
	while ((answer = getopt_long(argc, argv, "-" LETTERS, option, NULL)) != -1) {
		if (answer == 1 && !name)
			name = optarg;
		is_json = is_json || answer == 'j' || answer == ANSWER + OPTION_JSON;
	}
	usage_set_json(is_json);
	if (!name && optind < argc)
		name = argv[optind];
	return name ? verb_find(verbs, name) : NULL;
}

/* Reads all options into *options; those of getopt_long() are moved before what is none. */
static int read_options(int argc, char **argv, const struct option *option, struct options *options)
{
	int answer;

	optind = 0;
	while ((answer = getopt_long(argc, argv, LETTERS, option, NULL)) != -1) {
		enum option_id id = answer >= ANSWER ? (enum option_id)(answer - ANSWER) :
				    answer == '?' && optopt != '?' ? OPTIONS :
				    find_letter(options->verb, answer);
		int r = id == OPTIONS ? refuse_option(options, answer, argv[optind - 1]) :
					take_option(options, id, optarg);

		if (r < 0)
			return r;
	}
	return 0;
}

int options_parse(int argc, char **argv, const struct verb_table *verbs, struct options *ret_options)
{
	const char *socket = getenv("APQD_SOCKET");
	struct options options = {
		.verbs = verbs,
		.socket = socket && *socket ? socket : VARLINK_SOCKET,
	};
	struct option option[LONG_OPTIONS];
	int r;

	fill_getopt(option);
	opterr = 0;
	options.verb = peek_verb(argc, argv, verbs, option);
	r = read_options(argc, argv, option, &options);
	if (r < 0)
		return r;
	if (!options.verb && optind < argc) {
		verb_refuse_unknown(verbs, argv[optind]);
		return -EINVAL;
	}
	options.arguments = argv + optind + 1;
	options.arguments_count = optind < argc ? (size_t)(argc - optind - 1) : 0;
	if (!option_given(&options, OPTION_HELP) && !option_given(&options, OPTION_VERSION)) {
		if (!options.verb) {
			options_mistake(NULL, "A verb is missing: it says what to do, for example "
					      "'apqctl status'.");
			return -EINVAL;
		}
		r = options_check(&options);
		if (r < 0)
			return r;
	}
	*ret_options = options;
	return 0;
}
