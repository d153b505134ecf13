/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * apqd-simctl - acts on the simulated kernel of apqd-sim as other programs act on a real one
 */
#include "tests/sim/simctl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"

static const struct command {
	const char *name;
	const char *arguments;
	const char *help;
	simctl_fn *run;
} commands[] = {
	{ "write", "ATTRIBUTE VALUE [UUID|AA.DDDD]", "write an attribute, by name or path",
	  simctl_write },
	{ "read", "ATTRIBUTE [UUID|AA.DDDD]",
	  "print an attribute as sysfs shows it; devices and queues list them", simctl_read },
	{ "count", "[ATTRIBUTE|reset]", "print how often the daemon wrote and read what",
	  simctl_count },
	{ "guest", "UUID [hold SECONDS] [command NAME] [machine NAME]", "be a VMM that has the device open",
	  simctl_guest },
	{ "plug", "N on|off", "adapter N joins or leaves the LPAR", simctl_hardware },
	{ "domain", "N on|off", "domain N, usage and control, joins or leaves the LPAR",
	  simctl_hardware },
	{ "config", "N on|off", "adapter N is configured or deconfigured", simctl_hardware },
	{ "chkstop", "N on|off", "adapter N is checkstopped or well again", simctl_hardware },
	{ "irq", "AA.DDDD on|off", "a guest switches the queue's interrupts", simctl_interrupt },
	{ "aqic", "UUID AA.DDDD on|off|bad",
	  "the guest of the device does so by PQAP(AQIC); bad: a bad notification byte",
	  simctl_aqic },
	{ "kvm", "on|off", "kvm is loaded or unloaded", simctl_kvm },
	{ "gisa", "on|off", "kvm.use_gisa", simctl_kvm },
	{ "facility65", "on|off", "whether KVM offers AQIC to guests", simctl_kvm },
	{ "fail", "ATTRIBUTE ERRNO [after N] [times N]",
	  "the daemon's write fails (times 0: always)", simctl_fault },
	{ "delay", "ATTRIBUTE MILLISECONDS [after N] [times N]",
	  "the daemon's write takes that long", simctl_fault },
	{ "block", "ATTRIBUTE [after N] [times N]", "the daemon's write waits for 'unblock'",
	  simctl_fault },
	{ "unblock", "", "the writes that wait go on", simctl_unblock },
	{ "blocked", "", "print how many writes wait", simctl_blocked },
	{ "crash", "ATTRIBUTE before|after [after N]", "the daemon is killed at its write",
	  simctl_fault },
	{ "lose", "[next]", "events got lost now, or with the next change", simctl_lose },
	{ "clear", "", "forget the faults that are not used up", simctl_clear },
};

static void print_help(void)
{
	printf("Usage: apqd-simctl [--root DIR] COMMAND [ARGUMENT...]\n\n"
	       "Acts on the simulated kernel of apqd-sim as other programs act on a real one.\n\n"
	       "  init [OPTION...]\n        make the simulated kernel, if there is none\n");
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		printf("  %s %s\n        %s\n", commands[i].name, commands[i].arguments,
		       commands[i].help);
	printf("\nOptions of init, as of apqd-sim:\n");
	for (const struct kernel_option *option = kernel_options; option->name; option++)
		printf("  --%s %s\n        %s\n", option->name, option->argument, option->help);
	printf("\nExit status: 0 done; 1 refused, then the errno's name is printed; 2 usage.\n");
}

/* Opens what is there (config NULL), or makes it. */
static int open_sim(const char *root, const struct sim_config *config, struct sim **ret_sim)
{
	CLEANUP_FREE char *message = NULL;
	int r = sim_open(root, config, ret_sim, &message);

	if (r < 0)
		fprintf(stderr, "apqd-simctl: %s\n", message ? message : strerror(-r));
	return r;
}

static int run_init(const char *root, char **argv)
{
	struct sim_config config = sim_config_default();
	CLEANUP(sim_closep) struct sim *sim = NULL;

	for (; argv[0]; argv += 2) {
		CLEANUP_FREE char *message = NULL;

		if (strncmp(argv[0], "--", 2) != 0 ||
		    sim_config_set(&config, argv[0] + 2, argv[1], &message) < 0) {
			fprintf(stderr, "apqd-simctl: %s\n",
				message ? message : "init takes options only, such as --cards 4.");
			return SIMCTL_USAGE;
		}
	}
	return open_sim(root, &config, &sim) < 0 ? SIMCTL_REFUSED : SIMCTL_DONE;
}

static int run(const char *root, char **argv)
{
	CLEANUP(sim_closep) struct sim *sim = NULL;
	size_t i = 0;
	int status;

	if (strcmp(argv[0], "init") == 0)
		return run_init(root, argv + 1);
	while (i < ARRAY_SIZE(commands) && strcmp(argv[0], commands[i].name) != 0)
		i++;
	if (i == ARRAY_SIZE(commands)) {
		fprintf(stderr,
			"apqd-simctl: there is no command \"%s\"; see apqd-simctl --help.\n",
			argv[0]);
		return SIMCTL_USAGE;
	}
	if (open_sim(root, NULL, &sim) < 0)
		return SIMCTL_REFUSED;
	status = commands[i].run(sim, argv);
	if (status == SIMCTL_USAGE)
		fprintf(stderr, "Usage: apqd-simctl %s %s\n", commands[i].name,
			commands[i].arguments);
	return status;
}

int main(int argc, char **argv)
{
	const char *root = "";

	(void)argc;
	argv++;
	if (argv[0] && strcmp(argv[0], "--root") == 0 && argv[1]) {
		root = argv[1];
		argv += 2;
	}
	if (argv[0] && (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "help") == 0)) {
		print_help();
		return SIMCTL_DONE;
	}
	if (!argv[0]) {
		fprintf(stderr, "apqd-simctl: no command; see apqd-simctl --help.\n");
		return SIMCTL_USAGE;
	}
	return run(root, argv);
}
