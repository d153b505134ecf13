/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Adapters against domains: for every queue who has it, from what apqd lists of queues and
 * devices.  verb-matrix.c draws it.
 */
#ifndef APQD_CLI_GRID_H
#define APQD_CLI_GRID_H

#include <json-c/json.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/device.h"
#include "common/apqn.h"
#include "common/macro.h"
#include "common/mask.h"

enum {
	CELL_PRESENT = 1 << 0,	/* the AP bus has the queue */
	CELL_HEALTHY = 1 << 1,	/* it is configured and not checkstopped */
	CELL_HOST = 1 << 2,	/* it is the host's */
	CELL_BOUND = 1 << 3,	/* vfio_ap has it */
	CELL_STARTED = 1 << 4,	/* its device is started with it */
	CELL_IN_USE = 1 << 5,	/* a guest has it now */
	CELL_LACKING = 1 << 6,	/* its device has it, and the guest does not get it */
	CELL_CONFLICT = 1 << 7,	/* two have it, or the definition and the kernel differ in it */
	CELL_UNKNOWN = 1 << 8,	/* a device that cannot be read may have it */
};

struct cell {
	uint16_t device;	/* 1 + the index of the first device that has it; 0: none */
	uint16_t flags;
};

struct grid {
	struct mask adapters, domains;	/* what is drawn: of queues that are there and of devices */
	struct cell *cells;		/* owned; APQN_IDS rows of APQN_IDS */
};

static inline struct cell *grid_cell(const struct grid *grid, unsigned int adapter,
				     unsigned int domain)
{
	return &grid->cells[adapter * APQN_IDS + domain];
}

/*
 * Makes a grid of a list of Queues and of devices (at most 65534).  Returns 0, -ENOMEM,
 * or -EBADMSG for an entry that is no Queue.
 */
MUST_CHECK int grid_init(struct grid *grid, struct json_object *queues,
			 const struct device *devices, size_t count);
void grid_done(struct grid *grid);

#define CLEANUP_GRID CLEANUP(grid_done)

#endif
