/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The list of operations that the simulated kernel and real ones must answer alike.  It is
 * one story: each operation finds what those before it left.
 */
#ifndef APQD_TESTS_CONFORMANCE_OPERATIONS_H
#define APQD_TESTS_CONFORMANCE_OPERATIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "daemon/model/attribute.h"

#define UUID_A "aaaaaaaa-0000-4000-8000-000000000001"
#define UUID_B "bbbbbbbb-0000-4000-8000-000000000002"

struct operation {
	bool hardware;		/* value is a command to the machine; the bus scans afterwards */
	enum attribute attribute;
	const char *target;	/* UUID or AA.DDDD, for an attribute of a device or queue */
	const char *value;
};

/* For every kernel, on a fresh host with 4 cards and 8 domains; it ends as it began. */
extern const struct operation operations[];
extern const size_t operations_count;

/*
 * After that, where queues have driver_override.  Its end leaves the kernel's count of overrides
 * wrong, as a kernel does whose overridden queue goes: the machine is to be booted anew.
 */
extern const struct operation override_operations[];
extern const size_t override_operations_count;

#endif
