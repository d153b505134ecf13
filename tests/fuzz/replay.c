/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * main() for a fuzz target without a fuzzer: runs the files, and the files in the folders, that are
 * its arguments through it once each.  So every compiler can replay the corpus.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "tests/fuzz/fuzz.h"

static unsigned int count;

static int replay_file(int folder, const char *name)
{
	CLEANUP_FREE char *text = NULL;
	CLEANUP_FREE uint8_t *exact = NULL;
	size_t length;
	int r = io_read_file(folder, name, 1 << 20, &text, &length);

	if (r < 0) {
		fprintf(stderr, "replay: cannot read %s: %s\n", name, strerror(-r));
		return r;
	}
	/* A copy without a byte too many, so that a sanitizer sees reads behind its end. */
	exact = malloc(length ? length : 1);
	if (!exact)
		return -ENOMEM;
	memcpy(exact, text, length);
	LLVMFuzzerTestOneInput(exact, length);
	count++;
	return 0;
}

static int replay_folder(const char *path)
{
	CLEANUP(closedirp) DIR *folder = opendir(path);
	struct dirent *entry;
	int r = 0;

	if (!folder)
		return -errno;
	while (r == 0 && (entry = readdir(folder)) != NULL)
		if (entry->d_name[0] != '.')
			r = replay_file(dirfd(folder), entry->d_name);
	return r;
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		struct stat stat_buffer;
		int r;

		if (stat(argv[i], &stat_buffer) < 0) {
			fprintf(stderr, "replay: %s: %s\n", argv[i], strerror(errno));
			return 1;
		}
		r = S_ISDIR(stat_buffer.st_mode) ? replay_folder(argv[i]) :
						   replay_file(AT_FDCWD, argv[i]);
		if (r < 0)
			return 1;
	}
	if (count == 0) {
		fputs("usage: fuzz-TARGET FILE|FOLDER...\n", stderr);
		return 2;
	}
	printf("ok %u inputs\n", count);
	return 0;
}
