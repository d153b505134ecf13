/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/model/problem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void queue_set_add(struct queue_set *set, struct apqn apqn)
{
	mask_set(&set->domains[apqn.adapter], apqn.domain);
}

bool queue_set_is_empty(const struct queue_set *set)
{
	for (size_t i = 0; i < APQN_IDS; i++)
		if (!mask_is_empty(&set->domains[i]))
			return false;
	return true;
}

/* Prints the runs of one adapter's domains, each after a separator: "04.0010, 04.0012-0014". */
static void print_adapter(FILE *out, unsigned int adapter, const struct mask *domains,
			  const char **separator)
{
	for (unsigned int first = mask_next(domains, 0); first < APQN_IDS;) {
		unsigned int last = first;

		while (mask_test(domains, last + 1))
			last++;
		fprintf(out, "%s%02x.%04x", *separator, adapter, first);
		if (last > first)
			fprintf(out, "-%04x", last);
		*separator = ", ";
		first = mask_next(domains, last + 1);
	}
}

char *queue_set_format(const struct queue_set *set)
{
	unsigned int count = 0;
	const char *separator = " ";
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	for (size_t i = 0; i < APQN_IDS; i++)
		count += mask_count(&set->domains[i]);
	fputs(count == 1 ? "queue" : "queues", out);
	for (unsigned int adapter = 0; adapter < APQN_IDS; adapter++)
		print_adapter(out, adapter, &set->domains[adapter], &separator);
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

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
	struct problem *problem = new_problem(problems);
	va_list values;
	int n;

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

bool problems_has(const struct problems *problems, const char *code, const char *message)
{
	for (size_t i = 0; i < problems->count; i++)
		if (strcmp(problems->items[i].code, code) == 0 && problems->items[i].message &&
		    message && strcmp(problems->items[i].message, message) == 0)
			return true;
	return false;
}
