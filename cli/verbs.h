/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of all verbs, and their functions.
 */
#ifndef APQD_CLI_VERBS_H
#define APQD_CLI_VERBS_H

#include "cli/run.h"
#include "cli/verb.h"

/* All verbs, in the order of the help. */
extern const struct verb_table all_verbs;

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
