/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The verbs of apqctl: what each is called, takes and does, and what it runs with.
 */
#ifndef APQD_CLI_VERBS_H
#define APQD_CLI_VERBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/client.h"
#include "cli/options.h"

/* What a verb runs with. */
struct run {
	const struct options *options;
	struct client client;		/* connected by the first call */
	bool many;			/* for several devices: with --json every line is a value */
	const char *subject;		/* of several devices the one that errors are about; or NULL */
	const char *patience;		/* printed when a call takes long; NULL: nothing is */
};

/* For arguments_max: as many as there are. */
#define VERB_ARGUMENTS_ANY SIZE_MAX

struct verb {
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

/* All of them, in the order of the help. */
extern const struct verb verbs[];
extern const size_t verbs_count;

/* help.c */
int verb_help(struct run *run);

/* verb-status.c */
int verb_status(struct run *run);

/* verb-list.c */
int verb_list(struct run *run);

/* verb-show.c */
int verb_show(struct run *run);

/* verb-queues.c */
int verb_cards(struct run *run);
int verb_queues(struct run *run);

/* verb-matrix.c */
int verb_matrix(struct run *run);

/* verb-define.c */
int verb_define(struct run *run);
int verb_undefine(struct run *run);
int verb_modify(struct run *run);

/* verb-change.c */
int verb_start(struct run *run);
int verb_stop(struct run *run);

/* verb-assign.c */
int verb_assign(struct run *run);
int verb_unassign(struct run *run);

/* verb-apply.c */
int verb_export(struct run *run);
int verb_apply(struct run *run);

/* verb-edit.c */
int verb_edit(struct run *run);

/* verb-reserve.c */
int verb_reserve(struct run *run);
int verb_release(struct run *run);

/* verb-import.c */
int verb_import(struct run *run);

/* verb-interrupts.c */
int verb_interrupts(struct run *run);
int verb_policy(struct run *run);

/* verb-explain.c */
int verb_explain(struct run *run);

/* verb-reload.c */
int verb_reload(struct run *run);

/* verb-monitor.c */
int verb_monitor(struct run *run);

/* verb-metrics.c */
int verb_metrics(struct run *run);

/* verb-bridge.c */
int verb_bridge(struct run *run);

/* verb-wait.c */
int verb_wait(struct run *run);

#endif
