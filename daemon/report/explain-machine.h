/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first link: the machine has the adapters and domains, and the AP bus has the queues.
 */
#ifndef APQD_DAEMON_REPORT_EXPLAIN_MACHINE_H
#define APQD_DAEMON_REPORT_EXPLAIN_MACHINE_H

#include "daemon/report/chain.h"

/* Walks the link, and writes its state into walk. */
void explain_configured(struct walk *walk);

#endif
