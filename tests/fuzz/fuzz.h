/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every fuzz target is: one function that libFuzzer (or replay.c) calls with any bytes.  A
 * property that does not hold ends the program, as a sanitizer would.
 */
#ifndef APQD_TESTS_FUZZ_FUZZ_H
#define APQD_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(property)                                                                          \
	do {                                                                                    \
		if (!(property)) {                                                              \
			fprintf(stderr, "%s:%d: %s is false\n", __FILE__, __LINE__, #property); \
			abort();                                                                \
		}                                                                               \
	} while (0)

/* The bytes as a NUL-terminated text of exactly their size; the caller frees it. */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	MUST(text);
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

#endif
