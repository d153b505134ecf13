/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * common/io-rights.c: a file that is replaced gives nobody more rights than before.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "tests/unit/check.h"

#define ACL "system.posix_acl_access"
#define DEFAULT_ACL "system.posix_acl_default"

/* The mail group, or any other that is not ours. */
#define OTHER_ID 8

static char folder_path[32], path[48];
static int folder = -1;

static void start(void)
{
	CLEANUP_CLOSE int fd = -1;

	strcpy(folder_path, "/tmp/test-rights.XXXXXX");
	CHECK(mkdtemp(folder_path));
	folder = open(folder_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CHECK(folder >= 0);
	snprintf(path, sizeof(path), "%s/a", folder_path);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	CHECK(fd >= 0);
}

static void done(void)
{
	char command[64];

	close(folder);
	snprintf(command, sizeof(command), "rm -r %s", folder_path);
	CHECK_INT(system(command), 0);
}

static void replace(void)
{
	CHECK_INT(io_replace_file(folder, "a", "new", 3, 0644, IO_UNTIL_REBOOT), 0);
}

static mode_t mode(void)
{
	struct stat stat;

	CHECK_INT(lstat(path, &stat), 0);
	return stat.st_mode & 07777;
}

/* Sets "user::6, group::group, group:OTHER_ID:named, mask::mask, other::other"; false: there are no ACLs here. */
static bool set_acl(const char *of, const char *name, unsigned int group, unsigned int named,
		    unsigned int mask, unsigned int other)
{
	const struct { unsigned int tag, perm, id; } entries[] = {
		{ ACL_USER_OBJ, 6, -1u }, { ACL_GROUP_OBJ, group, -1u }, { ACL_GROUP, named, OTHER_ID },
		{ ACL_MASK, mask, -1u },  { ACL_OTHER, other, -1u },
	};
	struct {
		struct posix_acl_xattr_header header;
		struct posix_acl_xattr_entry entries[ARRAY_SIZE(entries)];
	} acl = { .header.a_version = htole32(POSIX_ACL_XATTR_VERSION) };

	for (size_t i = 0; i < ARRAY_SIZE(entries); i++) {
		acl.entries[i].e_tag = htole16((uint16_t)entries[i].tag);
		acl.entries[i].e_perm = htole16((uint16_t)entries[i].perm);
		acl.entries[i].e_id = htole32(entries[i].id);
	}
	if (setxattr(of, name, &acl, sizeof(acl), 0) == 0)
		return true;
	CHECK_INT(errno, EOPNOTSUPP);
	puts("skip: this file system has no ACLs");
	return false;
}

static void test_special_bits_go(void)
{
	static const mode_t cases[][2] = {
		{ 04777, 0777 }, { 02755, 0755 }, { 01644, 0644 }, { 07600, 0600 }, { 0640, 0640 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		start();
		CHECK_INT(chmod(path, cases[i][0]), 0);
		replace();
		CHECK_INT(mode(), cases[i][1]);
		done();
	}
}

static void test_special_bits_of_a_new_file(void)
{
	start();
	CHECK_INT(unlink(path), 0);
	CHECK_INT(io_replace_file(folder, "a", "new", 3, 04755, IO_UNTIL_REBOOT), 0);
	CHECK_INT(mode(), 0755);
	done();
}

static void test_acl_is_copied(void)
{
	char before[200], after[200];
	ssize_t size;

	start();
	if (set_acl(path, ACL, 0, 6, 6, 0)) {
		CHECK_INT(mode(), 0660);
		size = getxattr(path, ACL, before, sizeof(before));
		replace();
		CHECK_INT(mode(), 0660);
		CHECK_INT(getxattr(path, ACL, after, sizeof(after)), size);
		CHECK(memcmp(before, after, (size_t)size) == 0);
	}
	done();
}

/* The directory's default ACL is for new files. */
static void test_no_acl_stays_none(void)
{
	start();
	if (set_acl(folder_path, DEFAULT_ACL, 5, 7, 7, 0)) {
		CHECK_INT(chmod(path, 0664), 0);
		replace();
		CHECK_INT(getxattr(path, ACL, NULL, 0), -1);
		CHECK_INT(mode(), 0664);
	}
	done();
}

/*
 * Runs work in a child process, as root without a right.  The child ends by itself if a check
 * fails.
 */
static void in_child(void (*work)(void))
{
	pid_t pid = fork();
	int status;

	CHECK(pid >= 0);
	if (pid == 0) {
		work();
		_exit(0);
	}
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK_INT(status, 0);
}

static void replace_as_other_user(void)
{
	/* Loses all capabilities. */
	CHECK_INT(setresgid(OTHER_ID + 1, OTHER_ID + 1, OTHER_ID + 1), 0);
	CHECK_INT(setresuid(OTHER_ID, OTHER_ID, OTHER_ID), 0);
	replace();
}

/* Another user's file, replaced by one who cannot give files away. */
static void test_without_the_right_to_change_owner(void)
{
	struct stat stat;

	start();
	if (chown(path, 12, 12) < 0 || chown(folder_path, OTHER_ID, OTHER_ID) < 0) {
		puts("skip: no other user can be had here");
		done();
		return;
	}
	CHECK_INT(chmod(path, 06764), 0);
	in_child(replace_as_other_user);
	CHECK_INT(lstat(path, &stat), 0);
	CHECK_INT(stat.st_uid, OTHER_ID);
	/* Not the owning group's 6 for another group, but what all have. */
	CHECK_INT(mode(), 0744);
	CHECK_INT(unlink(path), 0);
	CHECK_INT(io_replace_file(folder, "a", "old", 3, 0604, IO_UNTIL_REBOOT), 0);
	CHECK_INT(chown(path, 12, 12), 0);
	if (set_acl(path, ACL, 0, 6, 6, 4)) {
		in_child(replace_as_other_user);
		CHECK_INT(getxattr(path, ACL, NULL, 0), -1);
		CHECK_INT(mode(), 0604);
	}
	done();
}

static void test_attributes(void)
{
	char text[20];

	start();
	if (setxattr(path, "user.note", "kept", 4, 0) < 0) {
		puts("skip: this file system has no extended attributes");
		done();
		return;
	}
	/* File capabilities, version 2: CAP_CHOWN. */
	(void)!setxattr(path, "security.capability", "\0\0\0\2\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20, 0);
	CHECK_INT(chmod(path, 0444), 0);
	replace();
	CHECK_INT(getxattr(path, "user.note", text, sizeof(text)), 4);
	CHECK(memcmp(text, "kept", 4) == 0);
	CHECK_INT(getxattr(path, "security.capability", text, sizeof(text)), -1);
	CHECK_INT(mode(), 0444);
	done();
}

/* A file that was set aside comes back as the same file. */
static void test_set_aside(void)
{
	struct stat before, after;

	start();
	CHECK_INT(lstat(path, &before), 0);
	CHECK_INT(io_set_file_aside(folder, "a"), 0);
	CHECK_INT(access(path, F_OK), -1);
	CHECK_INT(io_set_file_aside(folder, "a"), -ENOENT);
	CHECK_INT(io_commit_file(folder, "a"), 0);
	CHECK_INT(lstat(path, &after), 0);
	CHECK_INT(after.st_ino, before.st_ino);
	CHECK_INT(io_set_file_aside(folder, "a"), 0);
	io_drop_file(folder, "a");
	CHECK_INT(io_commit_file(folder, "a"), -ENOENT);
	done();
}

int main(void)
{
	RUN(test_special_bits_go);
	RUN(test_special_bits_of_a_new_file);
	RUN(test_acl_is_copied);
	RUN(test_no_acl_stays_none);
	RUN(test_without_the_right_to_change_owner);
	RUN(test_attributes);
	RUN(test_set_aside);
	return 0;
}
