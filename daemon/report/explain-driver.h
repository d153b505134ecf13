/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The links of the host: its queues are reserved, and vfio_ap is their driver.
 */
#ifndef APQD_DAEMON_REPORT_EXPLAIN_DRIVER_H
#define APQD_DAEMON_REPORT_EXPLAIN_DRIVER_H

#include "daemon/report/chain.h"

/* Walk one link each, and write its state into walk. */
void explain_released(struct walk *walk);
void explain_bound(struct walk *walk);

#endif
