/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * main() for a fuzz target without a fuzzer: runs the files, and the files in the folders, that are
 * its arguments through it once each.  So every compiler can replay the corpus.
 *
 *   replay-NAME [--mutate NUMBER] FILE|FOLDER...
 *
 * --mutate then runs so many inputs made of theirs by chance; SEED of the environment chooses which.
 * One that ends the program is left in replay-NAME.input.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "tests/fuzz/fuzz.h"

#define INPUT_MAX (1u << 20)

/* What has been replayed, for mutations. */
struct input {
	uint8_t *data;
	size_t size;
};

static struct input *inputs;
static unsigned int count;

/* Without a byte too many, so that a sanitizer sees reads behind its end. */
static void run_exact(const uint8_t *data, size_t size)
{
	CLEANUP_FREE uint8_t *exact = malloc(size ? size : 1);

	MUST(exact);
	memcpy(exact, data, size);
	LLVMFuzzerTestOneInput(exact, size);
}

static int replay_file(int folder, const char *name)
{
	CLEANUP_FREE char *text = NULL;
	size_t length;
	int r = io_read_file(folder, name, INPUT_MAX, &text, &length);

	if (r < 0) {
		fprintf(stderr, "replay: cannot read %s: %s\n", name, strerror(-r));
		return r;
	}
	run_exact((const uint8_t *)text, length);
	inputs = reallocarray(inputs, count + 1, sizeof(*inputs));
	MUST(inputs);
	inputs[count++] = (struct input){ (uint8_t *)TAKE_PTR(text), length };
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

static size_t below(size_t limit)
{
	return limit ? (size_t)rand() % limit : 0;	/* NOLINT: any numbers will do */
}

/* A few changes at random places; returns the new size. */
static size_t mutate(uint8_t *data, size_t size)
{
	static const char odd[] = "{}[]\",:\0\n -0x9\\u\xff\x80,;=.";

	for (size_t n = 1 + below(4); n > 0; n--) {
		const struct input *other = &inputs[below(count)];
		size_t at = below(size + 1), length = below(16), from = below(other->size + 1);

		switch (below(5)) {
		case 0:		/* one byte */
			if (at < size)
				data[at] = (uint8_t)(below(2) ? odd[below(sizeof(odd))] : (char)below(256));
			break;
		case 1:		/* some bytes less */
			length = length < size - at ? length : size - at;
			memmove(data + at, data + at + length, size - at - length);
			size -= length;
			break;
		case 2:		/* some of another */
			length = below(64) < other->size - from ? below(64) : other->size - from;
			length = length < other->size - from ? length : other->size - from;
			if (size + length > INPUT_MAX)
				break;
			memmove(data + at + length, data + at, size - at);
			memcpy(data + at, other->data + from, length);
			size += length;
			break;
		case 3:		/* the end of another */
			length = other->size - from;
			if (at + length > INPUT_MAX)
				break;
			memcpy(data + at, other->data + from, length);
			size = at + length;
			break;
		default:	/* an end */
			size = at;
		}
	}
	return size;
}

static void keep(const char *program, const uint8_t *data, size_t size)
{
	CLEANUP_CLOSE int fd = -1;
	char path[256];

	snprintf(path, sizeof(path), "%s.input", program);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		fprintf(stderr, "replay: %s cannot be written\n", path);
}

/* The file of the last input stays where it ends the program. */
static void run_mutations(const char *program, unsigned long number)
{
	CLEANUP_FREE uint8_t *data = malloc(INPUT_MAX);
	const char *wanted = getenv("SEED");
	unsigned int seed = wanted && *wanted ? (unsigned int)strtoul(wanted, NULL, 10) : (unsigned int)time(NULL);
	char path[256];

	MUST(data && count > 0);
	fprintf(stderr, "%s: SEED=%u\n", program, seed);
	srand(seed);
	for (unsigned long i = 0; i < number; i++) {
		const struct input *input = &inputs[below(count)];
		size_t size;

		memcpy(data, input->data, input->size);
		size = mutate(data, input->size);
		keep(program, data, size);
		run_exact(data, size);
	}
	snprintf(path, sizeof(path), "%s.input", program);
	unlink(path);
	printf("ok %lu inputs by chance\n", number);
}

static void forget_inputs(void)
{
	for (unsigned int i = 0; i < count; i++)
		free(inputs[i].data);
	free(inputs);
}

int main(int argc, char **argv)
{
	unsigned long number = 0;
	int first = 1;

	if (argc > 3 && strcmp(argv[1], "--mutate") == 0) {
		number = strtoul(argv[2], NULL, 10);
		first = 3;
	}
	for (int i = first; i < argc; i++) {
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
		fputs("usage: replay-NAME [--mutate NUMBER] FILE|FOLDER...\n", stderr);
		return 2;
	}
	printf("ok %u inputs\n", count);
	if (number > 0)
		run_mutations(argv[0], number);
	forget_inputs();
	return 0;
}
