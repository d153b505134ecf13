/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/io-rights.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <linux/xattr.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "common/cleanup.h"

/* Extended attributes are limited by the kernel to this, each of them and the list of their names. */
#define ATTRIBUTE_MAX (64u << 10)

/* More bytes of extended attributes than these are not copied. */
#define ATTRIBUTES_MAX (256u << 10)

/* The rights of the old file, and the part of them that the new file could take over. */
struct rights {
	mode_t mode;
	char *acl;		/* owned */
	size_t acl_size;	/* 0: it has none */
	bool has_group;		/* the new file has the group of the old one */
};

static void rights_done(struct rights *rights)
{
	free(rights->acl);
}

/* Returns true if the errno means that the file or its file system has no such attribute. */
static bool is_none(int error)
{
	return error == ENODATA || error == EOPNOTSUPP;
}

static int read_acl(int old, struct rights *rights)
{
	ssize_t size;

	rights->acl = malloc(ATTRIBUTE_MAX);
	if (!rights->acl)
		return -ENOMEM;
	size = fgetxattr(old, XATTR_NAME_POSIX_ACL_ACCESS, rights->acl, ATTRIBUTE_MAX);
	if (size < 0)
		return is_none(errno) ? 0 : -errno;
	rights->acl_size = (size_t)size;
	return 0;
}

/* The permissions of an ACL's entry with that tag; otherwise where it has none. */
static mode_t find_entry(const struct rights *rights, unsigned int tag, mode_t otherwise)
{
	struct posix_acl_xattr_entry entry;
	size_t at = sizeof(struct posix_acl_xattr_header);

	for (; at + sizeof(entry) <= rights->acl_size; at += sizeof(entry)) {
		memcpy(&entry, rights->acl + at, sizeof(entry));
		if (le16toh(entry.e_tag) == tag)
			return le16toh(entry.e_perm) & 07;
	}
	return otherwise;
}

/* The bits without the ACL: where there is one, those of the group in the mode are its mask. */
static mode_t plain_mode(const struct rights *rights)
{
	mode_t mode = rights->mode, group = (mode >> 3) & 07;

	if (rights->acl_size > 0)
		group &= find_entry(rights, ACL_GROUP_OBJ, 0) & find_entry(rights, ACL_MASK, 07);
	if (!rights->has_group)
		group &= mode & 07;
	return (mode & 0707) | group << 3;
}

/* Sets owner and group as far as we may. */
static int set_owner(int fd, const struct stat *old, struct rights *rights)
{
	struct stat now;

	/* EINVAL: the user is not known in this user namespace. */
	if (fchown(fd, old->st_uid, old->st_gid) < 0 && errno != EPERM && errno != EINVAL)
		return -errno;
	if (fstat(fd, &now) < 0)
		return -errno;
	if (now.st_gid != old->st_gid && fchown(fd, (uid_t)-1, old->st_gid) == 0)
		now.st_gid = old->st_gid;
	rights->has_group = now.st_gid == old->st_gid;
	return 0;
}

static int set_mode(int fd, const struct rights *rights)
{
	/* An ACL for our group instead of the right one would be another. */
	if (rights->acl_size > 0 && rights->has_group &&
	    fsetxattr(fd, XATTR_NAME_POSIX_ACL_ACCESS, rights->acl, rights->acl_size, 0) == 0)
		return 0;
	/* The directory may have given the new file an ACL that the old one did not have. */
	if (fremovexattr(fd, XATTR_NAME_POSIX_ACL_ACCESS) < 0 && !is_none(errno))
		return -errno;
	return fchmod(fd, plain_mode(rights)) < 0 ? -errno : 0;
}

/* Returns true if the attribute describes the file and gives nobody a right. */
static bool is_copied(const char *name)
{
	return strncmp(name, XATTR_USER_PREFIX, XATTR_USER_PREFIX_LEN) == 0 ||
	       strcmp(name, XATTR_NAME_SELINUX) == 0;
}

static void copy_attribute(int old, int fd, const char *name, size_t *left)
{
	CLEANUP_FREE char *value = malloc(ATTRIBUTE_MAX);
	CLEANUP_FREE char *has = malloc(ATTRIBUTE_MAX);
	ssize_t size, has_size;

	if (!value || !has)
		return;
	size = fgetxattr(old, name, value, ATTRIBUTE_MAX);
	if (size < 0 || (size_t)size > *left)
		return;
	*left -= (size_t)size;
	has_size = fgetxattr(fd, name, has, ATTRIBUTE_MAX);
	/* A label that the file has already is not to be set: that needs rights of its own. */
	if (has_size == size && memcmp(value, has, (size_t)size) == 0)
		return;
	(void)!fsetxattr(fd, name, value, (size_t)size, 0);
}

/* One that cannot be copied, say because this file system has none, is no reason to change nothing. */
static void copy_attributes(int old, int fd)
{
	CLEANUP_FREE char *names = malloc(ATTRIBUTE_MAX);
	size_t left = ATTRIBUTES_MAX;
	ssize_t size = names ? flistxattr(old, names, ATTRIBUTE_MAX) : -1;

	for (const char *name = names; size > 0 && name < names + size; name += strlen(name) + 1)
		if (is_copied(name))
			copy_attribute(old, fd, name, &left);
}

int io_take_over_rights(int dirfd, const char *name, int fd, mode_t mode)
{
	CLEANUP(rights_done) struct rights rights = { 0 };
	CLEANUP_CLOSE int old = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
	struct stat stat;
	int r;

	if (old < 0 && errno != ENOENT && errno != ELOOP && errno != ENXIO)
		return -errno;
	if (old >= 0 && fstat(old, &stat) < 0)
		return -errno;
	if (old < 0 || !S_ISREG(stat.st_mode))
		return fchmod(fd, mode & 0777) < 0 ? -errno : 0;
	rights.mode = stat.st_mode & 0777;
	r = read_acl(old, &rights);
	if (r < 0)
		return r;
	/* While the new file is ours. */
	copy_attributes(old, fd);
	r = set_owner(fd, &stat, &rights);
	return r < 0 ? r : set_mode(fd, &rights);
}
