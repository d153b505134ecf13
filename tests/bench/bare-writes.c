/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bare-writes - starts devices by the kernel's writes alone, and prints how long that took, in
 * nanoseconds
 *
 * This is the least that anybody can do: no plan, no lock, no record, no reading back.  With
 * FOLDER each device also gets a small file there, synced as a definition has to be.  As
 * bare-writes-sysfs it writes to the real kernel, in the lab, where ROOT is "".
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/io.h"
#include "tests/bench/bare.h"

#define DEVICES_MAX 4096
#define DEFINITION "{\"version\":1,\"start\":\"auto\"}\n"

static int write_one(struct kernel *kernel, const struct uuid *uuid, enum attribute attribute,
		     const char *value)
{
	struct attribute_write write = { .attribute = attribute, .uuid = *uuid };

	snprintf(write.value, sizeof(write.value), "%s", value);
	return kernel_write(kernel, &write);
}

/* folder is negative where no file is wanted. */
static int start_device(struct kernel *kernel, unsigned int i, unsigned int pairs, int folder)
{
	char text[MATRIX_TEXT_SIZE], name[UUID_TEXT_SIZE + 5];
	struct matrix matrix;
	struct uuid uuid;
	int r;

	bare_uuid(i, &uuid);
	bare_matrix(i, pairs, &matrix);
	r = write_one(kernel, &uuid, ATTRIBUTE_CREATE, uuid.text);
	if (r == 0)
		r = write_one(kernel, &uuid, ATTRIBUTE_AP_CONFIG, matrix_format(&matrix, text));
	if (r < 0 || folder < 0)
		return r;
	snprintf(name, sizeof(name), "%s.json", uuid.text);
	return io_replace_file(folder, name, DEFINITION, strlen(DEFINITION), 0644, IO_DURABLE);
}

int main(int argc, char **argv)
{
	unsigned long devices = argc > 3 ? strtoul(argv[2], NULL, 10) : 0;
	unsigned long pairs = argc > 3 ? strtoul(argv[3], NULL, 10) : 0;
	int folder = argc > 4 ? io_open_folder(argv[4], 0755) : -1;
	struct kernel *kernel = NULL;
	int64_t begin;
	int r;

	if (devices < 1 || devices > DEVICES_MAX || pairs < 1 || pairs > APQN_IDS / 2 ||
	    (argc > 4 && folder < 0)) {
		fprintf(stderr, "Usage: bare-writes ROOT DEVICES PAIRS [FOLDER]\n"
			"DEVICES is 1 to %d, PAIRS (of adapters) 1 to %d.\n",
			DEVICES_MAX, APQN_IDS / 2);
		return 2;
	}
	r = bare_open(argv[1], &kernel);
	begin = bare_now();
	for (unsigned int i = 0; i < devices && r == 0; i++)
		r = start_device(kernel, i, (unsigned int)pairs, folder);
	if (r < 0) {
		fprintf(stderr, "bare-writes: %s.\n", strerror(-r));
		return 1;
	}
	printf("%" PRId64 "\n", bare_now() - begin);
	kernel_close(kernel);
	return 0;
}
