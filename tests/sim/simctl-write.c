/* SPDX-License-Identifier: GPL-2.0-or-later */
/* apqd-simctl: writes of another program, and how attributes and targets are named. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/rules.h"
#include "tests/sim/simctl.h"
#include "tests/sim/wait.h"

bool simctl_on_off(const char *text, bool *ret_on)
{
	if (!text || (strcmp(text, "on") != 0 && strcmp(text, "off") != 0))
		return false;
	*ret_on = strcmp(text, "on") == 0;
	return true;
}

bool simctl_number(const char *text, unsigned long max, unsigned long *ret_number)
{
	char *end;
	unsigned long number;

	if (!text || text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	number = strtoul(text, &end, strncmp(text, "0x", 2) == 0 ? 16 : 10);
	if (*end || errno || number > max)
		return false;
	*ret_number = number;
	return true;
}

enum attribute simctl_attribute(const char *text)
{
	const char *slash = text ? strrchr(text, '/') : NULL;
	enum attribute attribute = ATTRIBUTES;

	if (text)
		attribute = attribute_from_name(slash ? slash + 1 : text);
	if (attribute == ATTRIBUTES)
		fprintf(stderr, "apqd-simctl: \"%s\" is no attribute that can be written.\n",
			text ? text : "");
	return attribute;
}

bool simctl_target(const char *text, struct attribute_write *write)
{
	if (attribute_is_of_device(write->attribute) && uuid_parse(text, &write->uuid) < 0) {
		fprintf(stderr, "apqd-simctl: \"%s\" is not the UUID of a device.\n", text);
		return false;
	}
	if (attribute_is_of_queue(write->attribute) && apqn_parse(text, &write->apqn) < 0) {
		fprintf(stderr, "apqd-simctl: \"%s\" is not a queue such as 01.002a.\n", text);
		return false;
	}
	return true;
}

/* The device or queue that a path like ".../UUID/remove" or ".../AA.DDDD/driver/unbind" names. */
static const char *target_of_path(char *path)
{
	char *slash = strrchr(path, '/');

	if (!slash)
		return NULL;
	*slash = '\0';
	slash = strrchr(path, '/');
	if (slash && strcmp(slash, "/driver") == 0) {
		*slash = '\0';
		slash = strrchr(path, '/');
	}
	return slash ? slash + 1 : path;
}

int simctl_write(struct sim *sim, char **argv)
{
	struct attribute_write write = { 0 };
	const struct sim_device *device;
	const char *target;
	struct sim_state *state;
	uint64_t serial;
	int r;

	if (!argv[1] || !argv[2] || strlen(argv[2]) >= sizeof(write.value))
		return SIMCTL_USAGE;
	write.attribute = simctl_attribute(argv[1]);
	if (write.attribute == ATTRIBUTES)
		return SIMCTL_USAGE;
	target = argv[3] ? argv[3] : target_of_path(argv[1]);
	if (!target && write.attribute == ATTRIBUTE_UNBIND)
		target = argv[2];
	if (!simctl_target(target ? target : "", &write))
		return SIMCTL_USAGE;
	strcpy(write.value, argv[2]);

	state = sim_begin(sim);
	device = sim_get_device(state, &write.uuid);
	serial = device ? device->serial : 0;
	r = rules_write(state, &write);
	sim_commit(sim);
	if (r == MDEV_WAIT)
		r = wait_until_gone(sim, serial);
	if (r < 0)
		printf("%s\n", strerrorname_np(-r));
	return r < 0 ? SIMCTL_REFUSED : SIMCTL_DONE;
}
