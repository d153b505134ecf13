/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds problems of the host or of a device by comparing the observed with the desired state.
 * Pure.
 */
#ifndef APQD_DAEMON_REPORT_DIAGNOSE_H
#define APQD_DAEMON_REPORT_DIAGNOSE_H

#include "daemon/model/desired.h"
#include "daemon/model/observed.h"
#include "daemon/model/problem.h"

/* Returns true if the device is started, and not as it is defined. */
bool diagnose_has_drift(const struct observed *observed, const struct desired *desired,
			const struct uuid *uuid);

/*
 * Adds what keeps the device, which starts automatically and is not started, from being started.
 * argument: how commands call it.
 */
void diagnose_start(const struct observed *observed, const struct desired *desired,
		    const struct definition *definition, const char *argument,
		    struct problems *problems);

/* Add every problem to the list. */
void diagnose_host(const struct observed *observed, const struct desired *desired,
		   struct problems *problems);
void diagnose_device(const struct observed *observed, const struct desired *desired,
		     const struct uuid *uuid, struct problems *problems);

#endif
