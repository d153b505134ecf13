/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/model/problem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void problems_done(struct problems *problems)
{
	for (size_t i = 0; i < problems->count; i++) {
		free(problems->items[i].message);
		free(problems->items[i].queues);
	}
	free(problems->items);
	*problems = (struct problems){ 0 };
}

static struct problem *new_problem(struct problems *problems)
{
	if (problems->count == problems->size) {
		size_t size = problems->size ? 2 * problems->size : 4;
		struct problem *more = reallocarray(problems->items, size, sizeof(*more));

		if (!more)
			return NULL;
		problems->items = more;
		problems->size = size;
	}
	problems->items[problems->count] = (struct problem){ 0 };
	return &problems->items[problems->count];
}

void problems_add(struct problems *problems, const char *code, const struct uuid *device,
		  const struct queue_set *queues, const char *format, ...)
{
	struct problem *problem;
	va_list values;
	int n;

	if (problems->count == PROBLEMS_MAX) {
		problems->left_out++;
		return;
	}
	problem = new_problem(problems);
	if (!problem) {
		problems->incomplete = true;
		return;
	}
	problem->code = code;
	if (queues) {
		problem->queues = malloc(sizeof(*queues));
		if (problem->queues)
			*problem->queues = *queues;
		else
			problems->incomplete = true;
	}
	va_start(values, format);
	n = vasprintf(&problem->message, format, values);
	va_end(values);
	if (n < 0) {
		problem->message = NULL;
		problems->incomplete = true;
	}
	problem->has_device = device != NULL;
	if (device)
		problem->device = *device;
	problems->count++;
}

void problems_add_queues(struct problems *problems, const char *code, const struct uuid *device,
			 const struct queue_set *set, const char *why)
{
	CLEANUP_FREE char *queues = NULL;

	if (queue_set_is_empty(set))
		return;
	queues = queue_set_title(set);
	problems_add(problems, code, device, set, "%s: %s", queues ? queues : "Some queues", why);
}

bool problems_has(const struct problems *problems, const char *code, const char *message)
{
	for (size_t i = 0; i < problems->count; i++)
		if (strcmp(problems->items[i].code, code) == 0 && problems->items[i].message &&
		    message && strcmp(problems->items[i].message, message) == 0)
			return true;
	return false;
}
