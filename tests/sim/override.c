/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/sim/override.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/sim/bus.h"

static bool is_full(const struct mask *mask)
{
	return mask_count(mask) == APQN_IDS;
}

/* Returns true if a queue has the override of that index; one that nobody has may be replaced. */
static bool is_used(const struct sim_state *state, unsigned int index)
{
	for (unsigned int adapter = 0; adapter < APQN_IDS; adapter++)
		for (unsigned int domain = 0; domain < APQN_IDS; domain++)
			if (state->queue[adapter][domain].override == 1 + index)
				return true;
	return false;
}

/* Where the name is kept, plus 1; 0 where there is no room. */
static unsigned int keep_name(struct sim_state *state, const char *name, size_t length)
{
	for (unsigned int i = 0; i < SIM_OVERRIDES_MAX; i++)
		if (strlen(state->overrides[i]) == length &&
		    strncmp(state->overrides[i], name, length) == 0)
			return 1 + i;
	for (unsigned int i = 0; i < SIM_OVERRIDES_MAX; i++) {
		if (is_used(state, i))
			continue;
		snprintf(state->overrides[i], sizeof(state->overrides[i]), "%.*s", (int)length,
			 name);
		return 1 + i;
	}
	return 0;
}

int override_write(struct sim_state *state, struct apqn apqn, const char *value)
{
	struct sim_queue *queue = sim_find_queue(state, apqn);
	size_t length = strcspn(value, "\n");
	unsigned int override = 0;

	if (!queue || !state->config.has_override)
		return -ENOENT;
	if (!is_full(&state->apmask) || !is_full(&state->aqmask))
		return -EINVAL;
	if (length > 0) {
		override = keep_name(state, value, length);
		if (override == 0)
			return -ENOMEM;
	}
	if (queue->override && !override)
		state->overrides_active--;
	else if (!queue->override && override)
		state->overrides_active++;
	queue->override = override;
	sim_note_queue(state, apqn);
	return 0;
}

/* sysfs_streq() with the name of a queue device: exactly "AA.DDDD", a newline may follow. */
static const struct sim_queue *find_named(struct sim_state *state, const char *value,
					  struct apqn *ret_apqn)
{
	char name[APQN_TEXT_SIZE], canonical[APQN_TEXT_SIZE];
	size_t length = strlen(value);
	struct apqn apqn;

	length -= length > 0 && value[length - 1] == '\n';
	if (length != sizeof(name) - 1)
		return NULL;
	snprintf(name, sizeof(name), "%.*s", (int)length, value);
	if (apqn_parse(name, &apqn) < 0 || strcmp(apqn_format(apqn, canonical), name) != 0)
		return NULL;
	*ret_apqn = apqn;
	return sim_get_queue(state, apqn);
}

int override_unbind(struct sim_state *state, struct apqn apqn, const char *value)
{
	const struct sim_queue *queue = sim_get_queue(state, apqn);
	const struct sim_queue *named;
	struct apqn other;

	if (!queue || queue->driver == SIM_UNBOUND)
		return -ENOENT;
	named = find_named(state, value, &other);
	if (!named || named->driver != queue->driver)
		return -ENODEV;
	bus_detach(state, other);
	return 0;
}

int override_probe(struct sim_state *state, const char *value)
{
	char end = '\n';
	unsigned int adapter;
	struct apqn apqn;

	if (find_named(state, value, &apqn)) {
		bus_attach(state, apqn);
		return 0;
	}
	/* cards always have their driver, so there is nothing to do for one */
	if (sscanf(value, "card%2x%c", &adapter, &end) >= 1 && end == '\n' &&
	    state->card[adapter].exists)
		return 0;
	return -ENODEV;
}
