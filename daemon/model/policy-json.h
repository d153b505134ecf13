/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Parts of the host policy as the interface shows them.  Each function returns an object that the
 * caller puts, or NULL without memory.
 */
#ifndef APQD_DAEMON_MODEL_POLICY_JSON_H
#define APQD_DAEMON_MODEL_POLICY_JSON_H

#include <json-c/json.h>

#include "common/queue-set.h"
#include "daemon/model/policy.h"

/* The type Queue of each queue of the set, in order. */
struct json_object *describe_queue_set(const struct queue_set *set);

struct json_object *policy_describe_reservation(const struct reservation *reserved);

struct json_object *policy_describe_interrupts(const struct interrupts_wish *wish);

#endif
