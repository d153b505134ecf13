/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes what host.json says, among whatever else is in it.
 */
#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "daemon/store/policy-form.h"

struct json_object *policy_form_queues(const struct queue_set *queues)
{
	CLEANUP_JSON struct json_object *list = json_object_new_array();
	CLEANUP_FREE char *text = queue_set_list(queues);
	char *rest = NULL;

	if (!list || !text)
		return NULL;
	for (char *run = strtok_r(text, ",", &rest); run; run = strtok_r(NULL, ",", &rest)) {
		struct json_object *entry = json_object_new_string(run);

		if (!entry || json_object_array_add(list, entry) < 0) {
			json_object_put(entry);
			return NULL;
		}
	}
	return TAKE_PTR(list);
}

bool policy_form_may_have_masks(const struct host_policy *policy)
{
	return policy->has_reservation &&
	       (policy->mechanism == MECHANISM_MASKS || policy->mechanism == MECHANISM_OBSERVE);
}

/* As json_add(), where NULL is a value that there was no memory for. */
static int add_made(struct json_object *object, const char *key, struct json_object *value)
{
	return value ? json_add(object, key, value) : -ENOMEM;
}

static int write_mechanism(struct json_object *object, enum ownership_mechanism mechanism)
{
	if (mechanism != MECHANISM_UNDECIDED)
		return json_add_string(object, "ownership", ownership_mechanism_names[mechanism]);
	json_object_object_del(object, "ownership");
	return 0;
}

static int write_reserved(struct json_object *object, const struct host_policy *policy)
{
	struct json_object *reserved;

	if (!policy->has_reservation) {
		json_object_object_del(object, "reserved");
		return 0;
	}
	reserved = json_object_new_object();
	if (add_made(object, "reserved", reserved) < 0 ||
	    add_made(reserved, "adapters", json_from_mask(&policy->reserved.adapters)) < 0 ||
	    add_made(reserved, "domains", json_from_mask(&policy->reserved.domains)) < 0)
		return -ENOMEM;
	return add_made(reserved, "queues", policy_form_queues(&policy->reserved.queues));
}

static int write_masks(struct json_object *object, const struct host_policy *policy)
{
	struct json_object *masks;

	if (!policy->has_masks || !policy_form_may_have_masks(policy)) {
		json_object_object_del(object, "masks");
		return 0;
	}
	masks = json_object_new_object();
	if (add_made(object, "masks", masks) < 0 ||
	    add_made(masks, "adapters", json_from_mask(&policy->masks.adapters)) < 0)
		return -ENOMEM;
	return add_made(masks, "domains", json_from_mask(&policy->masks.domains));
}

int policy_form_write_wish(struct json_object *object, const struct interrupts_wish *wish)
{
	struct json_object *interrupts;

	if (wish->gisa < 0 && wish->poll_thread < 0 && wish->poll_timeout == JSON_INT_NULL) {
		json_object_object_del(object, "interrupts");
		return 0;
	}
	interrupts = json_object_new_object();
	if (add_made(object, "interrupts", interrupts) < 0 ||
	    (wish->gisa >= 0 && json_add_bool(interrupts, "gisa", wish->gisa) < 0) ||
	    (wish->poll_thread >= 0 &&
	     json_add_bool(interrupts, "pollThread", wish->poll_thread) < 0) ||
	    (wish->poll_timeout != JSON_INT_NULL &&
	     json_add_int(interrupts, "pollTimeout", wish->poll_timeout) < 0))
		return -ENOMEM;
	return 0;
}

int policy_form_write(struct json_object *object, const struct host_policy *policy)
{
	struct json_object *enforce = NULL;

	if (write_mechanism(object, policy->mechanism) < 0 || write_reserved(object, policy) < 0 ||
	    write_masks(object, policy) < 0 ||
	    policy_form_write_wish(object, &policy->interrupts) < 0)
		return -ENOMEM;
	/* Who wrote "false" keeps it. */
	if (!policy->enforce && !json_object_object_get_ex(object, "enforce", &enforce))
		return 0;
	return json_add_bool(object, "enforce", policy->enforce);
}
