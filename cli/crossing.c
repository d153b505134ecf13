/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/crossing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/list.h"

/* So many queues or runs of them are named. */
#define NAMED_MAX 16

struct queue_set crossing_queues(const struct matrix *matrix)
{
	struct queue_set queues = { 0 };

	MASK_FOR_EACH(adapter, &matrix->adapters)
		queues.domains[adapter] = matrix->domains;
	return queues;
}

struct matrix crossing_around(const struct queue_set *queues)
{
	struct matrix around = { 0 };

	for (unsigned int adapter = 0; adapter < APQN_IDS; adapter++)
		if (!mask_is_empty(&queues->domains[adapter])) {
			mask_set(&around.adapters, adapter);
			around.domains = mask_or(&around.domains, &queues->domains[adapter]);
		}
	return around;
}

struct queue_set crossing_gain(const struct matrix *has, const struct matrix *more,
			       const struct queue_set *wanted)
{
	struct matrix all = matrix_or(has, more);
	struct queue_set gain = crossing_queues(&all), had = crossing_queues(has);

	queue_set_remove_all(&gain, &had);
	queue_set_remove_all(&gain, wanted);
	return gain;
}

struct queue_set crossing_loss(const struct matrix *has, const struct matrix *gone)
{
	struct matrix rest = matrix_minus(has, gone);
	struct queue_set loss = crossing_queues(has), left = crossing_queues(&rest);

	queue_set_remove_all(&loss, &left);
	return loss;
}

/* Returns the queues that both *has and *queues contain. */
static struct queue_set in_both(const struct matrix *has, const struct queue_set *queues)
{
	struct queue_set both = crossing_queues(has);

	for (unsigned int adapter = 0; adapter < APQN_IDS; adapter++)
		both.domains[adapter] = mask_and(&both.domains[adapter], &queues->domains[adapter]);
	return both;
}

bool crossing_take(const struct matrix *has, const struct queue_set *queues,
		   struct matrix *ret_gone)
{
	struct queue_set wanted = in_both(has, queues), loss;
	struct matrix gone = { .domains = has->domains };

	MASK_FOR_EACH(adapter, &has->adapters) {
		if (mask_equal(&wanted.domains[adapter], &has->domains))
			mask_set(&gone.adapters, adapter);
		gone.domains = mask_and(&gone.domains, &wanted.domains[adapter]);
	}
	/* Without any of the queues, the choice of whole adapters and domains would be a guess. */
	if (queue_set_is_empty(&wanted))
		gone = (struct matrix){ 0 };
	loss = crossing_loss(has, &gone);
	if (!queue_set_equal(&loss, &wanted))
		return false;
	*ret_gone = gone;
	return true;
}

static void print_option(FILE *out, const char *name, const struct mask *mask, enum list_kind kind)
{
	CLEANUP_FREE char *list = list_format_option(mask, kind);

	if (!list || *list)
		fprintf(out, "%s--%s %s", ftell(out) > 0 ? " " : "", name, list ? list : "?");
}

char *crossing_options(const struct matrix *matrix)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	print_option(out, "adapters", &matrix->adapters, LIST_ADAPTERS);
	print_option(out, "domains", &matrix->domains, LIST_DOMAINS);
	print_option(out, "control-domains", &matrix->control_domains, LIST_DOMAINS);
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

char *crossing_names(const struct queue_set *queues)
{
	CLEANUP_FREE char *list = queue_set_list(queues);
	struct queue_set named = { 0 };
	char *rest = list, *item, *text = NULL;
	unsigned int more;
	size_t size;
	FILE *out = list ? open_memstream(&text, &size) : NULL;

	if (!out)
		return NULL;
	for (int i = 0; i < NAMED_MAX && (item = strsep(&rest, ",")); i++) {
		fprintf(out, "%s%s", i ? ", " : "", item);
		/* queue_set_list() wrote the item, so it is well formed. */
		if (queue_set_parse(item, &named) < 0)
			break;
	}
	more = queue_set_count(queues) - queue_set_count(&named);
	if (more > 0)
		fprintf(out, " and %u more", more);
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}
