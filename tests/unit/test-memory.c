/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * daemon/kernel/memory.c: who has written to a device, on files of a folder that stand for its attributes.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/kernel/memory.h"
#include "tests/unit/check.h"
#include "tests/unit/model.h"

static int folder;
static struct memory *memory;
static struct uuid uuid;

/* As any program writes, by opening the attribute with these flags. */
static void write_by(int flags, const char *name, const char *text)
{
	int fd = openat(folder, name, O_WRONLY | O_CLOEXEC | flags, 0644);

	CHECK(fd >= 0);
	CHECK_INT(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void write_ours(enum attribute attribute, const char *value, int r)
{
	struct attribute_write write = { .attribute = attribute, .uuid = uuid };
	int fd;

	snprintf(write.value, sizeof(write.value), "%s", value);
	memory_begin(memory, &write);
	fd = openat(folder, attribute_name(attribute), O_WRONLY | O_CLOEXEC);
	CHECK(fd >= 0);
	if (r == 0)
		CHECK_INT(pwrite(fd, value, strlen(value), 0), strlen(value));
	close(fd);
	memory_end(memory, &write, true, r);
}

static void expect(const char *adapters, const char *domains, const char *control_domains)
{
	struct matrix expected = matrix_of(adapters, domains, control_domains), found;

	CHECK_INT(memory_get(memory, &uuid, &found), 0);
	CHECK(matrix_equal(&found, &expected));
}

static void know(void)
{
	struct matrix matrix = matrix_of("1", "2", "3");

	memory_put(memory, &uuid, memory_others(memory, &uuid), &matrix);
	expect("1", "2", "3");
}

static void test_ours(void)
{
	struct matrix found;

	CHECK_INT(memory_get(memory, &uuid, &found), -ENODATA);
	know();
	write_ours(ATTRIBUTE_ASSIGN_ADAPTER, "0x04", 0);
	write_ours(ATTRIBUTE_ASSIGN_ADAPTER, "0x05", 0);
	write_ours(ATTRIBUTE_UNASSIGN_ADAPTER, "0x01", 0);
	write_ours(ATTRIBUTE_ASSIGN_DOMAIN, "0x07", 0);
	write_ours(ATTRIBUTE_UNASSIGN_DOMAIN, "0x02", 0);
	write_ours(ATTRIBUTE_ASSIGN_CONTROL_DOMAIN, "0x08", 0);
	write_ours(ATTRIBUTE_UNASSIGN_CONTROL_DOMAIN, "0x03", 0);
	expect("4-5", "7", "8");
	/* what the kernel refuses changes nothing, however often */
	write_ours(ATTRIBUTE_ASSIGN_ADAPTER, "0x09", -EADDRINUSE);
	write_ours(ATTRIBUTE_ASSIGN_ADAPTER, "0x0a", -EADDRINUSE);
	expect("4-5", "7", "8");
	CHECK_INT(memory_others(memory, &uuid), 0);
}

/* More events than inotify keeps hide our own write, and nobody else's counts in its place. */
static void test_lost_events(void)
{
	struct attribute_write write = { .attribute = ATTRIBUTE_ASSIGN_ADAPTER, .uuid = uuid,
					 .value = "0x04" };
	struct matrix found;

	know();
	memory_begin(memory, &write);
	for (int i = 0; i < 20000; i++)
		write_by(O_CREAT, i % 2 ? "one" : "another", "1");
	write_by(0, "assign_adapter", "0x04");
	memory_end(memory, &write, true, 0);
	CHECK_INT(memory_get(memory, &uuid, &found), -ENODATA);
	know();
	write_by(0, "assign_adapter", "1");
	CHECK_INT(memory_get(memory, &uuid, &found), -ENODATA);
}

static void test_others(void)
{
	struct attribute_write write = { .attribute = ATTRIBUTE_ASSIGN_DOMAIN, .uuid = uuid };
	unsigned int others;
	struct matrix found;

	know();
	write_by(0, "something_else", "1");
	expect("1", "2", "3");
	write_by(0, "assign_adapter", "1");
	CHECK_INT(memory_get(memory, &uuid, &found), -ENODATA);
	know();
	/* between ours */
	write_ours(ATTRIBUTE_ASSIGN_ADAPTER, "0x04", 0);
	write_by(O_TRUNC, "assign_adapter", "0x05");
	write_ours(ATTRIBUTE_ASSIGN_ADAPTER, "0x06", 0);
	CHECK_INT(memory_get(memory, &uuid, &found), -ENODATA);
	know();
	/* while ours is under way */
	memory_begin(memory, &write);
	write_by(0, "assign_domain", "5");
	memory_end(memory, &write, false, -ENOENT);
	CHECK_INT(memory_get(memory, &uuid, &found), -ENODATA);
	/* what was read before somebody wrote is not put */
	others = memory_others(memory, &uuid);
	write_by(0, "unassign_domain", "5");
	found = matrix_of("1", "1", "");
	memory_put(memory, &uuid, others, &found);
	CHECK_INT(memory_get(memory, &uuid, &found), -ENODATA);
	know();
	memory_doubt(memory, &uuid);
	CHECK_INT(memory_get(memory, &uuid, &found), -ENODATA);
}

static void test_identity(void)
{
	char before[OBSERVED_IDENTITY_SIZE], after[OBSERVED_IDENTITY_SIZE];

	CHECK_INT(memory_identity(folder, before), 0);
	CHECK_INT(memory_identity(folder, after), 0);
	CHECK_STR(after, before);
	/* the coarse clock of the kernel's times may not have gone on since the files were made */
	for (unsigned int i = 0; i < 1000 && strcmp(after, before) == 0; i++) {
		usleep(1000);
		write_by(O_TRUNC, "unassign_control_domain", "1");
		CHECK_INT(memory_identity(folder, after), 0);
	}
	CHECK(strcmp(after, before) != 0);
}

/* A new directory is another device. */
static void test_another(const char *path)
{
	char name[64];
	struct matrix found;
	int other;

	know();
	snprintf(name, sizeof(name), "%s/other", path);
	CHECK_INT(mkdir(name, 0755), 0);
	other = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CHECK(other >= 0);
	CHECK_INT(memory_watch(memory, &uuid, folder), 0);
	expect("1", "2", "3");
	CHECK_INT(memory_watch(memory, &uuid, other), 0);
	CHECK_INT(memory_get(memory, &uuid, &found), -ENODATA);
	memory_forget(memory, &uuid);
	CHECK_INT(memory_others(memory, &uuid), 0);
	close(other);
}

int main(void)
{
	char path[] = "/tmp/test-memory.XXXXXX", command[64];

	uuid = uuid_of(1);
	CHECK(mkdtemp(path));
	folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CHECK(folder >= 0);
	for (enum attribute attribute = 0; attribute < ATTRIBUTES; attribute++)
		if (attribute_is_of_device(attribute))
			write_by(O_CREAT, attribute_name(attribute), "");
	write_by(O_CREAT, "something_else", "");
	memory = memory_shared();
	CHECK_INT(memory_open(memory), 0);
	CHECK_INT(memory_watch(memory, &uuid, folder), 0);
	RUN(test_ours);
	RUN(test_lost_events);
	RUN(test_others);
	RUN(test_identity);
	check_test = "test_another";
	test_another(path);
	memory_close(memory);
	CHECK_INT(memory_watch(memory, &uuid, folder), -EBADF);
	snprintf(command, sizeof(command), "rm -r %s", path);
	CHECK_INT(system(command), 0);
	return 0;
}
