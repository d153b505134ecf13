/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/grid.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/queue.h"
#include "common/cleanup.h"

void grid_done(struct grid *grid)
{
	free(grid->cells);
	*grid = (struct grid){ 0 };
}

static int add_queues(struct grid *grid, struct json_object *queues)
{
	for (size_t i = 0; i < list_length(queues); i++) {
		struct queue queue;
		struct cell *cell;

		if (queue_read(json_object_array_get_idx(queues, i), &queue) < 0)
			return -EBADMSG;
		cell = grid_cell(grid, queue.apqn.adapter, queue.apqn.domain);
		cell->flags =
			CELL_PRESENT | (queue_is_healthy(&queue) ? CELL_HEALTHY : 0) |
			(strcmp(queue.owner, "host") == 0 ? CELL_HOST : 0) |
			(queue_is_unknown(&queue) ? CELL_UNKNOWN : 0) |
			(queue.driver && strcmp(queue.driver, "vfio_ap") == 0 ? CELL_BOUND : 0);
		mask_set(&grid->adapters, queue.apqn.adapter);
		mask_set(&grid->domains, queue.apqn.domain);
	}
	return 0;
}

/* What the kernel has: these flags are facts, so they overrule what a definition wants. */
static void add_active(struct grid *grid, const struct device *device, uint16_t number)
{
	MATRIX_FOR_EACH_QUEUE(adapter, domain, &device->active) {
		struct apqn apqn = { .adapter = (uint8_t)adapter, .domain = (uint8_t)domain };
		struct cell *cell = grid_cell(grid, adapter, domain);

		if (cell->device != 0 && cell->device != number)
			cell->flags |= CELL_CONFLICT;
		if (cell->flags & CELL_HOST)
			cell->flags |= CELL_CONFLICT;
		if (device->is_defined && !matrix_has_queue(&device->definition, apqn))
			cell->flags |= CELL_CONFLICT;
		if (!(cell->flags & CELL_HEALTHY) || !device->has_effective ||
		    !matrix_has_queue(&device->effective, apqn))
			cell->flags |= CELL_LACKING;
		else if (device->in_use)
			cell->flags |= CELL_IN_USE;
		cell->flags |= CELL_STARTED;
		cell->device = number;
	}
}

static void add_definition(struct grid *grid, const struct device *device, uint16_t number)
{
	MATRIX_FOR_EACH_QUEUE(adapter, domain, &device->definition) {
		struct apqn apqn = { .adapter = (uint8_t)adapter, .domain = (uint8_t)domain };
		struct cell *cell = grid_cell(grid, adapter, domain);

		if (device->is_active && matrix_has_queue(&device->active, apqn))
			continue;
		if ((device->is_active && !device_is_unreadable(device)) || (cell->flags & CELL_HOST) ||
		    (cell->device != 0 && cell->device != number))
			cell->flags |= CELL_CONFLICT;
		if (cell->device == 0) {
			cell->device = number;
			if ((cell->flags & (CELL_BOUND | CELL_HEALTHY)) !=
			    (CELL_BOUND | CELL_HEALTHY))
				cell->flags |= CELL_LACKING;
		}
	}
}

int grid_init(struct grid *grid, struct json_object *queues, const struct device *devices,
	      size_t count)
{
	CLEANUP_GRID struct grid made = { 0 };
	int r;

	if (count >= UINT16_MAX)
		return -EBADMSG;
	made.cells = calloc((size_t)APQN_IDS * APQN_IDS, sizeof(*made.cells));
	if (!made.cells)
		return -ENOMEM;
	r = add_queues(&made, queues);
	if (r < 0)
		return r;
	/* All that is started before all that is only defined: a queue shows who has it. */
	for (size_t i = 0; i < count; i++)
		add_active(&made, &devices[i], (uint16_t)(i + 1));
	for (size_t i = 0; i < count; i++) {
		const struct matrix all = matrix_or(&devices[i].active, &devices[i].definition);

		add_definition(&made, &devices[i], (uint16_t)(i + 1));
		made.adapters = mask_or(&made.adapters, &all.adapters);
		made.domains = mask_or(&made.domains, &all.domains);
	}
	*grid = made;
	made.cells = NULL;
	return 0;
}
