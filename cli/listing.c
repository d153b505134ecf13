/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/listing.h"

#include <stdio.h>
#include <string.h>

#include "cli/device.h"

/* How far the values are indented. */
#define VALUE_COLUMN 16

void listing_name(const char *name)
{
	printf("%s%s:%s%*s", output_style(STYLE_BOLD), name, output_end(STYLE_BOLD),
	       (int)(VALUE_COLUMN - 1 - strlen(name)), "");
}

void listing_line(const char *name, const char *value, enum style style)
{
	listing_name(name);
	output_wrapped(value, style, VALUE_COLUMN, VALUE_COLUMN);
	putchar('\n');
}

void listing_matrix(const char *name, const struct matrix *matrix)
{
	CLEANUP_FREE char *text = matrix_describe(matrix);

	listing_line(name, text, STYLE_PLAIN);
}

void listing_words(const char *name, const char *gloss, struct json_object *words)
{
	listing_name(name);
	fputs(list_length(words) == 0 ? "no " : "", stdout);
	fputs(gloss, stdout);
	for (size_t i = 0; i < list_length(words); i++) {
		putchar(' ');
		output_text(json_object_get_string(json_object_array_get_idx(words, i)),
			    STYLE_PLAIN);
	}
	putchar('\n');
}

void listing_problem_count(size_t count)
{
	listing_name("Problems");
	if (count == 0)
		puts("none");
	else
		printf("%zu\n", count);
}

void listing_problems(struct json_object *problems)
{
	for (size_t i = 0; i < list_length(problems); i++) {
		printf("  %s- ", output_style(STYLE_BAD));
		output_wrapped(problem_message(json_object_array_get_idx(problems, i)), STYLE_PLAIN, 4, 4);
		printf("%s\n", output_end(STYLE_BAD));
	}
}
