/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli/duration.c: durations in the units of systemd.time(7).
 */
#include <errno.h>

#include "cli/duration.h"
#include "tests/unit/check.h"

#define MAX (1000000 * DURATION_SECOND)

static void test_accepted(void)
{
	static const struct {
		const char *text;
		int64_t duration;
	} cases[] = {
		{ "0", 0 },
		{ "5", 5 * DURATION_SECOND },
		{ "60s", 60 * DURATION_SECOND },
		{ "2min", 120 * DURATION_SECOND },
		{ "1min 30s", 90 * DURATION_SECOND },
		{ "1min30s", 90 * DURATION_SECOND },
		{ "1h 2 m  3 sec", 3723 * DURATION_SECOND },
		{ "250us", 250000 },
		{ "250\302\265s", 250000 },
		{ "250\316\274s", 250000 },
		{ "5ms", 5000000 },
		{ "7ns", 7 },
		{ "11day", 950400 * DURATION_SECOND },
		{ "1000000s", MAX },
		{ "1000000", MAX },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int64_t duration = -1;

		if (duration_parse(cases[i].text, DURATION_SECOND, MAX, &duration) < 0)
			CHECK_FAIL("'%s' is refused", cases[i].text);
		CHECK_INT(duration, cases[i].duration);
	}
}

static void test_refused(void)
{
	static const char *const cases[] = {
		"", " ", "s", "-1", "+1s", "1.5s", "5 x", "5sx", "60s 5", "60 s s", "5month", "1000001",
		"999999s 2s", "99999999999999999999", "9223372036854775807d", "9223372036854775807ns 1ns",
		"0x10", " 5s", "5s,", "infinity", "\302\265s",
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int64_t duration = 77;

		if (duration_parse(cases[i], DURATION_SECOND, MAX, &duration) != -EINVAL)
			CHECK_FAIL("'%s' is not refused", cases[i]);
		CHECK_INT(duration, 77);
	}
}

int main(void)
{
	RUN(test_accepted);
	RUN(test_refused);
	return 0;
}
