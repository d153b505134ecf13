/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The output of apqctl: colours, widths, JSON, and texts from elsewhere, made safe for a terminal.
 * Nothing else in cli/ knows where the output goes.
 */
#ifndef APQD_CLI_OUTPUT_H
#define APQD_CLI_OUTPUT_H

#include <json-c/json.h>
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

/* Returns true if output_init() has decided for colour. */
bool output_is_colored(void);

/*
 * Returns the number of columns for lines: COLUMNS if it is a sensible number, else the terminal's
 * width.  Returns 0, no limit, if there is neither.
 */
unsigned int output_limit(void);

/* The same, but 80 where there is no limit: for what is drawn. */
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
 * The same behind used columns, broken between words at output_limit(); the next lines are indented by
 * indent columns.  A command in quotes stays in one line.
 */
void output_wrapped(const char *text, enum style style, unsigned int indent, unsigned int used);

/*
 * Prints the text of a JSON value, with what would steer a terminal escaped, which means the same; NULL as
 * null.
 */
void output_json_text(FILE *out, const char *text);

/* Prints value as JSON and a newline: indented, or in one line.  Never with colour. */
void output_json(struct json_object *value, bool indented);

/* Flushes standard output.  Returns 0, or the negative errno of the write that failed. */
MUST_CHECK int output_finish(void);

#endif
