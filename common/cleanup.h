/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ownership that a reader can see: a local that owns something carries an
 * attribute that names how it is let go when it leaves its scope.
 */
#ifndef APQD_COMMON_CLEANUP_H
#define APQD_COMMON_CLEANUP_H

#include <dirent.h>
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/macro.h"

#define CLEANUP(function) __attribute__((cleanup(function)))

/* Defines functionp(), which CLEANUP() can take, for a destructor of one pointer. */
#define DEFINE_CLEANUP(type, function)                   \
	static inline void function##p(type *pointer)    \
	{                                                \
		if (*pointer)                            \
			function(*pointer);              \
	}                                                \
	struct cleanup_##function /* swallows the semicolon after the macro */

static inline void cleanup_free(void *pointer)
{
	free(*(void **)pointer);
}

/* close() that keeps errno, so that it may run between a failure and its report. */
static inline void cleanup_close(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	errno = saved;
}

DEFINE_CLEANUP(FILE *, fclose);
DEFINE_CLEANUP(DIR *, closedir);
DEFINE_CLEANUP(struct json_object *, json_object_put);

#define CLEANUP_FREE CLEANUP(cleanup_free)
#define CLEANUP_CLOSE CLEANUP(cleanup_close)
#define CLEANUP_JSON CLEANUP(json_object_putp)

#endif
