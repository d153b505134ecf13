/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/option-value.h"
#include "cli/suggest.h"
#include "cli/verbs.h"
#include "common/error.h"
#include "common/json.h"
#include "common/text.h"
#include "common/varlink.h"

/* getopt_long() answers with this plus the option's id, out of the way of characters. */
#define ANSWER 1000

/* Options with a letter, each the one that other commands have for the same. */
static const struct {
	char letter;
	enum option_id id;
} letters[] = {
	{ 'H', OPTION_HOST },	     { 'j', OPTION_JSON },    { 'q', OPTION_QUIET },
	{ 'h', OPTION_HELP },	     { '?', OPTION_HELP },    { 'V', OPTION_VERSION },
	{ 'n', OPTION_NO_HEADINGS }, { 'o', OPTION_COLUMNS }, { 'o', OPTION_OUTPUT },
	{ 'a', OPTION_ALL },
};

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

static const struct {
	const char *name;
	const char *value;	/* what its argument is; NULL where it takes none */
	const char *help;
} table[OPTIONS] = {
	[OPTION_SOCKET] = { "socket", "PATH",
			    "where apqd listens, instead of APQD_SOCKET" },
	[OPTION_HOST] = { "host", "USER@HOST", "on another machine, reached by ssh" },
	[OPTION_JSON] = { "json", NULL, "print what the interface returns, for programs" },
	[OPTION_COLOR] = { "color", "WHEN", "auto (the default), always or never" },
	[OPTION_QUIET] = { "quiet", NULL, "print errors and warnings only" },
	[OPTION_HELP] = { "help", NULL, "show how apqctl or the verb is used" },
	[OPTION_VERSION] = { "version", NULL, "show the version" },
	[OPTION_ADAPTERS] = { "adapters", "LIST", "adapters, for example 4,6,0x10-0x12" },
	[OPTION_DOMAINS] = { "domains", "LIST", "usage domains" },
	[OPTION_CONTROL_DOMAINS] = { "control-domains", "LIST",
				     "control domains (none by default)" },
	[OPTION_DEVICE] = { "device", "DEVICE", "only the queues of this device" },
	[OPTION_QUEUES] = { "queues", "LIST", "single queues, for example 04.0010,05.0012-0014" },
	[OPTION_NAME] = { "name", "NAME", "a name that stands for the UUID" },
	[OPTION_AUTO] = { "auto", NULL, "start it with apqd, and when its adapters appear" },
	[OPTION_MANUAL] = { "manual", NULL, "start it only by 'apqctl start' (the default)" },
	[OPTION_INTERRUPTS] = { "interrupts", "POLICY", "any (the default), required or polled" },
	[OPTION_START] = { "start", NULL, "start it too; if that is refused, nothing is left" },
	[OPTION_LIVE] = { "live", NULL, "only in the kernel, not in the definition" },
	[OPTION_DEFINITION] = { "definition", NULL, "only in the definition, not in the kernel" },
	[OPTION_ADOPT] = { "adopt", NULL, "make the definition follow what the kernel has now" },
	[OPTION_WHOLE] = { "whole", NULL,
			   "take adapters and domains with all their queues" },
	[OPTION_RESERVE] = { "reserve", NULL, "first take from the host what it needs" },
	[OPTION_FORCE] = { "force", NULL, "proceed even if a guest loses queues, or the host its last of a mode" },
	[OPTION_PRUNE] = { "prune", NULL, "also take away what is not in the document" },
	[OPTION_REVISION] = { "revision", "REVISION",
			      "refuse if the host has changed since this revision" },
	[OPTION_MASKS] = { "masks", NULL, "by apmask and aqmask, even if overrides are in use" },
	[OPTION_OVERRIDES] = { "overrides", NULL,
			       "by driver_override of each queue (from Linux 6.19)" },
	[OPTION_ENFORCE] = { "enforce", "on|off", "whether apqd undoes drift without asking" },
	[OPTION_OWNERSHIP] = { "ownership", "masks|overrides|observe",
			       "by what apqd reserves; with observe it never does" },
	[OPTION_GISA] = { "gisa", "on|off", "whether KVM may forward interrupts (kvm.use_gisa)" },
	[OPTION_POLL_THREAD] = { "poll-thread", "on|off",
				 "whether a kernel thread polls the host's queues" },
	[OPTION_POLL_TIMEOUT] = { "poll-timeout", "TIME",
				  "time between two looks at the host's queues: 250us" },
	[OPTION_DRY_RUN] = { "dry-run", NULL, "print the steps and touch nothing" },
	[OPTION_QEMU] = { "qemu", NULL, "print the options for QEMU's command line" },
	[OPTION_LIBVIRT] = { "libvirt", NULL, "print the element <hostdev> for libvirt" },
	[OPTION_LIBVIRT_CPU] = { "libvirt-cpu", NULL, "print the element <cpu> for libvirt" },
	[OPTION_PQAP] = { "pqap", "FC", "this function code, 0 to 255; 3 is AQIC" },
	[OPTION_QUEUE] = { "queue", "AA.DDDD", "for this queue" },
	[OPTION_PROBLEM_STATE] = { "problem-state", NULL, "issued by a program, not the kernel" },
	[OPTION_TIME_BIT] = { "time-bit", NULL, "with the T bit set (bit 40 of GR0)" },
	[OPTION_RESERVED_BITS] = { "reserved-bits", NULL,
				   "with one of the bits 41 to 47 of GR0 set" },
	[OPTION_BAD_ADDRESS] = { "bad-address", NULL,
				 "with a notification byte outside the guest's memory" },
	[OPTION_LOG] = { "log", NULL, "quote the kernel's debug log; can crash the kernel" },
	[OPTION_DISABLE] = { "disable", NULL, "AQIC that switches interrupts off, not on" },
	[OPTION_WITHOUT] = { "without", "LIST",
			     "lacking: ap, apqci, apft, apqi, apxa, aiv or gisa" },
	[OPTION_FULL] = { "full", NULL, "print whole UUIDs" },
	[OPTION_NO_HEADINGS] = { "no-headings", NULL, "omit the line of headings" },
	[OPTION_COLUMNS] = { "columns", "LIST", "print these columns, in this order" },
	[OPTION_CHECK] = { "check", NULL, "exit with status 4 if there is a problem" },
	[OPTION_ALL] = { "all", NULL, "all devices; with release, all that is reserved" },
	[OPTION_INITIAL] = { "initial", NULL, "print the present state too, not only changes" },
	[OPTION_TIMEOUT] = { "timeout", "TIME",
			     "at most so long: 90s, 2min (the default), infinity" },
	[OPTION_FORMAT] = { "format", "FORMAT",
			    "openmetrics (the default) or prometheus" },
	[OPTION_VERBOSE] = { "verbose", NULL, "with --dry-run: print each write to the kernel too" },
	[OPTION_STATE] = { "state", "STATE", "only devices that are defined, started or inUse" },
	[OPTION_PROBLEMS] = { "problems", NULL, "only devices with problems" },
	[OPTION_OUTPUT] = { "output", "FILE", "replace FILE as a whole, instead of printing" },
};

/*
 * True if the command line asks for JSON.  Known before parsing, so that messages about mistakes
 * are JSON, too.
 */
static bool is_json;

struct option_text option_text(enum option_id id)
{
	struct option_text text = { table[id].name, table[id].value, table[id].help, '\0' };

	for (size_t i = 0; i < ARRAY_SIZE(letters) && !text.letter; i++)
		if (letters[i].id == id)
			text.letter = letters[i].letter;
	return text;
}

/* Programs get a mistake on standard output, as they get what apqd refuses. */
static void print_json(const struct verb *verb, const char *reason)
{
	CLEANUP_JSON struct json_object *object = json_object_new_object();
	CLEANUP_JSON struct json_object *parameters = json_object_new_object();

	if (json_add_string(parameters, "reason", reason) < 0 ||
	    json_add_string(object, "error", "usage") < 0 ||
	    json_add(object, "parameters", TAKE_PTR(parameters)) < 0)
		return;
	output_json(object, !verb || !verb->json_lines);
}

int options_mistake(const struct verb *verb, const char *format, ...)
{
	CLEANUP_FREE char *text = NULL;
	CLEANUP_FREE char *safe = NULL;
	va_list values;

	va_start(values, format);
	text = text_format(format, values);
	va_end(values);
	safe = output_safe(text, false);
	if (is_json)
		print_json(verb, safe ? safe : "bad usage");
	fprintf(stderr, "apqctl: %s\n", safe ? safe : "bad usage");
	if (verb)
		fprintf(stderr, "Try 'apqctl %s --help'.\n", verb->name);
	else
		fputs("Try 'apqctl --help'.\n", stderr);
	return EXIT_STATUS_USAGE;
}

static struct option long_option(const char *name, enum option_id id)
{
	return (struct option){
		.name = name,
		.has_arg = table[id].value ? required_argument : no_argument,
		.val = ANSWER + (int)id,
	};
}

#define LONG_OPTIONS (OPTIONS + ARRAY_SIZE(aliases) + 1)

static void fill_getopt(struct option option[static LONG_OPTIONS])
{
	for (int i = 0; i < OPTIONS; i++)
		option[i] = long_option(table[i].name, (enum option_id)i);
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

	for (size_t i = 0; i < ARRAY_SIZE(letters); i++)
		if (letters[i].letter == letter &&
		    (found == OPTIONS || (verb && verb->options & OPTION_BIT(letters[i].id))))
			found = letters[i].id;
	return found;
}

const struct verb *options_find_verb(const char *name)
{
	/* Names that other commands use for the same verb. */
	static const char *const others[][2] = { { "ls", "list" }, { "info", "show" } };

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (strcmp(others[i][0], name) == 0)
			name = others[i][1];
	for (size_t i = 0; i < verbs_count; i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

int options_unknown_verb(const char *name)
{
	/* Words that are not alike, and mean what a verb does. */
	static const char *const meanings[][2] = {
		{ "create", "define" },	  { "new", "define" },	    { "delete", "undefine" },
		{ "remove", "undefine" }, { "rm", "undefine" },	    { "destroy", "stop" },
		{ "rename", "modify" },	  { "set", "modify" },	    { "attach", "assign" },
		{ "detach", "unassign" }, { "free", "reserve" },    { "watch", "monitor" },
		{ "why", "explain" },	  { "import-all", "import" }, { "dump", "export" },
	};
	struct suggestion meant = { .typed = name };

	for (size_t i = 0; i < ARRAY_SIZE(meanings); i++)
		if (strcmp(meanings[i][0], name) == 0)
			meant.word = meanings[i][1];
	for (size_t i = 0; i < verbs_count; i++)
		suggest_consider(&meant, verbs[i].name);
	if (meant.word)
		return options_mistake(NULL, "'%.*s' is not a verb that apqctl knows. Did you mean '%s'?",
				       OPTION_QUOTE_MAX, name, meant.word);
	return options_mistake(NULL, "'%.*s' is not a verb that apqctl knows.", OPTION_QUOTE_MAX, name);
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
		if (strncmp(table[i].name, typed, length) == 0)
			fprintf(out, "%s--%s", ftell(out) > 0 ? ", " : "", table[i].name);
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
			suggest_consider(&meant, table[i].name);
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
				word, table[optopt - ANSWER].name);
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
static const struct verb *peek_verb(int argc, char **argv, const struct option *option)
{
	const char *name = NULL;
	int answer;

	is_json = false;
	optind = 0;
	while ((answer = getopt_long(argc, argv, "-" LETTERS, option, NULL)) != -1) {
		if (answer == 1 && !name)
			name = optarg;
		is_json = is_json || answer == 'j' || answer == ANSWER + OPTION_JSON;
	}
	if (!name && optind < argc)
		name = argv[optind];
	return name ? options_find_verb(name) : NULL;
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

int options_parse(int argc, char **argv, struct options *ret_options)
{
	const char *socket = getenv("APQD_SOCKET");
	struct options options = { .socket = socket && *socket ? socket : VARLINK_SOCKET };
	struct option option[LONG_OPTIONS];
	int r;

	fill_getopt(option);
	opterr = 0;
	options.verb = peek_verb(argc, argv, option);
	r = read_options(argc, argv, option, &options);
	if (r < 0)
		return r;
	if (!options.verb && optind < argc) {
		options_unknown_verb(argv[optind]);
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
