/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A table, as wide as it needs, or as output_limit() allows: then its lists are broken behind commas.
 */
#ifndef APQD_CLI_TABLE_H
#define APQD_CLI_TABLE_H

#include <libsmartcols/libsmartcols.h>
#include <stdbool.h>
#include <stddef.h>

#include "cli/output.h"
#include "common/macro.h"

enum {
	COLUMN_RIGHT = 1 << 0,	/* numbers */
	COLUMN_LIST = 1 << 1,	/* words with commas, which are broken where the table is too wide */
};

#define TABLE_COLUMNS 32

struct column {
	const char *name;
	unsigned int flags;
};

struct table {
	struct libscols_table *lines;	/* owned */
	struct libscols_line *line;	/* the last one */
	size_t next;			/* the column that is filled next */
	signed char place[TABLE_COLUMNS];	/* where each column stands; -1: not selected */
	unsigned int lists;		/* a bit for each column of lists */
	bool failed;			/* something was left out for want of memory */
};

/*
 * Has the tables of this command print only the columns that list names, with commas between them, in
 * that order; NULL: all.  list is borrowed.
 */
void table_select(const char *list);

/* Returns true if the list of names with commas and blanks has this name, in either case. */
bool table_has_column(const char *list, const char *name);

/* A table of count columns, up to TABLE_COLUMNS; headings says whether their names are printed. */
void table_init(struct table *table, const struct column *columns, size_t count, bool headings);
void table_done(struct table *table);

#define CLEANUP_TABLE CLEANUP(table_done)

/* Begins a row; fills its cells from left to right: text is copied and made safe, NULL is "-". */
void table_row(struct table *table);
void table_cell(struct table *table, const char *text, enum style style);
void table_format(struct table *table, enum style style, const char *format, ...) PRINTF_LIKE(3, 4);

/* Prints the table to standard output.  Returns 0 or -ENOMEM. */
MUST_CHECK int table_print(struct table *table);

#endif
