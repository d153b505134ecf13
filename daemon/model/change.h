/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A change of the host, of one device, or of many at once.  plan.h turns it into steps.  All of it
 * is done, or nothing.
 */
#ifndef APQD_DAEMON_MODEL_CHANGE_H
#define APQD_DAEMON_MODEL_CHANGE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/cleanup.h"
#include "common/macro.h"
#include "daemon/model/host-change.h"

enum definition_action {
	DEFINITION_KEEP,
	DEFINITION_WRITE,
	DEFINITION_REMOVE,
};

/* The part of a change that is about one device. */
struct device_change {
	struct uuid uuid;		/* first, see uuid-list.h */
	bool live;			/* the kernel's side is to be as follows, else it is left alone */
	bool started;			/* the device exists, with this matrix; else it does not */
	struct matrix active;
	enum definition_action definition_action;
	struct definition definition;	/* for DEFINITION_WRITE; it has no problem */

	/* The state before the change, for an undo; see change_note_before(). */
	struct {
		bool started;
		struct matrix active;
		bool defined;		/* by a file that can be used */
		struct definition definition;
	} was;
};

struct change {
	struct host_change host;
	struct device_change *devices;	/* in the order of their UUIDs, each once */
	size_t count;
	bool force;			/* queues may be taken away from a running guest */
	bool can_reserve;		/* it is of a command that has --reserve */
};

/* Nothing is wanted of anything. */
void change_init(struct change *change);

/* Frees the devices; nothing is wanted of any then. */
void change_done(struct change *change);

#define CLEANUP_CHANGE CLEANUP(change_done)

/* Makes room for count devices, all zero, in a change without any; 0 or -ENOMEM. */
MUST_CHECK int change_set_count(struct change *change, size_t count);

/* Returns the part that is about this device, or NULL. */
struct device_change *change_find(const struct change *change, const struct uuid *uuid);

/*
 * Returns true if the change is about a device; about the host; about the kernel's side of any
 * device.
 */
bool change_has_device(const struct change *change);
bool change_has_host(const struct change *change);
bool change_is_live(const struct change *change);

/* The one device that the change is about, or NULL where it is about none or many. */
struct device_change *change_single(const struct change *change);

/* Returns true if a device that is now there goes by the change. */
bool change_stops(const struct change *change);

/* Records in each device its state before the change. */
void change_note_before(struct change *change, const struct observed *observed,
			const struct desired *desired);

/* Copies into *ret_back, which is initialised, what takes the kernel's side of the devices back; 0 or -ENOMEM. */
MUST_CHECK int change_take_back(const struct change *change, struct change *ret_back);

#endif
