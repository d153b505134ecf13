/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The links of the device: its queues are assigned, effective, and in its guest.
 */
#ifndef APQD_DAEMON_REPORT_EXPLAIN_DEVICE_H
#define APQD_DAEMON_REPORT_EXPLAIN_DEVICE_H

#include "daemon/report/chain.h"

/* Walk one link each, and write its state into walk. */
void explain_assigned(struct walk *walk);
void explain_effective(struct walk *walk);
void explain_guest(struct walk *walk);

#endif
