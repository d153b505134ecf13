/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bare-scan - reads everything that the simulated kernel has, as apqd does at its start, and
 * nothing else; prints how long that took, in nanoseconds
 */
#include <inttypes.h>
#include <string.h>

#include "tests/bench/bare.h"

int main(int argc, char **argv)
{
	static struct observed observed;
	struct kernel *kernel = NULL;
	int64_t begin;
	int r;

	if (argc != 2) {
		fprintf(stderr, "Usage: bare-scan ROOT\n");
		return 2;
	}
	r = bare_open(argv[1], &kernel);
	observed_init(&observed);
	begin = bare_now();
	if (r == 0)
		r = kernel_scan(kernel, &observed);
	if (r < 0) {
		fprintf(stderr, "bare-scan: %s.\n", strerror(-r));
		return 1;
	}
	printf("%" PRId64 "\n", bare_now() - begin);
	observed_done(&observed);
	kernel_close(kernel);
	return 0;
}
