/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Small files: reading them whole within a limit, and replacing them so that a power cut
 * leaves either the old contents or the new.
 */
#ifndef APQD_COMMON_IO_H
#define APQD_COMMON_IO_H

#include <stddef.h>
#include <sys/types.h>
#include <time.h>

#include "common/macro.h"

/*
 * Reads the regular file name in the folder dirfd, NUL-terminated; the caller frees it.
 * Returns 0, -EFBIG when it has more than max bytes, -EINVAL when it is no regular file, or
 * another negative errno.
 */
MUST_CHECK int io_read_file(int dirfd, const char *name, size_t max, char **ret_text,
			    size_t *ret_length);

/* How long a file has to last: over a power cut, or only as long as this boot (it lies in /run). */
enum io_lasting {
	IO_DURABLE,
	IO_UNTIL_REBOOT,
};

/*
 * Replaces (or makes) name in the folder dirfd by a temporary file beside it, rename(), and,
 * where it is to be durable, fsync() of both the file and the folder.  A file that was there keeps its mode and owner.
 * On failure the old file is as it was and the temporary one is gone; a negative errno.
 */
MUST_CHECK int io_replace_file(int dirfd, const char *name, const char *text, size_t length,
			       mode_t mode, enum io_lasting lasting);

/* What tells one state of a file from another; all zero: there is no such file. */
struct io_state {
	ino_t inode;
	off_t size;
	struct timespec changed;
};

/* The state of name in the folder dirfd now; 0 or a negative errno. */
MUST_CHECK int io_look(int dirfd, const char *name, struct io_state *ret_state);

/*
 * As io_replace_file(), but returns -ESTALE where name is not in the state seen any more.  It
 * looks right before the rename(): who writes in that very moment is still overwritten.
 */
MUST_CHECK int io_replace_seen_file(int dirfd, const char *name, const char *text, size_t length,
				    mode_t mode, enum io_lasting lasting,
				    const struct io_state *seen);

/* Removes name; returns 0 also when it was not there, or a negative errno. */
MUST_CHECK int io_remove_file(int dirfd, const char *name, enum io_lasting lasting);

/*
 * Opens the folder path, making it and its parents with mode where they are missing.
 * Returns a file descriptor (the caller closes it) or a negative errno.
 */
MUST_CHECK int io_open_folder(const char *path, mode_t mode);

#endif
