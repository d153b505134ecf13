/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/model/resolve.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "daemon/model/under-way.h"

/* The devices that a text can mean: all are counted up to one more than are kept. */
struct matches {
	struct uuid items[RESOLVE_MATCHES_MAX + 1];
	size_t count;
};

static bool is_full(const struct matches *matches)
{
	return matches->count == RESOLVE_MATCHES_MAX + 1;
}

static void add_match(struct matches *matches, const struct uuid *uuid)
{
	for (size_t i = 0; i < matches->count; i++)
		if (uuid_equal(&matches->items[i], uuid))
			return;
	if (!is_full(matches))
		matches->items[matches->count++] = *uuid;
}

static void match_names(struct matches *matches, const struct desired *desired, const char *text)
{
	size_t first, count = names_find(&desired->names, text, &first);

	for (size_t i = 0; i < count && !is_full(matches); i++)
		add_match(matches, &desired->names.items[first + i]->uuid);
}

/* The list is in order, so those with the prefix stand side by side, and right behind it. */
static void match_prefix(struct matches *matches, const struct uuid_list *list,
			 const struct uuid *prefix)
{
	size_t length = strlen(prefix->text);

	for (size_t i = uuid_list_after(list, prefix); i < list->count && !is_full(matches); i++) {
		const struct uuid *uuid = list->items[i];

		if (strncmp(uuid->text, prefix->text, length) != 0)
			return;
		add_match(matches, uuid);
	}
}

static void match_prefixes(struct matches *matches, const struct observed *observed,
			   const struct desired *desired, const char *text)
{
	size_t length = strlen(text);
	struct uuid prefix = { 0 };

	/* A whole one has been looked for already. */
	if (length == 0 || length >= sizeof(prefix.text) - 1)
		return;
	for (size_t i = 0; i < length; i++)
		prefix.text[i] = (char)tolower((unsigned char)text[i]);
	match_prefix(matches, &desired->definitions, &prefix);
	match_prefix(matches, &observed->devices, &prefix);
}

static void match_machines(struct matches *matches, const struct observed *observed, const char *text)
{
	for (size_t i = 0; i < observed->devices.count && !is_full(matches); i++) {
		const struct observed_device *device = observed_device_at(observed, i);

		for (size_t j = 0; j < device->users_count; j++)
			if (strcmp(device->users[j].machine, text) == 0)
				add_match(matches, &device->uuid);
	}
}

static void find_matches(const struct observed *observed, const struct desired *desired,
			 const char *text, struct matches *ret_matches)
{
	struct uuid uuid;
	bool is_name;

	*ret_matches = (struct matches){ 0 };
	if (!text[0])
		return;
	/* Programs give it whole; no name has that form, so there is nothing to look through. */
	if (uuid_parse(text, &uuid) == 0 &&
	    (observed_find_device(observed, &uuid) || desired_find(desired, &uuid))) {
		add_match(ret_matches, &uuid);
		return;
	}
	match_names(ret_matches, desired, text);
	is_name = ret_matches->count > 0;
	match_prefixes(ret_matches, observed, desired, text);
	/* Whoever starts a machine names it: that takes no word away from the administrator's devices. */
	if (!is_name)
		match_machines(ret_matches, observed, text);
}

int resolve_device(const struct observed *observed, const struct desired *desired, const char *text,
		   struct uuid *ret_uuid)
{
	struct matches matches;

	find_matches(observed, desired, text, &matches);
	if (matches.count != 1)
		return matches.count ? -ENOTUNIQ : -ENOENT;
	*ret_uuid = matches.items[0];
	return 0;
}

static int explain_matches(const struct desired *desired, const struct matches *matches,
			   const char *text, struct error *ret_error)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < matches->count && i < RESOLVE_MATCHES_MAX; i++) {
		CLEANUP_FREE char *name = desired_label(desired, &matches->items[i]);

		json_append(list, name ? json_object_new_string(name) : NULL);
	}
	return error_set_ambiguous(ret_error, text, list);
}

int resolve_or_explain(const struct observed *observed, const struct desired *desired,
		       const char *text, struct uuid *ret_uuid, struct error *ret_error)
{
	struct matches matches;

	find_matches(observed, desired, text, &matches);
	if (matches.count == 0)
		return error_set_device(ret_error, ERROR_NO_SUCH_DEVICE, text);
	if (matches.count > 1)
		return explain_matches(desired, &matches, text, ret_error);
	*ret_uuid = matches.items[0];
	return 0;
}

const struct definition *resolve_name(const struct desired *desired, const char *name,
				      const struct uuid *uuid)
{
	size_t first, count = names_find(&desired->names, name, &first);

	for (size_t i = 0; i < count && i < 2; i++)
		if (!uuid || !uuid_equal(&desired->names.items[first + i]->uuid, uuid))
			return desired->names.items[first + i];
	return NULL;
}

int resolve_check_prefix(const struct observed *observed, const struct desired *desired,
			 const char *name, const struct uuid *uuid, struct error *ret_error)
{
	CLEANUP_FREE char *label = NULL;
	struct matches matches = { 0 };

	match_prefixes(&matches, observed, desired, name);
	for (size_t i = 0; i < matches.count; i++)
		if (!uuid_equal(&matches.items[i], uuid)) {
			label = desired_label(desired, &matches.items[i]);
			return error_set_exists(ret_error, name,
						"The name '%s' is also a prefix of the UUID of device %s, so it "
						"would mean both. Choose another name.",
						name, label ? label : matches.items[i].text);
		}
	return 0;
}

int resolve_check_new_name(const struct observed *observed, const struct desired *desired,
			   const char *name, const struct uuid *uuid, struct error *ret_error)
{
	const struct definition *other = resolve_name(desired, name, uuid);
	CLEANUP_FREE char *label = NULL;

	if (!other)
		other = under_way_find_name(desired, name, uuid);
	if (other) {
		label = desired_label(desired, &other->uuid);
		return error_set_exists(ret_error, name,
					"The name '%s' is taken by device %s. Choose another name, or see that "
					"device: 'apqctl show %s'.",
					name, label ? label : other->uuid.text, other->uuid.text);
	}
	return resolve_check_prefix(observed, desired, name, uuid, ret_error);
}

bool resolve_begins_with_name(const struct desired *desired, const struct uuid *uuid)
{
	struct uuid prefix = *uuid;
	size_t first;

	for (size_t length = strlen(prefix.text); length > 0; length--) {
		prefix.text[length] = '\0';
		if (names_find(&desired->names, prefix.text, &first) > 0)
			return true;
	}
	return false;
}

void resolve_each_device(const struct observed *observed, const struct desired *desired,
			 void (*each)(void *userdata, const struct uuid *uuid), void *userdata)
{
	size_t i = 0, j = 0;

	/* Both lists are in order: one walk through them side by side meets every UUID once. */
	while (i < observed->devices.count || j < desired->definitions.count) {
		const struct definition *definition =
			j < desired->definitions.count ? desired->definitions.items[j] : NULL;
		const struct uuid *started =
			i < observed->devices.count ? &observed_device_at(observed, i)->uuid : NULL;
		int order = !started	? 1 :
			    !definition ? -1 :
					  uuid_compare(started, &definition->uuid);

		each(userdata, order <= 0 ? started : &definition->uuid);
		i += order <= 0;
		j += order >= 0;
	}
}

const struct uuid *resolve_next_device(const struct observed *observed,
				       const struct desired *desired, const struct uuid *after)
{
	size_t i = uuid_list_after(&observed->devices, after);
	size_t j = uuid_list_after(&desired->definitions, after);
	const struct uuid *started =
		i < observed->devices.count ? &observed_device_at(observed, i)->uuid : NULL;
	const struct definition *definition =
		j < desired->definitions.count ? desired->definitions.items[j] : NULL;

	if (!started || !definition)
		return started ? started : definition ? &definition->uuid : NULL;
	return uuid_compare(started, &definition->uuid) <= 0 ? started : &definition->uuid;
}
