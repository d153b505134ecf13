/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lines of monitor that come together: devices first, and the queues of a card in one line.
 */
#ifndef APQD_CLI_BURST_H
#define APQD_CLI_BURST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/diff.h"
#include "common/apqn.h"
#include "common/macro.h"

struct burst_line {
	enum thing thing;	/* what it is about */
	bool is_gone;
	int64_t time;		/* microseconds since the epoch; -1: not known */
	const char *event;	/* of a burst: owned, as what follows */
	const char *label;
	const char *change;	/* "" for none */
	struct apqn apqn;	/* of a queue; of a card its adapter */
	size_t order;		/* in which it came */
};

struct burst {
	struct burst_line *lines;	/* owned */
	size_t count, size;
	int64_t since;			/* CLOCK_MONOTONIC, milliseconds: when the first line came */
};

void burst_done(struct burst *burst);

#define CLEANUP_BURST CLEANUP(burst_done)

/* Adds a line, whose texts are copied; a burst that is full is printed before.  Returns 0 or -ENOMEM. */
MUST_CHECK int burst_add(struct burst *burst, const struct burst_line *line);

/* For how many milliseconds more lines may be waited for; 0: print it now. */
int burst_patience(const struct burst *burst);

/*
 * Prints the lines, and forgets them: those of devices first, then those of the host, of cards and of
 * queues.  Queues of one card of which the same is told share a line; queues that went with their card are
 * counted in its line.
 */
void burst_print(struct burst *burst);

#endif
