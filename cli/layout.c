/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/layout.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The first character of the line that begins at p and is no blank. */
static const char *skip_blanks(const char *p)
{
	return p + strspn(p, " ");
}

/* The end of the line that p is in: its newline, or the end of the text. */
static const char *line_end(const char *p)
{
	return p + strcspn(p, "\n");
}

/*
 * The line that closes the list whose first line begins at p, if no item of it is an object or a list;
 * else NULL.  A newline is between items only: json-c escapes those of strings.
 */
static const char *find_end(const char *p)
{
	for (;;) {
		const char *item = skip_blanks(p), *end = line_end(p);

		if (*item == ']')
			return item;
		if (*item == '{' || *item == '[' || *end == '\0')
			return NULL;
		p = end + 1;
	}
}

/* Writes the items from p up to end behind used columns; in one line, or in full ones below. */
static void write_items(FILE *out, const char *p, const char *end, size_t used)
{
	size_t indent = (size_t)(skip_blanks(p) - p), column, length = 0;
	bool in_lines;

	for (const char *line = p; skip_blanks(line) < end; line = line_end(line) + 1)
		length += (size_t)(line_end(line) - skip_blanks(line)) + 1;
	in_lines = used + length + 1 > LAYOUT_WIDTH;
	column = LAYOUT_WIDTH;
	for (const char *line = p; skip_blanks(line) < end; line = line_end(line) + 1) {
		const char *item = skip_blanks(line);
		int width = (int)(line_end(line) - item);

		if (in_lines && column + 1 + (size_t)width > LAYOUT_WIDTH) {
			fprintf(out, "\n%*s%.*s", (int)indent, "", width, item);
			column = indent + (size_t)width;
		} else {
			fprintf(out, "%s%.*s", line == p ? "" : " ", width, item);
			column += 1 + (size_t)width;
		}
	}
	if (in_lines) {
		/* The closing bracket stands where json-c has put it. */
		const char *blanks = end;

		while (blanks[-1] == ' ')
			blanks--;
		fprintf(out, "\n%.*s", (int)(end - blanks), blanks);
	}
}

char *layout_lists(const char *text)
{
	char *laid = NULL;
	size_t size;
	FILE *out = open_memstream(&laid, &size);

	if (!out)
		return NULL;
	for (const char *p = text; *p;) {
		const char *end = line_end(p);
		const char *close = NULL;

		if (end > p && end[-1] == '[' && *end == '\n')
			close = find_end(end + 1);
		fwrite(p, 1, (size_t)(end - p), out);
		if (close && skip_blanks(end + 1) < close) {
			write_items(out, end + 1, close, (size_t)(end - p));
			p = close;
			continue;
		}
		if (*end == '\n')
			putc('\n', out);
		p = *end ? end + 1 : end;
	}
	if (fclose(out) != 0) {
		free(laid);
		return NULL;
	}
	return laid;
}
