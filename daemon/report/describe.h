/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The model in the types of the interface io.apqd.Manager.  Every function returns a new JSON
 * value that the caller puts, or NULL without memory.
 */
#ifndef APQD_DAEMON_REPORT_DESCRIBE_H
#define APQD_DAEMON_REPORT_DESCRIBE_H

#include <json-c/json.h>

#include "common/error.h"
#include "daemon/model/desired.h"
#include "daemon/model/observed.h"
#include "daemon/plan/plan.h"

struct json_object *describe_host(const struct observed *observed, const struct desired *desired);

/* Also of a card or queue that is gone: then as it was last seen, and in no hands. */
struct json_object *describe_card(const struct observed *observed, unsigned int adapter);

/* The same, to be sent only (see json-text.h), by a caller who knows which device has the queue; NULL: none. */
struct json_object *describe_queue(const struct observed *observed, struct apqn apqn,
				   const struct observed_device *device);

/* The state of a device, in the interface's words; NULL: the kernel does not have it. */
const char *describe_state(const struct observed_device *device);

/* Defined, started or both; one that is neither is only a UUID. */
struct json_object *describe_device(const struct observed *observed, const struct desired *desired,
				    const struct uuid *uuid);



/* So many steps of a plan are told, and then how many more there are: a reply must fit a message. */
#define DESCRIBE_STEPS_MAX 8192

/* Lists of the types Problem, User (device may be NULL) and Step. */
struct json_object *describe_problems(const struct problems *problems);
struct json_object *describe_users(const struct observed_device *device);
struct json_object *describe_steps(const struct plan *plan);

#endif
