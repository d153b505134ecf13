/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/matrix.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/list.h"

bool matrix_equal(const struct matrix *a, const struct matrix *b)
{
	return mask_equal(&a->adapters, &b->adapters) && mask_equal(&a->domains, &b->domains) &&
	       mask_equal(&a->control_domains, &b->control_domains);
}

bool matrix_is_empty(const struct matrix *matrix)
{
	return mask_is_empty(&matrix->adapters) && mask_is_empty(&matrix->domains) &&
	       mask_is_empty(&matrix->control_domains);
}

bool matrix_is_subset(const struct matrix *inner, const struct matrix *outer)
{
	return mask_is_subset(&inner->adapters, &outer->adapters) &&
	       mask_is_subset(&inner->domains, &outer->domains) &&
	       mask_is_subset(&inner->control_domains, &outer->control_domains);
}

struct matrix matrix_or(const struct matrix *a, const struct matrix *b)
{
	return (struct matrix){
		.adapters = mask_or(&a->adapters, &b->adapters),
		.domains = mask_or(&a->domains, &b->domains),
		.control_domains = mask_or(&a->control_domains, &b->control_domains),
	};
}

struct matrix matrix_and(const struct matrix *a, const struct matrix *b)
{
	return (struct matrix){
		.adapters = mask_and(&a->adapters, &b->adapters),
		.domains = mask_and(&a->domains, &b->domains),
		.control_domains = mask_and(&a->control_domains, &b->control_domains),
	};
}

struct matrix matrix_minus(const struct matrix *a, const struct matrix *b)
{
	return (struct matrix){
		.adapters = mask_minus(&a->adapters, &b->adapters),
		.domains = mask_minus(&a->domains, &b->domains),
		.control_domains = mask_minus(&a->control_domains, &b->control_domains),
	};
}

unsigned int matrix_queue_count(const struct matrix *matrix)
{
	return mask_count(&matrix->adapters) * mask_count(&matrix->domains);
}

bool matrix_has_queue(const struct matrix *matrix, struct apqn apqn)
{
	return mask_test(&matrix->adapters, apqn.adapter) && mask_test(&matrix->domains, apqn.domain);
}

bool matrix_overlaps(const struct matrix *a, const struct matrix *b, struct apqn *ret_first)
{
	struct mask adapters = mask_and(&a->adapters, &b->adapters);
	struct mask domains = mask_and(&a->domains, &b->domains);

	if (mask_is_empty(&adapters) || mask_is_empty(&domains))
		return false;
	if (ret_first) {
		ret_first->adapter = mask_next(&adapters, 0);
		ret_first->domain = mask_next(&domains, 0);
	}
	return true;
}

const char *matrix_format(const struct matrix *matrix, char text[static MATRIX_TEXT_SIZE])
{
	char adapters[MASK_TEXT_SIZE], domains[MASK_TEXT_SIZE], control[MASK_TEXT_SIZE];

	snprintf(text, MATRIX_TEXT_SIZE, "%s,%s,%s", mask_format(&matrix->adapters, adapters),
		 mask_format(&matrix->domains, domains),
		 mask_format(&matrix->control_domains, control));
	return text;
}

int matrix_parse(const char *text, struct matrix *ret_matrix)
{
	struct matrix matrix;
	struct mask *part[] = { &matrix.adapters, &matrix.domains, &matrix.control_domains };

	for (size_t i = 0; i < ARRAY_SIZE(part); i++) {
		size_t length = strcspn(text, ",\n");

		if (mask_parse(text, length, part[i]) < 0)
			return -EINVAL;
		text += length;
		if (i + 1 < ARRAY_SIZE(part) && *text++ != ',')
			return -EINVAL;
	}
	if (text[0] != '\0' && strcmp(text, "\n") != 0)
		return -EINVAL;
	*ret_matrix = matrix;
	return 0;
}

/* One line of a listing: "AA.DDDD", "AA." or ".DDDD". */
static int parse_line(const char *line, size_t length, struct matrix *matrix)
{
	char text[APQN_TEXT_SIZE + 2];
	struct apqn apqn;
	bool has_adapter, has_domain;

	if (length == 0 || length >= sizeof(text) - 2)
		return -EINVAL;
	has_adapter = line[0] != '.';
	has_domain = line[length - 1] != '.';
	if (!has_adapter && !has_domain)
		return -EINVAL;
	snprintf(text, sizeof(text), "%s%.*s%s", has_adapter ? "" : "0", (int)length, line,
		 has_domain ? "" : "0");
	if (apqn_parse(text, &apqn) < 0)
		return -EINVAL;
	if (has_adapter)
		mask_set(&matrix->adapters, apqn.adapter);
	if (has_domain)
		mask_set(&matrix->domains, apqn.domain);
	return 0;
}

int matrix_parse_listing(const char *text, struct matrix *ret_matrix)
{
	struct matrix matrix = { 0 };

	while (*text) {
		size_t length = strcspn(text, "\n");

		if (parse_line(text, length, &matrix) < 0)
			return -EINVAL;
		text += length;
		if (*text == '\n')
			text++;
	}
	*ret_matrix = matrix;
	return 0;
}

char *matrix_describe(const struct matrix *matrix)
{
	const struct {
		const char *name;
		const struct mask *mask;
		enum list_kind kind;
	} part[] = {
		{ "adapters", &matrix->adapters, LIST_ADAPTERS },
		{ "domains", &matrix->domains, LIST_DOMAINS },
		{ "control domains", &matrix->control_domains, LIST_DOMAINS },
	};
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(part); i++) {
		CLEANUP_FREE char *list = NULL;

		if (mask_is_empty(part[i].mask))
			continue;
		list = list_format(part[i].mask, part[i].kind);
		fprintf(out, "%s%s %s", ftell(out) > 0 ? " " : "", part[i].name, list ? list : "?");
	}
	if (matrix_is_empty(matrix))
		fputs("no queues", out);
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}
