/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/sim/mdev.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/parse.h"
#include "tests/sim/bus.h"
#include "tests/sim/guest-matrix.h"

int mdev_create(struct sim_state *state, const char *value)
{
	char text[UUID_TEXT_SIZE];
	struct sim_device *device;
	struct uuid uuid;

	if (!state->config.has_passthrough)
		return -ENOENT;
	/* one more character may follow, and the kernel does not look at it */
	if (strlen(value) != UUID_TEXT_SIZE - 1 && strlen(value) != UUID_TEXT_SIZE)
		return -EINVAL;
	snprintf(text, sizeof(text), "%.*s", UUID_TEXT_SIZE - 1, value);
	if (uuid_parse(text, &uuid) < 0)
		return -EINVAL;
	if (sim_find_device(state, &uuid))
		return -EEXIST;
	if (state->devices_count == SIM_DEVICES_MAX)
		return -EUSERS;
	device = &state->devices[state->devices_count++];
	*device = (struct sim_device){ .uuid = uuid, .serial = state->next_serial++ };
	sim_note_device(state, &uuid);
	return 0;
}

bool mdev_is_open(const struct sim_state *state, const struct sim_device *device)
{
	for (size_t i = 0; i < SIM_HOLDERS_MAX; i++)
		if (state->holders[i].serial == device->serial)
			return true;
	return false;
}

/* vfio_ap_mdev_remove() */
static void destroy(struct sim_state *state, struct sim_device *device)
{
	struct uuid uuid = device->uuid;

	guest_matrix_reset(state, device);
	*device = state->devices[--state->devices_count];
	sim_note_device(state, &uuid);
}

void mdev_closed(struct sim_state *state, uint64_t serial)
{
	for (uint32_t i = 0; i < state->devices_count; i++) {
		struct sim_device *device = &state->devices[i];

		if (device->serial != serial)
			continue;
		guest_matrix_reset(state, device);
		sim_note_device(state, &device->uuid);
		if (device->dying)
			destroy(state, device);
		return;
	}
}

static int remove_device(struct sim_state *state, struct sim_device *device, const char *value)
{
	unsigned long number;

	if (parse_number(value, &number) < 0)
		return -EINVAL;
	if (number == 0)
		return 0;
	if (!mdev_is_open(state, device)) {
		destroy(state, device);
		return 0;
	}
	device->dying = true;
	sim_note_device(state, &device->uuid);
	return MDEV_WAIT;
}

/* vfio_ap_mdev_validate_masks() */
static int check_matrix(const struct sim_state *state, const struct sim_device *device,
			const struct matrix *matrix)
{
	if (bus_owns_any(state, matrix))
		return -EADDRNOTAVAIL;
	for (uint32_t i = 0; i < state->devices_count; i++)
		if (&state->devices[i] != device &&
		    matrix_overlaps(&state->devices[i].matrix, matrix, NULL))
			return -EADDRINUSE;
	return 0;
}

/* Linux up to 5.19, vfio_ap_mdev_verify_queues_reserved_for_apid(): each queue has vfio_ap by now. */
static bool is_bound(const struct sim_state *state, const struct matrix *matrix)
{
	MATRIX_FOR_EACH_QUEUE(adapter, domain, matrix) {
		struct apqn apqn = { (uint8_t)adapter, (uint8_t)domain };
		const struct sim_queue *queue = sim_get_queue(state, apqn);

		if (!queue || queue->driver != SIM_VFIO_AP)
			return false;
	}
	return true;
}

static int assign(struct sim_state *state, struct sim_device *device, enum attribute attribute,
		  unsigned long id)
{
	struct matrix matrix = device->matrix;
	int r;

	if (attribute == ATTRIBUTE_ASSIGN_CONTROL_DOMAIN) {
		mask_set(&device->matrix.control_domains, id);
		guest_matrix_filter_control_domains(state, device);
		return 0;
	}
	mask_set(attribute == ATTRIBUTE_ASSIGN_ADAPTER ? &matrix.adapters : &matrix.domains, id);
	/* what it has already is not checked again, and nothing is filtered anew */
	if (matrix_equal(&matrix, &device->matrix))
		return 0;
	r = check_matrix(state, device, &matrix);
	if (r == 0 && !state->config.has_hotplug && !is_bound(state, &matrix))
		r = -EADDRNOTAVAIL;
	if (r < 0)
		return r;
	device->matrix = matrix;
	guest_matrix_filter(state, device);
	return 0;
}

static void unassign(struct sim_state *state, struct sim_device *device, enum attribute attribute,
		     unsigned long id)
{
	struct mask mask = { 0 };

	mask_set(&mask, id);
	if (attribute == ATTRIBUTE_UNASSIGN_CONTROL_DOMAIN) {
		mask_clear(&device->matrix.control_domains, id);
		mask_clear(&device->shadow.control_domains, id);
	} else if (attribute == ATTRIBUTE_UNASSIGN_ADAPTER) {
		guest_matrix_unplug_adapters(state, device, &mask);
		mask_clear(&device->matrix.adapters, id);
	} else {
		guest_matrix_unplug_domains(state, device, &mask);
		mask_clear(&device->matrix.domains, id);
	}
}

/* The six attributes that take one number. */
static int write_number(struct sim_state *state, struct sim_device *device,
			enum attribute attribute, const char *value)
{
	bool of_adapter = attribute == ATTRIBUTE_ASSIGN_ADAPTER ||
			  attribute == ATTRIBUTE_UNASSIGN_ADAPTER;
	unsigned long id;
	int r = parse_number(value, &id);

	/* up to Linux 5.19 what a guest has stays as it is */
	if (!state->config.has_hotplug && mdev_is_open(state, device))
		return -EBUSY;
	if (r < 0)
		return r;
	if (id > (of_adapter ? state->config.max_adapter : state->config.max_domain))
		return -ENODEV;
	if (attribute == ATTRIBUTE_ASSIGN_ADAPTER || attribute == ATTRIBUTE_ASSIGN_DOMAIN ||
	    attribute == ATTRIBUTE_ASSIGN_CONTROL_DOMAIN)
		return assign(state, device, attribute, id);
	unassign(state, device, attribute, id);
	return 0;
}

/* The next mask of ap_config: up to a comma or newline, as strsep() of the kernel cuts it. */
static int take_mask(const char **value, struct mask *ret_mask)
{
	const char *start = *value;
	size_t length;

	if (!start)
		return -EINVAL;
	length = strcspn(start, ",\n");
	*value = start[length] ? start + length + 1 : NULL;
	return parse_hex_mask(start, length, ret_mask);
}

static bool is_above(const struct mask *mask, unsigned int max)
{
	return mask_next(mask, max + 1) < APQN_IDS;
}

/* ap_config_store() */
static int write_ap_config(struct sim_state *state, struct sim_device *device, const char *value)
{
	struct matrix matrix, removed;
	int r;

	if (!state->config.has_ap_config)
		return -ENOENT;
	/* what follows the third mask is not looked at */
	if (take_mask(&value, &matrix.adapters) < 0 || take_mask(&value, &matrix.domains) < 0 ||
	    take_mask(&value, &matrix.control_domains) < 0)
		return -EINVAL;
	r = check_matrix(state, device, &matrix);
	if (r < 0)
		return r;
	if (is_above(&matrix.adapters, state->config.max_adapter) ||
	    is_above(&matrix.domains, state->config.max_domain) ||
	    is_above(&matrix.control_domains, state->config.max_domain))
		return -ENODEV;
	removed = matrix_minus(&device->matrix, &matrix);
	guest_matrix_unplug_adapters(state, device, &removed.adapters);
	guest_matrix_unplug_domains(state, device, &removed.domains);
	device->matrix = matrix;
	guest_matrix_filter(state, device);
	guest_matrix_filter_control_domains(state, device);
	return 0;
}

int mdev_write(struct sim_state *state, const struct attribute_write *write)
{
	struct sim_device *device = sim_find_device(state, &write->uuid);
	int r;

	/* the attributes of a device that is being removed are gone before it is */
	if (!device || device->dying)
		return -ENOENT;
	if (write->attribute == ATTRIBUTE_REMOVE)
		return remove_device(state, device, write->value);
	device->writes++;
	if (write->attribute == ATTRIBUTE_AP_CONFIG)
		r = write_ap_config(state, device, write->value);
	else
		r = write_number(state, device, write->attribute, write->value);
	if (r == 0)
		sim_note_device(state, &write->uuid);
	return r;
}
