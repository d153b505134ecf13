/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A folder of an input's own, as the root of a store or a daemon, and the files in it.
 */
#ifndef APQD_TESTS_FUZZ_FOLDER_H
#define APQD_TESTS_FUZZ_FOLDER_H

#include <stddef.h>

#define FOLDER_PATH_SIZE 200

/* Makes one in memory where there is such a place, for it is synced often; writes its path. */
void folder_make(char ret_path[static FOLDER_PATH_SIZE]);

/* Takes it away with all that is in it. */
void folder_remove(const char *path);

/* Writes a file of so many bytes below root, and makes the folders above it. */
void folder_put(const char *root, const char *path, const void *bytes, size_t length);

/* The text of a file below root, NUL-terminated, which the caller frees; NULL where it is none. */
char *folder_get(const char *root, const char *path, size_t *ret_length);

#endif
