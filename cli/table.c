/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/table.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/cleanup.h"

/*
 * Lengths of the lines of a list.  The table takes the longest that fits; 0 means one item a line.
 */
static const size_t lengths[] = { 48, 32, 24, 20, 16, 12, 10, 0 };

static const char *selected;

void table_select(const char *list)
{
	selected = list;
}

bool table_has_column(const char *list, const char *name)
{
	size_t length = strlen(name);

	while (*list) {
		size_t word = strcspn(list, ", ");

		if (word == length && word > 0 && strncasecmp(list, name, length) == 0)
			return true;
		list += word;
		list += strspn(list, ", ");
	}
	return false;
}

static void add_column(struct table *table, const struct column *column, size_t index)
{
	bool is_list = column->flags & COLUMN_LIST;
	int flags = (column->flags & COLUMN_RIGHT ? SCOLS_FL_RIGHT : 0) |
		    (is_list ? SCOLS_FL_WRAP : 0);
	struct libscols_column *added =
		scols_table_new_column(table->lines, column->name, 0, flags);

	if (!added || (is_list && scols_column_set_wrapfunc(added, scols_wrapnl_chunksize,
							    scols_wrapnl_nextchunk, NULL) != 0))
		table->failed = true;
	if (is_list)
		table->lists |= 1u << index;
}

static void add_selected(struct table *table, const struct column *columns, size_t count)
{
	CLEANUP_FREE char *list = strdup(selected);
	char *rest = list, *word;
	size_t place = 0;

	if (!list)
		table->failed = true;
	while ((word = strsep(&rest, ",")))
		for (size_t i = 0; i < count; i++)
			if (table->place[i] < 0 && strcasecmp(columns[i].name, word) == 0) {
				add_column(table, &columns[i], place);
				table->place[i] = (signed char)place++;
			}
}

void table_init(struct table *table, const struct column *columns, size_t count, bool headings)
{
	*table = (struct table){ .lines = scols_new_table() };
	if (!table->lines) {
		table->failed = true;
		return;
	}
	scols_table_enable_colors(table->lines, output_is_colored());
	scols_table_enable_noheadings(table->lines, !headings);
	/* Cells are made safe here; done twice, every backslash would be doubled. */
	scols_table_enable_noencoding(table->lines, true);
	/* Nothing is cut off: what does not fit is broken below, as far as it can be. */
	scols_table_set_termforce(table->lines, SCOLS_TERMFORCE_NEVER);
	for (size_t i = 0; i < count; i++)
		table->place[i] = selected ? -1 : (signed char)i;
	for (size_t i = 0; !selected && i < count; i++)
		add_column(table, &columns[i], i);
	if (selected)
		add_selected(table, columns, count);
}

void table_done(struct table *table)
{
	scols_unref_table(table->lines);
	*table = (struct table){ 0 };
}

void table_row(struct table *table)
{
	table->line = table->failed ? NULL : scols_table_new_line(table->lines, NULL);
	table->next = 0;
	if (!table->line)
		table->failed = true;
}

void table_cell(struct table *table, const char *text, enum style style)
{
	bool is_empty = !text || !*text;
	CLEANUP_FREE char *safe = output_safe(is_empty ? "-" : text, false);
	int column = table->next < TABLE_COLUMNS ? table->place[table->next++] : -1;
	struct libscols_cell *cell;

	if (table->failed || column < 0)
		return;
	cell = scols_line_get_cell(table->line, (size_t)column);
	if (!safe || !cell || scols_cell_refer_data(cell, safe) != 0) {
		table->failed = true;
		return;
	}
	TAKE_PTR(safe);
	if (output_is_colored() && style != STYLE_PLAIN && !is_empty &&
	    scols_cell_set_color(cell, output_style(style)) != 0)
		table->failed = true;
}

void table_format(struct table *table, enum style style, const char *format, ...)
{
	CLEANUP_FREE char *text = NULL;
	va_list values;

	va_start(values, format);
	if (vasprintf(&text, format, values) < 0) {
		text = NULL;
		table->failed = true;
	}
	va_end(values);
	table_cell(table, text, style);
}

/* The widest line of a text, one column for each character; what colours it takes none. */
static size_t text_width(const char *p)
{
	size_t widest = 0, width = 0;

	for (; *p; p++) {
		if (*p == '\033') {
			p += strcspn(p, "m");
			if (!*p)
				break;
			continue;
		}
		width = *p == '\n' ? 0 : width + (((unsigned char)*p & 0xc0) != 0x80);
		if (width > widest && *p != ' ')
			widest = width;
	}
	return widest;
}

/* A copy of a list, in lines of at most so many characters, or of one item that is longer. */
static char *break_list(const char *list, size_t length)
{
	char *broken = NULL;
	size_t size, used = 0;
	FILE *out = open_memstream(&broken, &size);

	if (!out)
		return NULL;
	/* A newline of an earlier attempt stands before an item. */
	for (const char *item = list; *item;) {
		size_t width = strcspn(item, ",");

		width += item[width] == ',';
		if (used > 0 && used + width > length) {
			putc('\n', out);
			used = 0;
		}
		fwrite(item, 1, width, out);
		used += width;
		item += width + (item[width] == '\n');
	}
	if (fclose(out) != 0) {
		free(broken);
		return NULL;
	}
	return broken;
}

/* Breaks the lists of all lines again, at another length. Returns 0 or -ENOMEM. */
static int break_lists(struct table *table, size_t length)
{
	for (size_t i = 0; i < scols_table_get_nlines(table->lines); i++)
		for (size_t column = 0; table->lists >> column; column++) {
			struct libscols_line *line = scols_table_get_line(table->lines, i);
			struct libscols_cell *cell = line ? scols_line_get_cell(line, column) : NULL;
			const char *data = cell ? scols_cell_get_data(cell) : NULL;
			char *broken;

			if (!(table->lists & (1u << column)) || !data)
				continue;
			broken = break_list(data, length);
			if (!broken || scols_cell_refer_data(cell, broken) != 0) {
				free(broken);
				return -ENOMEM;
			}
		}
	return 0;
}

int table_print(struct table *table)
{
	unsigned int limit = output_limit();
	char *text = NULL;

	if (table->failed)
		return -ENOMEM;
	if (limit == 0 || !table->lists)
		return scols_print_table(table->lines) == 0 ? 0 : -ENOMEM;
	if (scols_print_table_to_string(table->lines, &text) != 0)
		return -ENOMEM;
	for (size_t i = 0; i < ARRAY_SIZE(lengths) && text_width(text) > limit; i++) {
		free(TAKE_PTR(text));
		if (break_lists(table, lengths[i]) < 0 ||
		    scols_print_table_to_string(table->lines, &text) != 0)
			return -ENOMEM;
	}
	fputs(text, stdout);
	/* The text of a table ends without the newline of its last line. */
	putchar('\n');
	free(text);
	return 0;
}
