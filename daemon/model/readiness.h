/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The means that a host needs before a guest can have a queue, or its interrupts.
 */
#ifndef APQD_DAEMON_MODEL_READINESS_H
#define APQD_DAEMON_MODEL_READINESS_H

#include "daemon/model/observed.h"

/* Returns true if the host can pass queues to guests. If not, *ret_reason says why (static). */
bool readiness_of_host(const struct observed *observed, const char **ret_reason);

/* Returns true if a guest gets its interrupts forwarded. If not, *ret_reason says why (static). */
bool readiness_of_interrupts(const struct observed *observed, const char **ret_reason);

#endif
