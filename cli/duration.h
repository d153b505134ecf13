/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Durations as people write them, with the units of systemd.time(7): "60s", "2min", "1min 30s", "250us".
 */
#ifndef APQD_CLI_DURATION_H
#define APQD_CLI_DURATION_H

#include <stdint.h>

#include "common/macro.h"

#define DURATION_MICROSECOND INT64_C(1000)	/* nanoseconds, as all of these */
#define DURATION_SECOND INT64_C(1000000000)

/*
 * Reads one or more numbers with units, or a plain number of the given unit.  Returns 0, or -EINVAL for
 * what is no duration or is longer than max.
 */
MUST_CHECK int duration_parse(const char *text, int64_t unit, int64_t max, int64_t *ret_duration);

#endif
