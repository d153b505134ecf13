/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/sim/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

void memory_done(struct memory *memory)
{
	free(memory->entries);
	*memory = (struct memory){ 0 };
}

static struct memory_entry *find(const struct memory *memory, uint64_t serial)
{
	for (size_t i = 0; i < memory->count; i++)
		if (memory->entries[i].serial == serial)
			return &memory->entries[i];
	return NULL;
}

static uint64_t others(const struct sim_device *device)
{
	return device->writes - device->own_writes;
}

void memory_put(struct memory *memory, const struct sim_device *device,
		const struct matrix *matrix)
{
	struct memory_entry *entry = find(memory, device->serial);

	if (!entry && memory->count == memory->size) {
		size_t size = memory->size ? 2 * memory->size : 16;
		struct memory_entry *entries = reallocarray(memory->entries, size, sizeof(*entries));

		if (!entries)
			return;
		memory->entries = entries;
		memory->size = size;
	}
	if (!entry)
		entry = &memory->entries[memory->count++];
	*entry = (struct memory_entry){
		.serial = device->serial,
		.others = others(device),
		.matrix = *matrix,
	};
}

void memory_forget(struct memory *memory, const struct sim_device *device)
{
	struct memory_entry *entry = find(memory, device->serial);

	if (entry)
		*entry = memory->entries[--memory->count];
}

const struct matrix *memory_get(const struct memory *memory, const struct sim_device *device)
{
	const struct memory_entry *entry = find(memory, device->serial);

	return entry && entry->others == others(device) ? &entry->matrix : NULL;
}

void memory_write(struct memory *memory, const struct sim_device *device,
		  const struct attribute_write *write)
{
	const struct matrix *known = memory_get(memory, device);
	struct matrix matrix = { 0 };

	if (known)
		matrix = *known;
	if (write->attribute == ATTRIBUTE_CREATE || (known && attribute_apply(write, &matrix) == 0))
		memory_put(memory, device, &matrix);
	else if (known)
		memory_forget(memory, device);
}

void memory_identity(const struct sim_device *device, char ret_text[static OBSERVED_IDENTITY_SIZE])
{
	snprintf(ret_text, OBSERVED_IDENTITY_SIZE, "sim.%" PRIu64 ".%" PRIu64, device->serial,
		 others(device));
}
