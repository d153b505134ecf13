/* SPDX-License-Identifier: GPL-2.0-or-later */
/* apqctl: says to apqd what an administrator wants, and to the administrator what apqd knows. */
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "cli/call.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/verbs.h"
#include "common/error.h"

#define BIT(name) OPTION_BIT(OPTION_##name)
#define MATRIX_OPTIONS (BIT(ADAPTERS) | BIT(DOMAINS) | BIT(CONTROL_DOMAINS))
#define BOTH_SCOPES                                                              \
	"Without --live and --definition both are changed: the definition, and\n" \
	"the kernel if the device is started."
#define SETTINGS_OPTIONS (BIT(NAME) | BIT(AUTO) | BIT(MANUAL) | BIT(INTERRUPTS))

#define TAKES_DEVICE .arguments_min = 1, .arguments_max = 1

static const struct verb verbs[] = {
	{
		.name = "status",
		.args = "",
		.help = "tell how the host stands: passthrough, ownership, interrupts, problems",
		.fn = verb_status,
	},
	{
		.name = "list",
		.args = "[--full]",
		.help = "list all devices",
		.details = "GUEST is how many of the assigned queues the guest gets, or would\n"
			   "get. 'apqctl show DEVICE' tells the problems in full.",
		.options = BIT(FULL) | BIT(NO_HEADINGS),
		.fn = verb_list,
	},
	{
		.name = "show",
		.args = "DEVICE",
		.help = "tell everything about one device and its queues",
		.fn = verb_show,
		TAKES_DEVICE,
	},
	{
		.name = "cards",
		.args = "",
		.help = "list the cards of the AP bus",
		.options = BIT(NO_HEADINGS),
		.fn = verb_cards,
	},
	{
		.name = "queues",
		.args = "[--adapters LIST] [--domains LIST] [--device DEVICE]",
		.help = "list the queues of the AP bus and who has them",
		.details = "OWNER is host, guest (in a device) or nobody (free for devices).\n"
			   "INTERRUPT: whether the guest, or the host's driver, has them on.",
		.options = BIT(ADAPTERS) | BIT(DOMAINS) | BIT(DEVICE) | BIT(FULL) |
			   BIT(NO_HEADINGS),
		.fn = verb_queues,
	},
	{
		.name = "matrix",
		.args = "",
		.help = "draw adapters against domains: who has which queue",
		.details = "As wide as the terminal, or COLUMNS, or 80 columns; a wide host is\n"
			   "drawn in blocks.",
		.fn = verb_matrix,
	},
	{
		.name = "define",
		.args = "[UUID] --adapters LIST --domains LIST [OPTION...]",
		.help = "write a definition; the kernel is not touched, unless by --start",
		.details = "Without UUID a new one is made. Without options the device is\n"
			   "started manually, takes any interrupts, and has no control domains.\n"
			   "With --start it is started too; if that is refused, the new\n"
			   "definition is taken back.",
		.options = MATRIX_OPTIONS | SETTINGS_OPTIONS | BIT(START) | BIT(DRY_RUN),
		.arguments_max = 1,
		.fn = verb_define,
	},
	{
		.name = "undefine",
		.args = "DEVICE [--dry-run]",
		.help = "remove a definition; a started device stays started",
		.options = BIT(DRY_RUN),
		.fn = verb_undefine,
		TAKES_DEVICE,
	},
	{
		.name = "start",
		.args = "DEVICE [--force] [--dry-run]",
		.help = "make the kernel follow the definition",
		.details = "A device that is started already is changed to what is defined.\n"
			   "--force is needed where a running guest would lose queues by that.",
		.options = BIT(FORCE) | BIT(DRY_RUN),
		.fn = verb_start,
		TAKES_DEVICE,
	},
	{
		.name = "stop",
		.args = "DEVICE [--force] [--dry-run]",
		.help = "remove a device from the kernel; its definition stays",
		.details = "A device that a guest uses is stopped only with --force, and then\n"
			   "the kernel may wait until the guest has ended.",
		.options = BIT(FORCE) | BIT(DRY_RUN),
		.fn = verb_stop,
		TAKES_DEVICE,
	},
	{
		.name = "assign",
		.args = "DEVICE [--adapters LIST] [--domains LIST] [OPTION...]",
		.help = "give a device more adapters, domains or control domains",
		.details = BOTH_SCOPES,
		.options = MATRIX_OPTIONS | BIT(LIVE) | BIT(DEFINITION) | BIT(DRY_RUN),
		.fn = verb_assign,
		TAKES_DEVICE,
	},
	{
		.name = "unassign",
		.args = "DEVICE [--adapters LIST] [--domains LIST] [OPTION...]",
		.help = "take adapters, domains or control domains from a device",
		.details = BOTH_SCOPES "\n--force is needed where a running guest loses queues.",
		.options = MATRIX_OPTIONS | BIT(LIVE) | BIT(DEFINITION) | BIT(FORCE) |
			   BIT(DRY_RUN),
		.fn = verb_unassign,
		TAKES_DEVICE,
	},
	{
		.name = "modify",
		.args = "DEVICE [--name NAME] [--auto|--manual] [OPTION...]",
		.help = "change a device's name, start or interrupts policy",
		.details = "--adopt makes the definition follow what the kernel has now;\n"
			   "'apqctl start' is the other way round.",
		.options = SETTINGS_OPTIONS | BIT(ADOPT) | BIT(DRY_RUN),
		.fn = verb_modify,
		TAKES_DEVICE,
	},
	{
		.name = "monitor",
		.args = "[--initial]",
		.help = "tell every change as it happens, a line each",
		.details = "Ends by Ctrl-C. If apqd is restarted, it waits, and then tells what\n"
			   "changed in the meantime. With --json every line is one event.",
		.options = BIT(INITIAL),
		.fn = verb_monitor,
	},
};

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
	r = options_parse(argc, argv, verbs, ARRAY_SIZE(verbs), &options);
	if (r < 0)
		return r == -EINVAL ? EXIT_STATUS_USAGE : call_broken(r);
	output_init(option_given(&options, OPTION_JSON) ? COLOR_NEVER : options.color);
	if (option_given(&options, OPTION_VERSION)) {
		puts("apqctl " PACKAGE_VERSION);
		return finish(EXIT_STATUS_DONE);
	}
	if (option_given(&options, OPTION_HELP)) {
		if (options.verb)
			options_help_verb(options.verb);
		else
			options_help(verbs, ARRAY_SIZE(verbs));
		return finish(EXIT_STATUS_DONE);
	}
	return run_verb(&options);
}
