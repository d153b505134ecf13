/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading and writing the attributes of sysfs, through descriptors of their directories:
 * what has been looked at is what is read or written, even if a name is used anew.
 */
#ifndef APQD_DAEMON_KERNEL_SYSFS_H
#define APQD_DAEMON_KERNEL_SYSFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/macro.h"
#include "common/mask.h"

#define SYSFS_BUS "/sys/bus/ap"
#define SYSFS_AP "/sys/devices/ap"
#define SYSFS_PARENT "/sys/devices/vfio_ap/matrix"
#define SYSFS_TYPE "vfio_ap-passthrough"
#define SYSFS_KVM "/sys/module/kvm/parameters"

/* An attribute is at most one page, which is 4096 bytes on s390. */
#define SYSFS_TEXT_SIZE 4097

/*
 * A directory that is being read.  The caller owns fd.  Remembers the first errno that is
 * io_is_of_the_moment(), because such an errno says nothing about the attribute.  Any other error means
 * that this kernel lacks the attribute, so a reader can ignore it and check `failure` once at its end.
 */
struct sysfs_dir {
	int fd;
	int failure;	/* 0 or a negative errno */
};

/* Remembers error, a positive errno, if it is io_is_of_the_moment() and the first one. */
void sysfs_note(struct sysfs_dir *dir, int error);

/*
 * Opens a directory and makes sure that it lies in sysfs; the last part of path may not be
 * a link.  Returns the descriptor (the caller closes it), -ENOENT, -EPROTOTYPE where it
 * is not in sysfs, or another negative errno.
 */
MUST_CHECK int sysfs_open(const char *path);

/*
 * Reads a whole attribute as text, without the newline at its end.  Returns the length,
 * -ENOENT where it is not there (or went away just now), -E2BIG where size is too small,
 * -EBADMSG where it has a NUL in it, or another negative errno.
 */
MUST_CHECK int sysfs_read(struct sysfs_dir *dir, const char *name, char *ret_text, size_t size);

/*
 * Read a decimal number from min to max, "0" or "1", a mask as the AP bus writes it.
 * Return 0, -EBADMSG where the text is something else, or as sysfs_read().
 */
MUST_CHECK int sysfs_read_number(struct sysfs_dir *dir, const char *name, int64_t min,
				 int64_t max, int64_t *ret_number);
MUST_CHECK int sysfs_read_flag(struct sysfs_dir *dir, const char *name, bool *ret_flag);
MUST_CHECK int sysfs_read_mask(struct sysfs_dir *dir, const char *name, struct mask *ret_mask);

/*
 * Reads the last part of where a link leads, for example the name of a driver.  Returns 0,
 * -ENOENT, -E2BIG where size is too small, or another negative errno.
 */
MUST_CHECK int sysfs_read_link(struct sysfs_dir *dir, const char *name, char *ret_text, size_t size);

/* Returns true if there is something of that name. */
bool sysfs_has(struct sysfs_dir *dir, const char *name);

/* Returns true if the link leads to something of that name. */
bool sysfs_link_is(struct sysfs_dir *dir, const char *name, const char *expected);

/*
 * Writes the whole value in one write(2), as the drivers want it.  May block.  Returns 0, -EIO where
 * less was taken, or the kernel's answer as a negative errno; whether the attribute was opened at all
 * goes into *ret_opened.
 */
MUST_CHECK int sysfs_write(int directory, const char *name, const char *value, bool *ret_opened);

#endif
