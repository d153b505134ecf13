/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Small files: reading them whole within a limit, and replacing them so that a power cut
 * leaves either the old contents or the new.
 */
#ifndef APQD_COMMON_IO_H
#define APQD_COMMON_IO_H

#include <dirent.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <time.h>

#include "common/macro.h"

/*
 * Returns true if error, a positive errno, is the want of something, or a signal: it tells nothing
 * of what was to be opened or read, and may be over a moment later.
 */
bool io_is_of_the_moment(int error);

/*
 * Reads the regular file name in the folder dirfd, NUL-terminated; the caller frees it.
 * Returns 0, -EFBIG when it has more than max bytes, -EINVAL when it is no regular file, -ENOLINK when it
 * is a link that leads nowhere, or another negative errno.
 */
MUST_CHECK int io_read_file(int dirfd, const char *name, size_t max, char **ret_text,
			    size_t *ret_length);

/*
 * Opens the folder dirfd a second time, to walk through it by io_next_entry(); the caller closes it by
 * closedir().  Returns 0 or a negative errno.
 */
MUST_CHECK int io_open_entries(int dirfd, DIR **ret_entries);

/* The next entry, which stays the stream's: returns 1, 0 at the end, or a negative errno. */
MUST_CHECK int io_next_entry(DIR *entries, struct dirent **ret_entry);

/*
 * Reads to the end of the file, or until the buffer is full: one read() may always bring a part only.
 * Returns how many bytes, or a negative errno.
 */
MUST_CHECK ssize_t io_read(int fd, char *buffer, size_t size);

/* What tells one state of a file from another; all zero: there is no such file. */
struct io_state {
	ino_t inode;
	off_t size;
	struct timespec changed;
	mode_t mode;
};

/* The state of name in the folder dirfd now; 0 or a negative errno. */
MUST_CHECK int io_look(int dirfd, const char *name, struct io_state *ret_state);

bool io_is_same(const struct io_state *a, const struct io_state *b);

/* How long a file has to last: over a power cut, or only as long as this boot (it lies in /run). */
enum io_lasting {
	IO_DURABLE,
	IO_UNTIL_REBOOT,
};

/*
 * Replaces (or makes) name in the folder dirfd by a temporary file beside it, rename(), and,
 * where it is to be durable, fsync() of both the file and the folder.  A file that was there keeps its
 * owner and its rights, as io_take_over_rights() says.
 * On failure the old file is as it was and the temporary one is gone; a negative errno.
 */
MUST_CHECK int io_replace_file(int dirfd, const char *name, const char *text, size_t length,
			       mode_t mode, enum io_lasting lasting);

/*
 * The two halves of it, for files that are to change together: the new contents beside the file
 * (durable, or where many are staged IO_UNTIL_REBOOT and then syncfs()), and their taking its place,
 * which lasts once io_sync_folder() has succeeded.  A staged file that is not wanted any more is
 * dropped.  Negative errnos as above.
 */
MUST_CHECK int io_stage_file(int dirfd, const char *name, const char *text, size_t length,
			     mode_t mode, enum io_lasting lasting);
MUST_CHECK int io_commit_file(int dirfd, const char *name);
void io_drop_file(int dirfd, const char *name);
MUST_CHECK int io_sync_folder(int dirfd);

/*
 * Takes the file away, so that io_commit_file() brings it back as it was, and io_drop_file() removes it.
 * Returns 0, -ENOENT or another negative errno.
 */
MUST_CHECK int io_set_file_aside(int dirfd, const char *name);

/*
 * Returns true if name is that of what lies beside a file, staged or left by a killed program;
 * then that of the file, in NAME_MAX + 1 bytes.
 */
bool io_is_temporary(const char *name, char ret_name[NAME_MAX + 1]);

/* Removes name; returns 0 also when it was not there, or a negative errno. */
MUST_CHECK int io_remove_file(int dirfd, const char *name, enum io_lasting lasting);

/*
 * Opens the folder path, making it and its parents with mode where they are missing.
 * Returns a file descriptor (the caller closes it) or a negative errno.
 */
MUST_CHECK int io_open_folder(const char *path, mode_t mode);

#endif
