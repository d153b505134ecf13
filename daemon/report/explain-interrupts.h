/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The last link: interrupts are as the policy of the device wants them.
 */
#ifndef APQD_DAEMON_REPORT_EXPLAIN_INTERRUPTS_H
#define APQD_DAEMON_REPORT_EXPLAIN_INTERRUPTS_H

#include "daemon/report/chain.h"

/* Walks the link, and writes its state into walk. */
void explain_interrupts(struct walk *walk);

#endif
