/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The UUID that names a device, always kept in lower case as the kernel prints it.
 */
#ifndef APQD_COMMON_UUID_H
#define APQD_COMMON_UUID_H

#include <stdbool.h>

#include "common/macro.h"

/* 36 characters and the terminating NUL. */
#define UUID_TEXT_SIZE 37

struct uuid {
	char text[UUID_TEXT_SIZE];
};

/* Reads 8-4-4-4-12 hexadecimal digits in either case; returns 0 or -EINVAL. */
MUST_CHECK int uuid_parse(const char *text, struct uuid *ret_uuid);

/* A new random one (version 4); returns 0 or a negative errno of the kernel's random source. */
MUST_CHECK int uuid_make(struct uuid *ret_uuid);

bool uuid_equal(const struct uuid *a, const struct uuid *b);

/* Orders as the text does. */
int uuid_compare(const struct uuid *a, const struct uuid *b);

#endif
