/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the simulated kernel lives: a file that every program maps, so that it outlives
 * the daemon as a real kernel does, and other programs can act on it.
 *
 * It holds two copies of the state.  A change is made on the spare one, which becomes the valid
 * one in a single step: a program that is killed half-way leaves no half change.
 */
#ifndef APQD_TESTS_SIM_FILE_H
#define APQD_TESTS_SIM_FILE_H

#include "common/cleanup.h"
#include "tests/sim/config.h"
#include "tests/sim/state.h"

struct sim;

/*
 * How often the daemon wrote an attribute, and read a device's.  They are no part of the state, so that
 * reading changes none.
 */
struct sim_counts {
	uint64_t done[ATTRIBUTES], refused[ATTRIBUTES];
	uint64_t matrix, guest_matrix, ap_config;
	uint64_t blocked;	/* writes that wait until they are told to go on */
	uint64_t told;		/* how often that was told */
};

/*
 * Opens the state in the folder ROOT/run/apqd-sim, and creates it from config where it is
 * missing; a NULL config: it must be there.  Returns 0, and 1 when it was created; or a negative
 * errno and a sentence in *ret_message (the caller frees it; NULL without memory).
 */
MUST_CHECK int sim_open(const char *root, const struct sim_config *config, struct sim **ret_sim,
			char **ret_message);

/* Takes NULL too. */
void sim_close(struct sim *sim);

DEFINE_CLEANUP(struct sim *, sim_close);

/* The file that is written after every change: watch it to hear of changes. */
const char *sim_wake_path(const struct sim *sim);

/*
 * Locks the state to look at it, until sim_unlock().  Processes that died with a device open
 * have closed it by then.  Not recursive; any thread, any process.
 */
const struct sim_state *sim_lock(struct sim *sim);
void sim_unlock(struct sim *sim);

/* To be read and changed while the state is locked. */
struct sim_counts *sim_counts(struct sim *sim);

/*
 * Locks the state to change it: what is returned becomes the state with sim_commit(), which
 * unlocks too and wakes those who wait for events.  sim_unlock() instead drops the change.
 */
struct sim_state *sim_begin(struct sim *sim);
void sim_commit(struct sim *sim);

#endif
