/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the bare peers share: the simulated kernel as apqd-sim has it, without a daemon, and the
 * devices that every measurement uses.
 */
#ifndef APQD_TESTS_BENCH_BARE_H
#define APQD_TESTS_BENCH_BARE_H

#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "common/cleanup.h"
#include "daemon/kernel/kernel.h"

/* Nanoseconds since some moment. */
static inline int64_t bare_now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static inline void bare_ignore(void *userdata, const struct kernel_event *event)
{
	(void)userdata;
	(void)event;
}

/*
 * Opens the kernel, or what "apqd-simctl init" has made below root.  Returns 0 or a negative errno; it is
 * kept to the end.
 */
static inline int bare_open(const char *root, struct kernel **ret_kernel)
{
	sd_event *loop = NULL;
	int r = sd_event_new(&loop);

	return r < 0 ? r : kernel_open(root, loop, bare_ignore, NULL, ret_kernel);
}

/* The UUID of device number i; tests/bench/hosts.py names it likewise. */
static inline void bare_uuid(unsigned int i, struct uuid *ret_uuid)
{
	snprintf(ret_uuid->text, sizeof(ret_uuid->text), "%08x-1111-4111-8111-111111111111", i);
}

/* What it has: two adapters, one domain; pairs is how many pairs of adapters there are. */
static inline void bare_matrix(unsigned int i, unsigned int pairs, struct matrix *ret_matrix)
{
	*ret_matrix = (struct matrix){ 0 };
	mask_set(&ret_matrix->adapters, i % pairs * 2);
	mask_set(&ret_matrix->adapters, i % pairs * 2 + 1);
	mask_set(&ret_matrix->domains, i / pairs);
}

#endif
