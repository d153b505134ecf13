/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a change wants of the host itself, as a member of its record.
 */
#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "daemon/model/host-change.h"
#include "daemon/store/internal.h"
#include "daemon/store/policy-form.h"

/* As it lies in the record; masks are the kernel's text. */
struct host_record {
	bool ownership, write_policy;
	const char *apmask, *aqmask;
	struct json_object *take, *give;	/* lists of runs */
	struct json_object *policy;		/* as host.json */
};

static const struct json_field fields[] = {
	JSON_FIELD(struct host_record, ownership, "ownership", JSON_KIND_BOOL, JSON_REQUIRED),
	JSON_FIELD(struct host_record, apmask, "apmask", JSON_KIND_STRING, JSON_REQUIRED),
	JSON_FIELD(struct host_record, aqmask, "aqmask", JSON_KIND_STRING, JSON_REQUIRED),
	JSON_FIELD(struct host_record, take, "take", JSON_KIND_OBJECT, JSON_REQUIRED),
	JSON_FIELD(struct host_record, give, "give", JSON_KIND_OBJECT, JSON_REQUIRED),
	JSON_FIELD(struct host_record, write_policy, "writePolicy", JSON_KIND_BOOL, JSON_REQUIRED),
	JSON_FIELD(struct host_record, policy, "policy", JSON_KIND_OBJECT, JSON_REQUIRED),
};

int host_record_write(struct json_object *record, const char *key, const struct host_change *host)
{
	char apmask[MASK_TEXT_SIZE], aqmask[MASK_TEXT_SIZE];
	CLEANUP_JSON struct json_object *take = policy_form_queues(&host->take);
	CLEANUP_JSON struct json_object *give = policy_form_queues(&host->give);
	CLEANUP_JSON struct json_object *policy = json_object_new_object();
	CLEANUP_JSON struct json_object *object = NULL;
	struct host_record lying = {
		.ownership = host->ownership,
		.apmask = mask_format(&host->apmask, apmask),
		.aqmask = mask_format(&host->aqmask, aqmask),
		.take = take,
		.give = give,
		.write_policy = host->write_policy,
		.policy = policy,
	};

	if (!take || !give || !policy || policy_form_write(policy, &host->policy) < 0)
		return -ENOMEM;
	object = json_write(fields, ARRAY_SIZE(fields), &lying);
	if (!object ||
	    (host->set_interrupts && policy_form_write_wish(object, &host->interrupts) < 0))
		return -ENOMEM;
	return json_add(record, key, TAKE_PTR(object));
}

static int read_mask(const char *text, struct mask *ret_mask)
{
	return mask_parse(text, strlen(text), ret_mask);
}

int host_record_read(struct json_object *record, const char *key, struct host_change *ret_host)
{
	static const struct locate_path top;
	CLEANUP_POLICY_MISTAKE struct policy_mistake mistake = { 0 };
	struct json_object *object = NULL;
	struct host_record lying = { 0 };
	struct host_change host;
	const char *bad;
	int r;

	host_change_init(&host);
	if (!json_object_object_get_ex(record, key, &object)) {
		*ret_host = host;
		return 0;
	}
	if (json_read(object, fields, ARRAY_SIZE(fields), false, &lying, &bad) < 0 ||
	    read_mask(lying.apmask, &host.apmask) < 0 || read_mask(lying.aqmask, &host.aqmask) < 0 ||
	    !json_object_is_type(lying.policy, json_type_object))
		return -EINVAL;
	host.ownership = lying.ownership;
	host.write_policy = lying.write_policy;
	r = policy_form_read(lying.policy, &host.policy, &mistake);
	if (r == 0)
		r = policy_form_read_wish(object, &host.interrupts, &mistake);
	host.set_interrupts = !interrupts_wish_is_empty(&host.interrupts);
	if (r == 0)
		r = policy_form_read_queues(object, &top, "take", &host.take, &mistake);
	if (r == 0)
		r = policy_form_read_queues(object, &top, "give", &host.give, &mistake);
	if (r == 0)
		*ret_host = host;
	return r;
}
