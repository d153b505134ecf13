/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One AP card as sysfs shows it, /sys/devices/ap/cardXX.
 */
#ifndef APQD_DAEMON_KERNEL_CARD_H
#define APQD_DAEMON_KERNEL_CARD_H

#include "common/macro.h"
#include "daemon/model/observed.h"

/* Reads it.  Returns 0, -ENOENT where there is no such card, or another negative errno. */
MUST_CHECK int card_read(unsigned int adapter, struct observed_card *ret_card);

/* Which domains it has queues of; returns as card_read(). */
MUST_CHECK int card_read_queues(unsigned int adapter, struct mask *ret_domains);

#endif
