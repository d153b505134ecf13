/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/options.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/crossing.h"
#include "cli/option-value.h"
#include "cli/verbs.h"
#include "common/error.h"
#include "common/utf8.h"
#include "common/uuid.h"
#include "common/varlink.h"

/* getopt_long() answers with this plus the option's id, out of the way of characters. */
#define ANSWER 1000

/* The one option that has a letter, as with other commands that know other machines. */
#define LETTERS ":H:"

static const struct {
	const char *name;
	const char *value;	/* what its argument is; NULL where it takes none */
	const char *help;
} table[OPTIONS] = {
	[OPTION_SOCKET] = { "socket", "PATH",
			    "where apqd listens (APQD_SOCKET, else " VARLINK_SOCKET ")" },
	[OPTION_HOST] = { "host", "USER@HOST", "on another machine, reached by ssh; also -H" },
	[OPTION_JSON] = { "json", NULL, "print what the interface returns, for programs" },
	[OPTION_COLOR] = { "color", "WHEN", "auto (the default), always or never" },
	[OPTION_HELP] = { "help", NULL, "tell how apqctl or the verb is used" },
	[OPTION_VERSION] = { "version", NULL, "tell the version" },
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
	[OPTION_START] = { "start", NULL, "start it as well; if that is refused, nothing is left" },
	[OPTION_LIVE] = { "live", NULL, "only in the kernel, not in the definition" },
	[OPTION_DEFINITION] = { "definition", NULL, "only in the definition, not in the kernel" },
	[OPTION_ADOPT] = { "adopt", NULL, "make the definition follow what the kernel has now" },
	[OPTION_WHOLE] = { "whole", NULL,
			   "take both the adapters and the domains, with all their queues" },
	[OPTION_ALL] = { "all", NULL, "all that is reserved" },
	[OPTION_RESERVE] = { "reserve", NULL, "first take from the host what it needs" },
	[OPTION_FORCE] = { "force", NULL, "also when a guest, or the host its last ones, loses queues by it" },
	[OPTION_PRUNE] = { "prune", NULL, "also take away what is not in the document" },
	[OPTION_REVISION] = { "revision", "REVISION",
			      "refuse if the host has changed since this revision" },
	[OPTION_MASKS] = { "masks", NULL, "by apmask and aqmask, also if overrides are in force" },
	[OPTION_OVERRIDES] = { "overrides", NULL,
			       "by driver_override of each queue (Linux 6.19 or later)" },
	[OPTION_GISA] = { "gisa", "on|off", "whether KVM may forward interrupts (kvm.use_gisa)" },
	[OPTION_POLL_THREAD] = { "poll-thread", "on|off",
				 "whether a kernel thread polls the host's queues" },
	[OPTION_POLL_TIMEOUT] = { "poll-timeout", "NANOSECONDS",
				  "between two looks at the host's queues, to 120 seconds" },
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
			     "the guest or the host lacks ap, apqci, apft, apqi, apxa, aiv, gisa" },
	[OPTION_FULL] = { "full", NULL, "print whole UUIDs" },
	[OPTION_NO_HEADINGS] = { "no-headings", NULL, "print no line of headings" },
	[OPTION_INITIAL] = { "initial", NULL, "print the present state too, not only changes" },
	[OPTION_TIMEOUT] = { "timeout", "SECONDS",
			     "wait so long at most: 120; 0 only looks, infinity has no end" },
	[OPTION_FORMAT] = { "format", "FORMAT",
			    "openmetrics (1.0; the default) or prometheus (text 0.0.4)" },
	[OPTION_VERBOSE] = { "verbose", NULL, "with --dry-run: also print each write as the kernel gets it" },
	[OPTION_STATE] = { "state", "STATE", "only devices in this state: defined, started or inUse" },
	[OPTION_PROBLEMS] = { "problems", NULL, "only devices with problems" },
	[OPTION_OUTPUT] = { "output", "FILE", "replace FILE as a whole, instead of printing" },
};

int options_mistake(const struct verb *verb, const char *format, ...)
{
	CLEANUP_FREE char *text = NULL;
	CLEANUP_FREE char *safe = NULL;
	va_list values;
	int n;

	va_start(values, format);
	n = vasprintf(&text, format, values);
	va_end(values);
	if (n < 0)
		text = NULL;
	safe = output_safe(text, false);
	fprintf(stderr, "apqctl: %s\n", safe ? safe : "bad usage");
	if (verb)
		fprintf(stderr, "Try 'apqctl %s --help'.\n", verb->name);
	else
		fputs("Try 'apqctl --help'.\n", stderr);
	return EXIT_STATUS_USAGE;
}

static void fill_getopt(struct option option[static OPTIONS + 1])
{
	for (int i = 0; i < OPTIONS; i++)
		option[i] = (struct option){
			.name = table[i].name,
			.has_arg = table[i].value ? required_argument : no_argument,
			.val = ANSWER + i,
		};
	option[OPTIONS] = (struct option){ 0 };
}

static const struct verb *find_verb(const char *name)
{
	for (size_t i = 0; i < verbs_count; i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
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
	default:
		return option_value_take(options, id, value);
	}
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
	else
		options_mistake(options->verb,
				"'%.*s' is not an option, or more than one begins so.",
				OPTION_QUOTE_MAX, word);
	return -EINVAL;
}

static int refuse_pair(const struct options *options, enum option_id one, enum option_id other)
{
	options_mistake(options->verb, "--%s and --%s contradict each other: give one of them.",
			table[one].name, table[other].name);
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

/* Only what is reserved can be both: whole ones, and single queues besides. */
static int check_queues(struct options *options)
{
	const struct verb *verb = options->verb;

	if (!option_given(options, OPTION_QUEUES) || verb->fn == verb_reserve ||
	    verb->fn == verb_release)
		return 0;
	if (option_given(options, OPTION_ADAPTERS))
		return refuse_pair(options, OPTION_QUEUES, OPTION_ADAPTERS);
	if (option_given(options, OPTION_DOMAINS))
		return refuse_pair(options, OPTION_QUEUES, OPTION_DOMAINS);
	return verb->fn == verb_define ? spread_queues(options) : 0;
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
	};

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		uint64_t both = OPTION_BIT(pairs[i][0]) | OPTION_BIT(pairs[i][1]);

		if ((options->given & both) == both)
			return refuse_pair(options, pairs[i][0], pairs[i][1]);
	}
	return check_queues(options);
}

/* What is sent to apqd is JSON; names of files may be any bytes. */
static int check_text(const struct options *options, const char *text)
{
	if (!text || (size_t)utf8_fitting(text, strlen(text)) == strlen(text))
		return 0;
	options_mistake(options->verb, "'%.*s' is not UTF-8, as every name is.", OPTION_QUOTE_MAX, text);
	return -EINVAL;
}

static int check_texts(const struct options *options)
{
	bool of_files = options->verb->fn == verb_apply;
	int r = check_text(options, options->name);

	if (r == 0)
		r = check_text(options, options->device);
	if (r == 0)
		r = check_text(options, options->revision);
	for (size_t i = 0; r == 0 && !of_files && i < options->arguments_count; i++)
		r = check_text(options, options->arguments[i]);
	return r;
}

/* What 'define' is given is the UUID of the new device, or else its name. */
static int take_new_name(struct options *options)
{
	struct uuid uuid;

	if (options->verb->fn != verb_define || options->arguments_count != 1 ||
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

static int check_verb(struct options *options)
{
	const struct verb *verb = options->verb;
	uint64_t extra = options->given & ~(verb->options | OPTIONS_GLOBAL);

	for (int i = 0; i < OPTIONS; i++)
		if (extra & OPTION_BIT(i)) {
			options_mistake(verb, "'%s' does not take --%s.", verb->name,
					table[i].name);
			return -EINVAL;
		}
	if (options->arguments_count > verb->arguments_max) {
		options_mistake(verb, "'%.*s' is one argument too many: 'apqctl %s' takes %s.",
				OPTION_QUOTE_MAX, options->arguments[verb->arguments_max],
				verb->name, verb->arguments_max == 0 ? "options only" : "one");
		return -EINVAL;
	}
	if (options->arguments_count < verb->arguments_min) {
		bool of_file = strncmp(verb->args, "FILE", 4) == 0;

		options_mistake(verb, "'apqctl %s' needs %s.", verb->name,
				of_file ? "a FILE, or - for standard input" :
					  "a DEVICE: a name, a UUID, a unique prefix of one, or the VM "
					  "that has it");
		return -EINVAL;
	}
	if (take_new_name(options) < 0)
		return -EINVAL;
	return check_pairs(options);
}

/*
 * The verb is looked for first, so that a mistake in an option before it can name its help. Behind
 * '-' getopt_long() leaves the words in their order: an option at the end lacks its value.
 */
static const struct verb *peek_verb(int argc, char **argv, const struct option *option)
{
	int answer;

	optind = 0;
	while ((answer = getopt_long(argc, argv, "-" LETTERS, option, NULL)) != -1)
		if (answer == 1)
			return find_verb(optarg);
	return optind < argc ? find_verb(argv[optind]) : NULL;
}

int options_parse(int argc, char **argv, struct options *ret_options)
{
	const char *socket = getenv("APQD_SOCKET");
	struct options options = { .socket = socket && *socket ? socket : VARLINK_SOCKET };
	struct option option[OPTIONS + 1];
	int answer;

	fill_getopt(option);
	opterr = 0;
	options.verb = peek_verb(argc, argv, option);
	optind = 0;
	while ((answer = getopt_long(argc, argv, LETTERS, option, NULL)) != -1) {
		int r = answer == 'H' ? take_option(&options, OPTION_HOST, optarg) :
			answer < ANSWER ?
				refuse_option(&options, answer, argv[optind - 1]) :
				take_option(&options, (enum option_id)(answer - ANSWER), optarg);

		if (r < 0)
			return r;
	}
	if (!options.verb && optind < argc) {
		options_mistake(NULL, "'%.*s' is not a verb that apqctl knows.", OPTION_QUOTE_MAX,
				argv[optind]);
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
		if (check_verb(&options) < 0 || check_texts(&options) < 0)
			return -EINVAL;
	}
	*ret_options = options;
	return 0;
}

static void print_options(uint64_t which)
{
	for (int i = 0; i < OPTIONS; i++)
		if (which & OPTION_BIT(i))
			printf("  --%s%s%-*s %s\n", table[i].name, table[i].value ? " " : "",
			       (int)(24 - strlen(table[i].name) - (table[i].value ? 1 : 0)),
			       table[i].value ? table[i].value : "", table[i].help);
}

void options_help(void)
{
	puts("Usage: apqctl [OPTION...] VERB [ARGUMENT...]\n"
	     "Gives crypto adapter queues (AP queues) to KVM guests, by way of apqd.\n\n"
	     "Verbs:");
	for (size_t i = 0; i < verbs_count; i++)
		printf("  %-10s %s\n", verbs[i].name, verbs[i].help);
	puts("\nOptions of every verb; they may stand before or behind it:");
	print_options(OPTIONS_GLOBAL);
	puts("\n'apqctl VERB --help' tells more of a verb.\n\n"
	     "DEVICE is a name, a UUID, a unique prefix of a UUID, or the VM that has the device.\n"
	     "LIST is numbers and ranges, decimal or with 0x hexadecimal: 4,6,0x10-0x12.\n"
	     "Ids are printed as the kernel writes them, in hexadecimal: adapter 0a, domain 0047,\n"
	     "queue 0a.0047.\n\n"
	     "Exit status: 0 done (also if nothing had to change), 1 failed, 2 wrong usage,\n"
	     "3 no such device, 4 conflict or in use, 5 not permitted, 6 apqd is not reachable.");
}

void options_help_verb(const struct verb *verb)
{
	printf("Usage: apqctl %s%s%s\n%c%s.\n", verb->name, *verb->args ? " " : "", verb->args,
	       toupper((unsigned char)verb->help[0]), verb->help + 1);
	if (verb->details)
		printf("\n%s\n", verb->details);
	if (verb->options) {
		puts("\nOptions:");
		print_options(verb->options);
	}
	puts("\nOptions of every verb:");
	print_options(OPTIONS_GLOBAL);
}
