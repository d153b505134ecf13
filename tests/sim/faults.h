/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Faults to order: a write of the daemon that fails, takes long, or is the last thing that
 * the daemon does.  Writes of other programs are never hit.
 */
#ifndef APQD_TESTS_SIM_FAULTS_H
#define APQD_TESTS_SIM_FAULTS_H

#include "tests/sim/state.h"

/* What is to happen to one write. */
struct faults_hit {
	int error;			/* a negative errno; 0 for none */
	unsigned int milliseconds;
	bool block;			/* it waits until it is told to go on */
	bool crash_before, crash_after;
};

/* Adds one; returns 0, or -ENOSPC where there are too many. */
MUST_CHECK int faults_add(struct sim_state *state, const struct sim_fault *fault);

void faults_clear(struct sim_state *state);

/* The daemon is about to write the attribute: what happens; it is counted off. */
struct faults_hit faults_take(struct sim_state *state, enum attribute attribute);

#endif
