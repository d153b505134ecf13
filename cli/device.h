/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A device as apqd describes it (the interface's type Device), read into a struct, and
 * the words by which apqctl speaks of it.
 */
#ifndef APQD_CLI_DEVICE_H
#define APQD_CLI_DEVICE_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/macro.h"
#include "common/matrix.h"

/* As many characters of a UUID are shown in tables, unless two devices begin alike. */
#define DEVICE_SHORT_UUID 8

/* Everything is borrowed from the object that it was read from. */
struct device {
	struct json_object *object;		/* all of it */
	const char *uuid;
	const char *name;			/* NULL for none */
	const char *start;			/* auto, manual */
	const char *interrupts;			/* any, required, polled */
	bool is_defined, is_active, is_unreadable, has_effective;
	struct matrix definition, active, effective;	/* empty where there is none */
	bool in_use;
	struct json_object *users, *interrupt_queues, *problems;	/* lists, or NULL */
};

/* Returns 0, or -EBADMSG for what is no Device. */
MUST_CHECK int device_read(struct json_object *object, struct device *ret_device);

/*
 * In which order devices are listed: by name, numbers in it by their value, those without a name
 * last, and then by UUID.  Negative, 0 or positive, as strcmp().
 */
int device_compare(const struct device *a, const struct device *b);

/*
 * Reads the member devices of the reply of ListDevices, in the order of device_compare().  Returns 0,
 * -EBADMSG or -ENOMEM; the caller frees the array.
 */
MUST_CHECK int device_read_list(struct json_object *parameters, struct device **ret_devices,
				size_t *ret_count);

/* The device of a UUID, or NULL. */
const struct device *device_find(const struct device *devices, size_t count, const char *uuid);

/* Its name, or its UUID where it has none. */
const char *device_label(const struct device *device);

/* "in use", "started" or "defined": the interface's words as people read them. */
const char *device_state(const struct device *device);

/* The same as the interface writes it: "inUse", "started" or "defined". */
const char *device_state_word(const struct device *device);

/* What it has: the active matrix where it is started, else its definition. */
const struct matrix *device_matrix(const struct device *device);

/* Returns the name of a user of a device: the virtual machine, or else the command. Borrowed. */
const char *device_user(struct json_object *user);

/*
 * Returns true if it is started and what the kernel has given it cannot be read: active is then
 * empty and says nothing (kernels without ap_config; apqd tells it as a problem).
 */
bool device_is_unreadable(const struct device *device);

/* Returns true if it has a definition on the disk that cannot be used. */
bool device_is_badly_defined(const struct device *device);

/* Returns true if it is being removed, and goes as soon as its guest has ended. */
bool device_is_leaving(const struct device *device);

/*
 * Returns the length at which prefixes of the UUIDs differ from each other and from the names of
 * other devices: at least DEVICE_SHORT_UUID.
 */
int device_short_length(const struct device *devices, size_t count);

/* How many problems it has, and the message and the code of one (or "?"). */
size_t device_problem_count(const struct device *device);
const char *problem_message(struct json_object *problem);
const char *problem_code(struct json_object *problem);

/* How many items a list has; 0 for what is no list. */
size_t list_length(struct json_object *list);

#endif
