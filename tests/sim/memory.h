/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The memory of the simulated kernel seam about devices that cannot be read: those that nobody else
 * has written to since their matrix was known.  daemon/kernel/memory.h uses inotify for this.
 */
#ifndef APQD_TESTS_SIM_MEMORY_H
#define APQD_TESTS_SIM_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/sim/state.h"

struct memory {
	struct memory_entry {
		uint64_t serial;	/* of the device */
		uint64_t others;	/* its others' writes when it was known */
		struct matrix matrix;	/* what it has by all that is known */
	} *entries;			/* owned */
	size_t count, size;
};

void memory_done(struct memory *memory);

/* The device, as it is now, is known to have matrix; without memory it is not remembered. */
void memory_put(struct memory *memory, const struct sim_device *device,
		const struct matrix *matrix);

/* The daemon has written to it, and the kernel taken it. */
void memory_write(struct memory *memory, const struct sim_device *device,
		  const struct attribute_write *write);

/* Nothing is known of it any more. */
void memory_forget(struct memory *memory, const struct sim_device *device);

/*
 * Returns the matrix of the device, or NULL if anybody else has written to it since the matrix was
 * known.
 */
const struct matrix *memory_get(const struct memory *memory, const struct sim_device *device);

/* Writes the present identity of the device, as daemon/kernel/kernel.h defines it. */
void memory_identity(const struct sim_device *device, char ret_text[static OBSERVED_IDENTITY_SIZE]);

#endif
