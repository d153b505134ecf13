/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A node of the search of mask-search.h: rows that are kept, rows that are taken and rows still
 * open; the columns left are those that no kept row wants.
 *
 * Two facts make the tree of them small.  A row of which all wanted columns are gone is kept: to
 * take it serves nobody.  And where a row is taken, some column that it wants is left: so every row
 * that wants all of what it wants is taken as well.  Rows that want the same are decided as one.
 */
#ifndef APQD_DAEMON_PLAN_MASK_NODE_H
#define APQD_DAEMON_PLAN_MASK_NODE_H

#include "daemon/plan/mask-search.h"

struct mask_node {
	struct mask open, kept, taken;	/* rows, of those that want something */
	struct mask columns;		/* those left, of those in play */
};

/* What there is to know about a node's columns; stays true while rows are taken. */
struct mask_view {
	unsigned int columns;		/* how many are left */
	unsigned int rows;		/* how many are kept */
	unsigned int steady;		/* queues in these columns, in rows that are never taken */
	unsigned int gain;		/* queues in these columns, in rows that are kept */
	unsigned int apart;		/* queues in columns not in play, in rows that are kept */
	/* By open row: how many columns are left if it is kept, and how many queues it has there. */
	uint16_t left_by[APQN_IDS], gain_by[APQN_IDS];
};

/* Keeps the open rows that want none of the columns, and looks at what is left. */
void mask_node_look(struct mask_search *search, struct mask_node *node, struct mask_view *ret_view);

/* What rows and columns untaken, with queues in them, are worth: the more the better. */
uint64_t mask_node_worth(const struct mask_search *search, unsigned int queues, unsigned int rows,
			 unsigned int columns);

/* Whether a takes the lowest id in which it differs from b. */
bool mask_is_lower(const struct mask *a, const struct mask *b);

/* Makes it the best answer to take all rows that are open, if it is better; whether it was. */
bool mask_node_consider(struct mask_search *search, const struct mask_node *node,
			const struct mask_view *view);

/* Of two rows that promise the same, the one to keep first: so that lower adapters are taken. */
bool mask_node_prefers(const struct mask_search *search, unsigned int row, unsigned int other);

void mask_node_keep(const struct mask_search *search, struct mask_node *node, unsigned int row);
void mask_node_take(struct mask_search *search, struct mask_node *node, unsigned int row);

#endif
