/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/varlink/tally.h"

#include <string.h>

#include "common/json.h"

void tally_count_call(struct tally *tally, unsigned int method, unsigned int outcome)
{
	tally->calls[method][outcome]++;
}

static const char *outcome_name(unsigned int outcome)
{
	const char *name;

	if (outcome == ERROR_NONE)
		return "done";
	if (outcome == TALLY_ABANDONED)
		return "abandoned";
	name = error_name((enum error_code)outcome);
	return strrchr(name, '.') + 1;
}

static void describe_method(const struct tally *tally, unsigned int method, const char *name,
			    struct json_object *list)
{
	for (unsigned int outcome = 0; outcome <= ERROR_CODES; outcome++) {
		uint64_t count = tally->calls[method][outcome];
		struct json_object *item;

		/* A rate needs the zero before the first call. For each error, the list would be long. */
		if (count == 0 && (outcome != ERROR_NONE || method == TALLY_OTHER))
			continue;
		item = json_object_new_object();
		json_add_string(item, "method", name);
		json_add_string(item, "outcome", outcome_name(outcome));
		json_add_int(item, "count", (int64_t)count);
		json_append(list, item);
	}
}

struct json_object *tally_describe_calls(const struct tally *tally,
					 const char *(*name_method)(unsigned int method))
{
	struct json_object *list = json_object_new_array();
	const char *name;

	for (unsigned int method = 0; (name = name_method(method)); method++)
		describe_method(tally, method, name, list);
	describe_method(tally, TALLY_OTHER, "other", list);
	return list;
}
