/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/fuzz/folder.h"

#include <fcntl.h>
#include <ftw.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "tests/fuzz/fuzz.h"

/* More than a file of the tests ever has. */
#define FILE_MAX (1u << 20)

void folder_make(char ret_path[static FOLDER_PATH_SIZE])
{
	snprintf(ret_path, FOLDER_PATH_SIZE, "%s/apqd-fuzz.XXXXXX",
		 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	MUST(mkdtemp(ret_path));
}

static int remove_one(const char *path, const struct stat *stat, int type, struct FTW *walk)
{
	(void)stat;
	(void)type;
	(void)walk;
	return remove(path);
}

void folder_remove(const char *path)
{
	MUST(nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0);
}

/* The folder of a file, and its name in it. */
static int open_above(const char *root, const char *path, const char **ret_name)
{
	char folder[2 * FOLDER_PATH_SIZE];
	int fd;

	*ret_name = strrchr(path, '/') + 1;
	snprintf(folder, sizeof(folder), "%s%.*s", root, (int)(*ret_name - path), path);
	fd = io_open_folder(folder, 0755);
	MUST(fd >= 0);
	return fd;
}

void folder_put(const char *root, const char *path, const void *bytes, size_t length)
{
	const char *name;
	CLEANUP_CLOSE int fd = open_above(root, path, &name);

	MUST(io_replace_file(fd, name, bytes, length, 0644, IO_UNTIL_REBOOT) == 0);
}

char *folder_get(const char *root, const char *path, size_t *ret_length)
{
	const char *name;
	CLEANUP_CLOSE int fd = open_above(root, path, &name);
	char *text = NULL;

	return io_read_file(fd, name, FILE_MAX, &text, ret_length) < 0 ? NULL : text;
}
