/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/model/resolve.h"

#include <errno.h>
#include <string.h>

const struct definition *resolve_name(const struct desired *desired, const char *name,
				      const struct uuid *uuid)
{
	for (size_t i = 0; i < desired->definitions.count; i++) {
		const struct definition *definition = desired->definitions.items[i];

		if (strcmp(definition->name, name) == 0 &&
		    (!uuid || !uuid_equal(&definition->uuid, uuid)))
			return definition;
	}
	return NULL;
}

/* What has been found so far by the beginning of UUIDs. */
struct search {
	const char *text;
	const struct uuid *found;
	bool several;
};

static void consider(struct search *search, const struct uuid *uuid)
{
	if (strncasecmp(uuid->text, search->text, strlen(search->text)) != 0)
		return;
	if (search->found && !uuid_equal(search->found, uuid))
		search->several = true;
	search->found = uuid;
}

int resolve_device(const struct observed *observed, const struct desired *desired, const char *text,
		   struct uuid *ret_uuid)
{
	struct search search = { .text = text };
	const struct definition *named;
	struct uuid uuid;

	if (!text[0])
		return -ENOENT;
	/* Programs give it whole; no name has that form, so there is nothing to look through. */
	if (uuid_parse(text, &uuid) == 0 &&
	    (observed_find_device(observed, &uuid) || desired_find(desired, &uuid))) {
		*ret_uuid = uuid;
		return 0;
	}
	named = resolve_name(desired, text, NULL);
	if (named) {
		if (resolve_name(desired, text, &named->uuid))
			return -ENOTUNIQ;
		*ret_uuid = named->uuid;
		return 0;
	}
	for (size_t i = 0; i < desired->definitions.count; i++)
		consider(&search, &((const struct definition *)desired->definitions.items[i])->uuid);
	for (size_t i = 0; i < observed->devices.count; i++)
		consider(&search, &observed_device_at(observed, i)->uuid);
	if (!search.found)
		return -ENOENT;
	if (search.several)
		return -ENOTUNIQ;
	*ret_uuid = *search.found;
	return 0;
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
