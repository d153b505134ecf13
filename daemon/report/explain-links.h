/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The links of the chain from a card to a guest, one function each.  explain.c calls them in this order.
 */
#ifndef APQD_DAEMON_REPORT_EXPLAIN_LINKS_H
#define APQD_DAEMON_REPORT_EXPLAIN_LINKS_H

#include "daemon/report/chain.h"

void explain_configured(struct walk *walk);
void explain_released(struct walk *walk);
void explain_bound(struct walk *walk);
void explain_assigned(struct walk *walk);
void explain_effective(struct walk *walk);
void explain_guest(struct walk *walk);
void explain_interrupts(struct walk *walk);

#endif
