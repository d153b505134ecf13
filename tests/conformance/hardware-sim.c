/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/conformance/hardware.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/file.h"
#include "tests/sim/hotplug.h"

static struct sim *sim;

int hardware_open(const char *root)
{
	char *message;
	int r = sim_open(root, NULL, &sim, &message);

	if (message)
		fprintf(stderr, "%s\n", message);
	free(message);
	return r;
}

void hardware_close(void)
{
	sim_close(sim);
	sim = NULL;
}

static int change(struct sim_state *state, const char *what, unsigned int id, bool on)
{
	if (id >= APQN_IDS)
		return -EINVAL;
	if (strcmp(what, "plug") == 0)
		hotplug_plug(state, id, on);
	else if (strcmp(what, "config") == 0)
		hotplug_configure(state, id, on);
	else if (strcmp(what, "chkstop") == 0)
		hotplug_checkstop(state, id, on);
	else if (strcmp(what, "domain") == 0)
		hotplug_domain(state, id, on);
	else
		return -EINVAL;
	return 0;
}

int hardware_command(const char *command)
{
	struct sim_state *state = sim_begin(sim);
	unsigned int id, domain;
	char what[16], how[8];
	int r = -EINVAL;

	if (sscanf(command, "irq %x.%x %7s", &id, &domain, how) == 3 && id < APQN_IDS &&
	    domain < APQN_IDS) {
		hotplug_interrupt(state, (struct apqn){ .adapter = id, .domain = domain },
				  strcmp(how, "on") == 0);
		r = 0;
	} else if (sscanf(command, "%15s %u %7s", what, &id, how) == 3) {
		r = change(state, what, id, strcmp(how, "on") == 0);
	}
	sim_commit(sim);
	return r;
}

void hardware_settle(void)
{
	/* the simulated kernel does all at once */
}
