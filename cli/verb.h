/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One verb of apqctl: its name, arguments, options and function.
 */
#ifndef APQD_CLI_VERB_H
#define APQD_CLI_VERB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/macro.h"

struct run;

/* For arguments_max: as many as there are. */
#define VERB_ARGUMENTS_ANY SIZE_MAX

/* The verbs that other code asks about. */
enum verb_id {
	VERB_OTHER,
	VERB_APPLY,
	VERB_ASSIGN,
	VERB_DEFINE,
	VERB_RELEASE,
	VERB_RESERVE,
	VERB_UNASSIGN,
};

struct verb {
	enum verb_id id;
	const char *name;
	const char *args;		/* for the usage line: arguments and main options */
	const char *help;		/* one line for the list of verbs */
	const char *details;		/* more for its own help; NULL for nothing */
	const char *columns;		/* of its table, for --columns; NULL: none */
	const char *example;		/* command lines, each indented by two; NULL: none */
	uint64_t options;		/* OPTION_BIT() of its own, besides the global ones */
	size_t arguments_min, arguments_max;
	bool json_lines;		/* with --json every line is a value */
	int (*fn)(struct run *run);	/* does it; returns an enum exit_status */
};

struct verb_table {
	const struct verb *items;
	size_t count;
};

/* Returns the verb of that name, or of a name that other commands have for it; NULL for none. */
const struct verb *verb_find(const struct verb_table *verbs, const char *name);

/* Prints that there is no such verb, and suggests one.  Returns EXIT_STATUS_USAGE. */
int verb_refuse_unknown(const struct verb_table *verbs, const char *name);

#endif
