/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any file as host.json: it is refused in words and with a line that there is, or a change of it is
 * read back as what was written, with all else that was in it; and every value is found on the
 * line on which it stands.
 */
#include <errno.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "common/utf8.h"
#include "daemon/store/policy-form.h"
#include "tests/fuzz/fuzz.h"

static unsigned int count_lines(const char *text)
{
	unsigned int lines = 1;

	for (; *text; text++)
		lines += *text == '\n';
	return lines;
}

/* A policy made of the input's own bytes, so that the fuzzer can vary it. */
static struct host_policy some_policy(const uint8_t *data, size_t size)
{
	struct host_policy policy;
	uint8_t flags = size > 0 ? data[0] : 0;

	host_policy_init(&policy);
	policy.mechanism = (enum ownership_mechanism)(flags & 3);
	policy.enforce = flags & 4;
	policy.interrupts.gisa = flags & 8 ? 1 : -1;
	policy.interrupts.poll_thread = flags & 16 ? 0 : -1;
	if (flags & 32)
		policy.interrupts.poll_timeout = size;
	if (!(flags & 64))
		return policy;
	policy.has_reservation = true;
	for (size_t i = 1; i + 1 < size && i < 9; i += 2) {
		mask_set(&policy.reserved.adapters, data[i]);
		mask_set(&policy.reserved.domains, data[i + 1]);
		queue_set_add(&policy.reserved.queues, (struct apqn){ data[i], data[i + 1] });
	}
	policy.has_masks = policy_form_may_have_masks(&policy) && flags & 128;
	if (policy.has_masks)
		policy.masks.domains = policy.reserved.adapters;
	return policy;
}

static void check_mistake(const char *text, const struct policy_mistake *mistake)
{
	unsigned int line = locate_line(text, &mistake->at);

	MUST(line >= 1 && line <= count_lines(text));
	MUST(mistake->why && strlen(mistake->why) < 400);
	MUST(utf8_fitting(mistake->why, strlen(mistake->why)) == (int)strlen(mistake->why));
	MUST(!strchr(mistake->why, '\n'));
}

/* Keys that are not ours are as they were. */
static void check_others(struct json_object *before, struct json_object *after)
{
	static const char *const ours[] = { "ownership", "reserved", "masks", "interrupts", "enforce" };

	json_object_object_foreach(before, key, value) {
		struct json_object *now = NULL;
		bool is_ours = false;

		for (size_t i = 0; i < ARRAY_SIZE(ours); i++)
			is_ours |= strcmp(ours[i], key) == 0;
		MUST(is_ours || (json_object_object_get_ex(after, key, &now) && now == value));
	}
}

static void check_rewrite(struct json_object *object, const struct host_policy *policy)
{
	CLEANUP_POLICY_MISTAKE struct policy_mistake mistake = { 0 };
	CLEANUP_JSON struct json_object *before = json_object_new_object();
	struct host_policy back;

	json_object_object_foreach(object, key, value)
		MUST(json_add(before, key, json_object_get(value)) == 0);
	MUST(policy_form_write(object, policy) == 0);
	MUST(policy_form_read(object, &back, &mistake) == 0);
	MUST(host_policy_equal(&back, policy));
	check_others(before, object);
}

/* Written over several lines, a value below the path is where its text begins. */
static void check_lines(struct json_object *value, const struct locate_path *path, const char *text)
{
	if (path->count == JSON_DEPTH_MAX)
		return;
	if (json_object_is_type(value, json_type_object)) {
		unsigned int line = locate_line(text, path);

		json_object_object_foreach(value, key, member) {
			struct locate_path at = locate_member(path, key);

			/* each member begins a new line */
			MUST(locate_line(text, &at) > line);
			line = locate_line(text, &at);
			check_lines(member, &at, text);
		}
	} else if (json_object_is_type(value, json_type_array)) {
		unsigned int line = locate_line(text, path);

		for (size_t i = 0; i < json_object_array_length(value); i++) {
			struct locate_path at = locate_entry(path, i);

			MUST(locate_line(text, &at) > line);
			line = locate_line(text, &at);
			check_lines(json_object_array_get_idx(value, i), &at, text);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct locate_path top;
	CLEANUP_POLICY_MISTAKE struct policy_mistake mistake = { 0 };
	CLEANUP_JSON struct json_object *object = NULL;
	CLEANUP_FREE char *text = fuzz_text(data, size);
	struct host_policy policy;

	MUST(locate_line(text, &(struct locate_path){ .steps[0].key = "reserved", .count = 1 }) >= 1);
	if (json_parse(text, size, &object, NULL) < 0 ||
	    !json_object_is_type(object, json_type_object))
		return 0;
	if (size < 4096)
		check_lines(object, &top,
			    json_object_to_json_string_ext(object, JSON_C_TO_STRING_PRETTY));
	if (policy_form_read(object, &policy, &mistake) < 0) {
		check_mistake(text, &mistake);
		return 0;
	}
	MUST(!mistake.why);
	check_rewrite(object, &policy);
	policy = some_policy(data + size / 2, size - size / 2);
	check_rewrite(object, &policy);
	return 0;
}
