/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/model/policy-json.h"

#include "common/json.h"

struct json_object *describe_queue_set(const struct queue_set *set)
{
	struct json_object *list = json_object_new_array();
	char text[APQN_TEXT_SIZE];

	for (unsigned int adapter = 0; set && adapter < APQN_IDS; adapter++)
		MASK_FOR_EACH(domain, &set->domains[adapter])
			json_append(list, json_object_new_string(
					     apqn_format((struct apqn){ adapter, domain }, text)));
	return list;
}

struct json_object *policy_describe_interrupts(const struct interrupts_wish *wish)
{
	static const struct json_field fields[] = {
		JSON_FIELD(struct interrupts_wish, gisa, "gisa", JSON_KIND_TRISTATE, 0),
		JSON_FIELD(struct interrupts_wish, poll_thread, "pollThread", JSON_KIND_TRISTATE, 0),
		JSON_FIELD(struct interrupts_wish, poll_timeout, "pollTimeout", JSON_KIND_INT,
			   JSON_NULLABLE),
	};

	return json_write(fields, ARRAY_SIZE(fields), wish);
}

struct json_object *policy_describe_reservation(const struct reservation *reserved)
{
	struct json_object *object = json_object_new_object();

	json_add(object, "adapters", json_from_mask(&reserved->adapters));
	json_add(object, "domains", json_from_mask(&reserved->domains));
	json_add(object, "queues", describe_queue_set(&reserved->queues));
	return object;
}
