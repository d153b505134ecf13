/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changes to the machine, and the AP bus noticing them: ap_scan_bus() of ap_bus.c.
 */
#ifndef APQD_TESTS_SIM_HOTPLUG_H
#define APQD_TESTS_SIM_HOTPLUG_H

#include "tests/sim/state.h"

/*
 * Change the machine; the bus does not know before it scans.  Plugging puts the adapter
 * into the LPAR's configuration; configuring is what an operator does at the HMC; a domain
 * is a usage and a control domain.
 */
void hotplug_plug(struct sim_state *state, unsigned int adapter, bool on);
void hotplug_configure(struct sim_state *state, unsigned int adapter, bool on);
void hotplug_checkstop(struct sim_state *state, unsigned int adapter, bool on);
void hotplug_domain(struct sim_state *state, unsigned int domain, bool on);

/* A guest switched the interrupts of a queue on or off; nobody is told. */
void hotplug_interrupt(struct sim_state *state, struct apqn apqn, bool on);

/* What the kernel does every 30 s, or when "scans" is written. */
void hotplug_scan(struct sim_state *state);

#endif
