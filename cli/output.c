/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/output.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/layout.h"
#include "common/utf8.h"

/* A narrower or wider request than this is a mistake rather than a wish. */
#define WIDTH_MIN 20
#define WIDTH_MAX 4096
#define WIDTH_DEFAULT 80

/* Lists of ids are broken where they get longer than this. */
#define LIST_WIDTH 16

static const char *const sequences[STYLES] = {
	[STYLE_PLAIN] = "",
	[STYLE_BOLD] = "\033[1m",
	[STYLE_DIM] = "\033[2m",
	[STYLE_GOOD] = "\033[32m",
	[STYLE_WARN] = "\033[33m",
	[STYLE_BAD] = "\033[1;31m",
};

static bool colored;

void output_init(enum color_mode mode)
{
	const char *none = getenv("NO_COLOR"), *term = getenv("TERM");

	if (mode == COLOR_AUTO)
		colored = isatty(STDOUT_FILENO) && !(none && *none) &&
			  !(term && strcmp(term, "dumb") == 0);
	else
		colored = mode == COLOR_ALWAYS;
}

const char *output_style(enum style style)
{
	return colored ? sequences[style] : "";
}

const char *output_end(enum style style)
{
	return colored && style != STYLE_PLAIN ? "\033[0m" : "";
}

unsigned int output_width(void)
{
	const char *wanted = getenv("COLUMNS");
	struct winsize size;

	if (wanted && *wanted) {
		char *end;
		unsigned long width = strtoul(wanted, &end, 10);

		if (*end == '\0' && width >= WIDTH_MIN && width <= WIDTH_MAX)
			return width;
	}
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= WIDTH_MIN)
		return size.ws_col;
	return WIDTH_DEFAULT;
}

/* Reads one UTF-8 character; returns how many bytes it has, or 0 where there is none. */
static size_t read_utf8(const unsigned char *text, uint32_t *ret_character)
{
	size_t length = utf8_length((const char *)text, strnlen((const char *)text, 4));
	uint32_t character = length <= 1 ? text[0] : text[0] & (0x7f >> length);

	for (size_t i = 1; i < length; i++)
		character = character << 6 | (text[i] & 0x3f);
	*ret_character = character;
	return length;
}

/* Whether a terminal does something else with it than to show it. */
static bool is_steering(uint32_t character)
{
	return character < 0x20 || (character >= 0x7f && character <= 0x9f) ||
	       character == 0x061c || character == 0x200e || character == 0x200f ||
	       (character >= 0x2028 && character <= 0x202e) ||
	       (character >= 0x2066 && character <= 0x2069);
}

static bool is_plain(const unsigned char *text)
{
	while (*text >= ' ' && *text <= '~')
		text++;
	return *text == '\0';
}

char *output_safe(const char *text, bool lines)
{
	const unsigned char *p = (const unsigned char *)(text ? text : "-");
	char *safe = NULL;
	size_t size;
	FILE *out;

	/* As nearly every cell of a table is: a stream for each would be most of its cost. */
	if (is_plain(p))
		return strdup((const char *)p);
	out = open_memstream(&safe, &size);
	if (!out)
		return NULL;
	while (*p) {
		uint32_t character = *p;
		size_t length = read_utf8(p, &character);

		if (length == 0)
			fprintf(out, "\\x%02x", *p);
		else if (lines && character == '\n')
			putc('\n', out);
		else if (is_steering(character))
			fprintf(out, character > 0xff ? "\\u{%04x}" : "\\x%02x", character);
		else
			fwrite(p, 1, length, out);
		p += length ? length : 1;
	}
	if (fclose(out) != 0) {
		free(safe);
		return NULL;
	}
	return safe;
}

void output_text(const char *text, enum style style)
{
	CLEANUP_FREE char *safe = output_safe(text, false);

	printf("%s%s%s", output_style(style), safe ? safe : "?", output_end(style));
}

/*
 * The blanks at p, which is behind an opening bracket, if nothing else is before the closing one:
 * json-c breaks the line there, from 0.18 on it does not.
 */
static size_t blanks_in_empty(const unsigned char *p)
{
	size_t blanks = strspn((const char *)p, " \n");

	return *p == '\n' && (p[blanks] == ']' || p[blanks] == '}') ? blanks : 0;
}

/*
 * Prints what begins at p and is more than itself: a bracket, or a character that is not ASCII.  json-c
 * escapes what is below 0x20; what else steers a terminal can occur in strings only, and means the same to
 * a program when it is escaped.  Returns how many bytes it was.
 */
static size_t print_special(FILE *out, const unsigned char *p)
{
	uint32_t character = *p;
	size_t length = read_utf8(p, &character);

	if (is_steering(character))
		fprintf(out, "\\u%04x", character);
	else
		fwrite(p, 1, length, out);
	if (*p == '[' || *p == '{')
		length += blanks_in_empty(p + 1);
	return length ? length : 1;
}

void output_json_text(FILE *out, const char *text)
{
	const unsigned char *p = (const unsigned char *)(text ? text : "null");

	while (*p) {
		size_t plain = 0;

		while (p[plain] && p[plain] < 0x7f && p[plain] != '[' && p[plain] != '{')
			plain++;
		fwrite(p, 1, plain, out);
		p += plain;
		if (*p)
			p += print_special(out, p);
	}
}

void output_json(struct json_object *value, bool indented)
{
	int flags = indented ? JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED : JSON_C_TO_STRING_PLAIN;
	const char *text = json_object_to_json_string_ext(value, flags | JSON_C_TO_STRING_NOSLASHESCAPE);
	CLEANUP_FREE char *laid = indented && text ? layout_lists(text) : NULL;

	output_json_text(stdout, laid ? laid : text);
	putchar('\n');
}

int output_finish(void)
{
	errno = 0;
	if (fflush(stdout) != 0 || ferror(stdout))
		return errno ? -errno : -EIO;
	return 0;
}

static void add_column(struct table *table, const struct column *column, size_t index)
{
	bool is_broken = column->flags & COLUMN_LIST && isatty(STDOUT_FILENO);
	int flags = (column->flags & COLUMN_RIGHT ? SCOLS_FL_RIGHT : 0) |
		    (is_broken ? SCOLS_FL_WRAP : 0);
	struct libscols_column *added =
		scols_table_new_column(table->lines, column->name, 0, flags);

	if (!added || (is_broken && scols_column_set_wrapfunc(added, scols_wrapnl_chunksize,
							      scols_wrapnl_nextchunk, NULL) != 0))
		table->failed = true;
	if (is_broken)
		table->broken |= 1u << index;
}

void table_init(struct table *table, const struct column *columns, size_t count, bool headings)
{
	*table = (struct table){ .lines = scols_new_table() };
	if (!table->lines) {
		table->failed = true;
		return;
	}
	scols_table_enable_colors(table->lines, colored);
	scols_table_enable_noheadings(table->lines, !headings);
	/* Cells are made safe here; done twice, every backslash would be doubled. */
	scols_table_enable_noencoding(table->lines, true);
	if (isatty(STDOUT_FILENO))
		scols_table_set_termwidth(table->lines, output_width());
	else
		scols_table_set_termforce(table->lines, SCOLS_TERMFORCE_NEVER);
	for (size_t i = 0; i < count; i++)
		add_column(table, &columns[i], i);
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

/* A copy of a list with a newline behind the first comma after every LIST_WIDTH characters. */
static char *break_list(const char *list)
{
	char *broken = NULL;
	size_t size, width = 0;
	FILE *out = open_memstream(&broken, &size);

	if (!out)
		return NULL;
	for (const char *p = list; *p; p++) {
		putc(*p, out);
		if (++width >= LIST_WIDTH && *p == ',') {
			putc('\n', out);
			width = 0;
		}
	}
	if (fclose(out) != 0) {
		free(broken);
		return NULL;
	}
	return broken;
}

static char *cell_text(const struct table *table, const char *text)
{
	CLEANUP_FREE char *safe = output_safe(text, false);

	return safe && table->broken & (1u << table->next) ? break_list(safe) : TAKE_PTR(safe);
}

void table_cell(struct table *table, const char *text, enum style style)
{
	bool is_empty = !text || !*text;
	CLEANUP_FREE char *safe = cell_text(table, is_empty ? "-" : text);
	size_t column = table->next++;
	struct libscols_cell *cell;

	if (table->failed)
		return;
	cell = scols_line_get_cell(table->line, column);
	if (!safe || !cell || scols_cell_refer_data(cell, safe) != 0) {
		table->failed = true;
		return;
	}
	TAKE_PTR(safe);
	if (colored && style != STYLE_PLAIN && !is_empty &&
		 scols_cell_set_color(cell, sequences[style]) != 0)
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

int table_print(struct table *table)
{
	if (table->failed || scols_print_table(table->lines) != 0)
		return -ENOMEM;
	return 0;
}
