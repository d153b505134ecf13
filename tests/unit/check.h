/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every unit test uses: checks that say where and what, and a runner that prints a
 * line a test ("ok NAME"), which ./check counts.  A failed check ends the program.
 */
#ifndef APQD_TESTS_UNIT_CHECK_H
#define APQD_TESTS_UNIT_CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *check_test = "start";

#define CHECK_FAIL(...)                                                          \
	do {                                                                     \
		printf("FAIL %s\n  %s:%d: ", check_test, __FILE__, __LINE__);    \
		printf(__VA_ARGS__);                                             \
		printf("\n");                                                    \
		fflush(stdout);                                                  \
		exit(1);                                                         \
	} while (0)

#define CHECK(expression)                                        \
	do {                                                     \
		if (!(expression))                               \
			CHECK_FAIL("%s is false", #expression);  \
	} while (0)

#define CHECK_INT(got, expected)                                                            \
	do {                                                                                \
		long long got_ = (long long)(got), expected_ = (long long)(expected);       \
		if (got_ != expected_)                                                      \
			CHECK_FAIL("%s is %lld, not %lld", #got, got_, expected_);          \
	} while (0)

#define CHECK_STR(got, expected)                                                             \
	do {                                                                                 \
		const char *got_ = (got), *expected_ = (expected);                           \
		if (!got_ || strcmp(got_, expected_) != 0)                                   \
			CHECK_FAIL("%s is \"%s\", not \"%s\"", #got, got_ ? got_ : "(null)", \
				   expected_);                                               \
	} while (0)

/* Whether text contains part; the message shows both. */
#define CHECK_HAS(text, part)                                                                 \
	do {                                                                                  \
		const char *text_ = (text), *part_ = (part);                                  \
		if (!text_ || !strstr(text_, part_))                                          \
			CHECK_FAIL("%s is \"%s\", without \"%s\"", #text, text_ ? text_ : "(null)", \
				   part_);                                                    \
	} while (0)

#define RUN(test)                             \
	do {                                  \
		check_test = #test;           \
		test();                       \
		printf("ok %s\n", #test);     \
		fflush(stdout);               \
	} while (0)

#endif
