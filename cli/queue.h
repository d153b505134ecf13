/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A queue as apqd describes it (the interface's type Queue), and the table of queues.
 */
#ifndef APQD_CLI_QUEUE_H
#define APQD_CLI_QUEUE_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#include "cli/device.h"
#include "cli/table.h"
#include "common/apqn.h"
#include "common/macro.h"
#include "common/matrix.h"

/* Strings are borrowed from the object that it was read from. */
struct queue {
	struct apqn apqn;
	const char *owner;		/* host, guest (in a device), nobody (free for devices); see queue_owner() */
	const char *driver;		/* NULL for none */
	const char *device;		/* a UUID; NULL for none */
	bool in_use, configured, checkstopped;
	int8_t interrupt, online;	/* 1, 0, -1: not known */
};

/* Returns 0, or -EBADMSG for what is no Queue. */
MUST_CHECK int queue_read(struct json_object *object, struct queue *ret_queue);

/*
 * The interface's owner as people read it: "guest" owns the queues of a device also while no guest runs, so
 * it is "device"; "nobody" is "none".
 */
const char *queue_owner(const char *owner);

/* Returns true if a guest could work with it: configured and not checkstopped. */
bool queue_is_healthy(const struct queue *queue);

/* Returns true if a device with unknown queues may have the queue. */
bool queue_is_unknown(const struct queue *queue);

/*
 * Makes a table of queues, and adds the row of one; device is what to call its device,
 * for a table that was made with a column for it.
 */
void queue_table_init(struct table *table, bool with_device, bool headings);
void queue_table_row(struct table *table, const struct queue *queue, bool with_device,
		     const char *device);

/*
 * Gives each Queue of a list a member deviceName, the name of its device, or null.  Returns 0 or -ENOMEM.
 */
MUST_CHECK int queue_name_devices(struct json_object *list, const struct device *devices, size_t count);

/*
 * The queues of a device's matrix that a list of Queues lacks, as strings.  The caller puts it; NULL without
 * memory, and for a list that has something else.
 */
struct json_object *queue_find_missing(struct json_object *list, const struct device *device);

/*
 * Prints the queues that a device has or would have, from the reply of ListQueues for its
 * adapters and domains, and names those that are missing.  Of a device that is not started
 * it also says whose they are now; devices are all there are.  Returns 0, -EBADMSG or -ENOMEM.
 */
MUST_CHECK int queue_print_of_device(struct json_object *parameters, const struct device *device,
				     const struct device *devices, size_t count);

#endif
