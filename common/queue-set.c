/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/queue-set.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void queue_set_add(struct queue_set *set, struct apqn apqn)
{
	mask_set(&set->domains[apqn.adapter], apqn.domain);
}

void queue_set_remove(struct queue_set *set, struct apqn apqn)
{
	mask_clear(&set->domains[apqn.adapter], apqn.domain);
}

bool queue_set_has(const struct queue_set *set, struct apqn apqn)
{
	return mask_test(&set->domains[apqn.adapter], apqn.domain);
}

bool queue_set_is_empty(const struct queue_set *set)
{
	for (size_t i = 0; i < APQN_IDS; i++)
		if (!mask_is_empty(&set->domains[i]))
			return false;
	return true;
}

bool queue_set_equal(const struct queue_set *a, const struct queue_set *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

unsigned int queue_set_count(const struct queue_set *set)
{
	unsigned int count = 0;

	for (size_t i = 0; i < APQN_IDS; i++)
		count += mask_count(&set->domains[i]);
	return count;
}

void queue_set_add_all(struct queue_set *set, const struct queue_set *other)
{
	for (size_t i = 0; i < APQN_IDS; i++)
		set->domains[i] = mask_or(&set->domains[i], &other->domains[i]);
}

void queue_set_remove_all(struct queue_set *set, const struct queue_set *other)
{
	for (size_t i = 0; i < APQN_IDS; i++)
		set->domains[i] = mask_minus(&set->domains[i], &other->domains[i]);
}

void queue_set_add_matrix(struct queue_set *set, const struct matrix *matrix)
{
	MASK_FOR_EACH(adapter, &matrix->adapters)
		set->domains[adapter] = mask_or(&set->domains[adapter], &matrix->domains);
}

/* The end of a run, "0012": one to four hexadecimal digits up to 00ff. */
static int parse_domain(const char *text, unsigned int *ret_domain)
{
	size_t length = strspn(text, "0123456789abcdefABCDEF");
	unsigned long domain;

	if (length == 0 || length > 4 || text[length])
		return -EINVAL;
	domain = strtoul(text, NULL, 16);
	if (domain >= APQN_IDS)
		return -EINVAL;
	*ret_domain = (unsigned int)domain;
	return 0;
}

int queue_set_parse(const char *text, struct queue_set *set)
{
	const char *dash = strchr(text, '-');
	char first[16];
	struct apqn apqn;
	unsigned int last;

	if (!dash)
		dash = text + strlen(text);
	if ((size_t)(dash - text) >= sizeof(first))
		return -EINVAL;
	memcpy(first, text, (size_t)(dash - text));
	first[dash - text] = '\0';
	if (apqn_parse(first, &apqn) < 0)
		return -EINVAL;
	last = apqn.domain;
	if (*dash && (parse_domain(dash + 1, &last) < 0 || last < apqn.domain))
		return -EINVAL;
	for (unsigned int domain = apqn.domain; domain <= last; domain++)
		queue_set_add(set, (struct apqn){ apqn.adapter, (uint8_t)domain });
	return 0;
}

/* A text in the making. */
struct printer {
	FILE *out;
	const char *separator;
	unsigned int runs;	/* so many are printed */
	unsigned int left_out;	/* so many queues behind the last run that has room */
};

/* Prints the runs of one adapter's domains, as long as there are fewer than max. */
static void print_adapter(struct printer *printer, unsigned int adapter, const struct mask *domains,
			  unsigned int max)
{
	for (unsigned int first = mask_next(domains, 0); first < APQN_IDS;) {
		unsigned int last = first;

		while (mask_test(domains, last + 1))
			last++;
		if (printer->runs < max) {
			fprintf(printer->out, "%s%02x.%04x", printer->runs ? printer->separator : "",
				adapter, first);
			if (last > first)
				fprintf(printer->out, "-%04x", last);
			printer->runs++;
		} else {
			printer->left_out += last - first + 1;
		}
		first = mask_next(domains, last + 1);
	}
}

static char *print(const struct queue_set *set, const char *prefix, const char *separator,
		   unsigned int max)
{
	struct printer printer = { .separator = separator };
	char *text = NULL;
	size_t size;

	printer.out = open_memstream(&text, &size);
	if (!printer.out)
		return NULL;
	fputs(prefix, printer.out);
	for (unsigned int adapter = 0; adapter < APQN_IDS; adapter++)
		print_adapter(&printer, adapter, &set->domains[adapter], max);
	if (printer.left_out)
		fprintf(printer.out, " and %u more", printer.left_out);
	if (fclose(printer.out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

char *queue_set_format(const struct queue_set *set)
{
	return print(set, queue_set_count(set) == 1 ? "queue " : "queues ", ", ", QUEUE_SET_RUNS_MAX);
}

char *queue_set_title(const struct queue_set *set)
{
	return print(set, queue_set_count(set) == 1 ? "Queue " : "Queues ", ", ", QUEUE_SET_RUNS_MAX);
}

char *queue_set_list(const struct queue_set *set)
{
	return print(set, "", ",", UINT_MAX);
}

bool queue_set_is_short(const struct queue_set *set)
{
	unsigned int runs = 0;

	for (size_t i = 0; i < APQN_IDS && runs <= QUEUE_SET_RUNS_MAX; i++) {
		const struct mask *domains = &set->domains[i];

		MASK_FOR_EACH(domain, domains)
			runs += domain == 0 || !mask_test(domains, domain - 1);
	}
	return runs <= QUEUE_SET_RUNS_MAX;
}
