/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/model/durations.h"

#include "common/json.h"

/* Nanoseconds; a duration of exactly so much is still in the bucket. */
static const uint64_t limits[DURATIONS_BUCKETS] = {
	100000, 1000000, 10000000, 100000000, 1000000000, 10000000000, 100000000000,
};

void durations_add(struct durations *durations, uint64_t duration)
{
	size_t i = 0;

	while (i < DURATIONS_BUCKETS && duration > limits[i])
		i++;
	if (i < DURATIONS_BUCKETS)
		durations->buckets[i]++;
	durations->count++;
	durations->sum += duration;
}

struct json_object *durations_describe(const struct durations *durations)
{
	struct json_object *object = json_object_new_object();
	struct json_object *list = json_object_new_array();
	uint64_t so_far = 0;

	for (size_t i = 0; i < DURATIONS_BUCKETS; i++) {
		struct json_object *bucket = json_object_new_object();

		so_far += durations->buckets[i];
		json_add_int(bucket, "limit", (int64_t)limits[i]);
		json_add_int(bucket, "count", (int64_t)so_far);
		json_append(list, bucket);
	}
	json_add_int(object, "count", (int64_t)durations->count);
	json_add_int(object, "sum", (int64_t)durations->sum);
	json_add(object, "buckets", list);
	return object;
}
