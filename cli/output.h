/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What apqctl writes: tables, colours, JSON, and texts that came from elsewhere, made
 * safe for a terminal.  Nothing else in cli/ knows what the output goes to.
 */
#ifndef APQD_CLI_OUTPUT_H
#define APQD_CLI_OUTPUT_H

#include <json-c/json.h>
#include <libsmartcols/libsmartcols.h>
#include <stdbool.h>
#include <stdio.h>

#include "common/cleanup.h"
#include "common/macro.h"

enum color_mode {
	COLOR_AUTO,	/* on a terminal, unless NO_COLOR is set or TERM is "dumb" */
	COLOR_ALWAYS,
	COLOR_NEVER,
};

enum style {
	STYLE_PLAIN,
	STYLE_BOLD,
	STYLE_DIM,
	STYLE_GOOD,
	STYLE_WARN,
	STYLE_BAD,
	STYLES
};

/* Decides once, from the option and what standard output is, whether there is colour. */
void output_init(enum color_mode mode);

/* The sequences that begin and end a style; "" without colour. */
const char *output_style(enum style style);
const char *output_end(enum style style);

/*
 * How many columns there are: COLUMNS if it is a sensible number, else the terminal's
 * width, else 80.
 */
unsigned int output_width(void);

/*
 * A copy of text in which every character that could steer a terminal (control
 * characters, also C1 and the marks that turn the direction of writing) and every byte
 * that is not UTF-8 is written as \xNN or \u{NNNN}.  With lines, a newline stays.  NULL is
 * read as "-".  The caller frees it; NULL without memory.
 */
char *output_safe(const char *text, bool lines);

/* Prints text, made safe, in a style. */
void output_text(const char *text, enum style style);

/*
 * Prints the text of a JSON value, with what would steer a terminal escaped, which means the same; NULL as
 * null.
 */
void output_json_text(FILE *out, const char *text);

/* Prints value as JSON and a newline: indented, or in one line.  Never with colour. */
void output_json(struct json_object *value, bool indented);

/* Flushes standard output.  Returns 0, or the negative errno of the write that failed. */
MUST_CHECK int output_finish(void);

enum {
	COLUMN_RIGHT = 1 << 0,	/* numbers */
	COLUMN_LIST = 1 << 1,	/* on a terminal, long ones are broken behind commas */
};

struct column {
	const char *name;
	unsigned int flags;
};

struct table {
	struct libscols_table *lines;	/* owned */
	struct libscols_line *line;	/* the last one */
	size_t next;			/* the column that is filled next */
	unsigned int broken;		/* a bit for each column whose lists are broken */
	bool failed;			/* something was left out for want of memory */
};

/* A table of count columns; headings says whether their names are printed. */
void table_init(struct table *table, const struct column *columns, size_t count, bool headings);
void table_done(struct table *table);

#define CLEANUP_TABLE CLEANUP(table_done)

/* Begins a row; fills its cells from left to right: text is copied and made safe, NULL is "-". */
void table_row(struct table *table);
void table_cell(struct table *table, const char *text, enum style style);
void table_format(struct table *table, enum style style, const char *format, ...) PRINTF_LIKE(3, 4);

/*
 * Prints the table to standard output, as wide as it needs unless that is a terminal.
 * Returns 0 or -ENOMEM.
 */
MUST_CHECK int table_print(struct table *table);

#endif
