/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine below the kernel, as far as the conformance test changes it.  Two bodies:
 * hardware-apsim.c for the lab's simulated adapters, hardware-sim.c for the simulated kernel.
 */
#ifndef APQD_TESTS_CONFORMANCE_HARDWARE_H
#define APQD_TESTS_CONFORMANCE_HARDWARE_H

#include "common/macro.h"

/*
 * Gets ready.  root is where the simulated kernel lives.  Returns 0 or a negative errno.
 */
MUST_CHECK int hardware_open(const char *root);
void hardware_close(void);

/*
 * Carries out one command: "plug N on", "config N off", "chkstop N on", "domain N off",
 * "irq AA.DDDD on".  The AP bus notices when it scans the next time.
 * Returns 0 or a negative errno.
 */
MUST_CHECK int hardware_command(const char *command);

/* Waits until the host has started the queues that it got: it does so after the write. */
void hardware_settle(void);

#endif
