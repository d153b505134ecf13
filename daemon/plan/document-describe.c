/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The type State of the interface, from what is desired.
 */
#include "common/json.h"
#include "daemon/model/policy-json.h"
#include "daemon/plan/document.h"

static struct json_object *describe_definition(const struct definition *definition)
{
	struct json_object *object = json_object_new_object();
	const struct matrix *matrix = &definition->matrix;

	json_add_string(object, "uuid", definition->uuid.text);
	json_add_string(object, "name", definition->name[0] ? definition->name : NULL);
	json_add_string(object, "start", start_mode_names[definition->start]);
	json_add_string(object, "interrupts", interrupts_policy_names[definition->interrupts]);
	json_add(object, "adapters", json_from_mask(&matrix->adapters));
	json_add(object, "domains", json_from_mask(&matrix->domains));
	json_add(object, "controlDomains", json_from_mask(&matrix->control_domains));
	return object;
}

static struct json_object *describe_host_state(const struct host_policy *policy)
{
	struct json_object *object = json_object_new_object();
	const char *mechanism = ownership_mechanism_names[policy->mechanism];

	json_add_string(object, "ownership", mechanism[0] ? mechanism : NULL);
	json_add_bool(object, "enforce", policy->enforce);
	json_add(object, "reserved", policy_describe_reservation(&policy->reserved));
	json_add(object, "interrupts", policy_describe_interrupts(&policy->interrupts));
	return object;
}

static const struct definition *definition_of(const struct definition *old,
					      const struct device_change *change)
{
	if (change && change->definition_action == DEFINITION_WRITE)
		return &change->definition;
	if (!old || old->problem || (change && change->definition_action == DEFINITION_REMOVE))
		return NULL;
	return old;
}

static void append(struct json_object *list, const struct definition *definition)
{
	if (definition)
		json_object_array_add(list, describe_definition(definition));
}

/* Two lists in the order of their UUIDs become one. */
static void append_all(struct json_object *list, const struct uuid_list *definitions,
		       const struct device_change *changes, size_t count)
{
	size_t i = 0, j = 0;

	while (i < definitions->count || j < count) {
		const struct definition *old =
			i < definitions->count ? definitions->items[i] : NULL;
		const struct device_change *change = j < count ? &changes[j] : NULL;
		int order = !old    ? 1 :
			    !change ? -1 :
				      uuid_compare(&old->uuid, &change->uuid);

		append(list, definition_of(order <= 0 ? old : NULL, order >= 0 ? change : NULL));
		i += order <= 0;
		j += order >= 0;
	}
}

struct json_object *state_describe(const struct desired *desired, const struct change *change)
{
	struct json_object *object = json_object_new_object();
	struct json_object *list = json_object_new_array();
	bool new_policy = change && change->host.write_policy;

	json_add_int(object, "version", STATE_VERSION);
	json_add(object, "host",
		 describe_host_state(new_policy ? &change->host.policy : &desired->policy));
	json_add(object, "devices", list);
	append_all(list, &desired->definitions, change ? change->devices : NULL,
		   change ? change->count : 0);
	return object;
}
