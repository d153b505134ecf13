/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as an attribute of sysfs: each way to read it takes it or refuses it, and what is taken
 * is within its limits and is read as the same again when it is written.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/matrix.h"
#include "common/utf8.h"
#include "daemon/kernel/device.h"
#include "daemon/kernel/kernel.h"
#include "daemon/kernel/sysfs.h"
#include "tests/fuzz/fuzz.h"

static const char *const names[] = { "ap_config", "guest_matrix", "attribute" };

static char path[64];

static void remove_folder(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char file[100];

		snprintf(file, sizeof(file), "%s/%s", path, names[i]);
		unlink(file);
	}
	rmdir(path);
}

/* In memory where there is such a place, for a disk would be most of the time. */
static int make_folder(void)
{
	static int folder = -1;

	if (folder >= 0)
		return folder;
	snprintf(path, sizeof(path), "%s/fuzz-sysfs.XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	MUST(mkdtemp(path));
	atexit(remove_folder);
	folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	MUST(folder >= 0);
	return folder;
}

static void put(int folder, const char *name, const uint8_t *data, size_t size)
{
	int fd = openat(folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	MUST(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	close(fd);
}

static void check_text(struct sysfs_dir *dir, const uint8_t *data, size_t size)
{
	char text[SYSFS_TEXT_SIZE], small[8];
	size_t length = size > 0 && data[size - 1] == '\n' ? size - 1 : size;
	int r = sysfs_read(dir, "attribute", text, sizeof(text));

	if (r >= 0)
		MUST((size_t)r == strlen(text) && (size_t)r == length && memcmp(text, data, length) == 0);
	else
		MUST(r == -E2BIG ? size >= sizeof(text) : r == -EBADMSG && memchr(data, '\0', size));
	r = sysfs_read(dir, "attribute", small, sizeof(small));
	MUST(r >= 0 ? strlen(small) == (size_t)r : r == -E2BIG || r == -EBADMSG);
}

static void check_values(struct sysfs_dir *dir)
{
	char text[MASK_TEXT_SIZE];
	struct mask mask, again;
	int64_t number;
	bool flag;

	if (sysfs_read_number(dir, "attribute", -3, 1000, &number) == 0)
		MUST(number >= -3 && number <= 1000);
	if (sysfs_read_flag(dir, "attribute", &flag) == 0)
		MUST(sysfs_read_number(dir, "attribute", 0, 1, &number) == 0 && number == flag);
	if (sysfs_read_mask(dir, "attribute", &mask) == 0) {
		mask_format(&mask, text);
		MUST(mask_parse(text, strlen(text), &again) == 0 && mask_equal(&mask, &again));
	}
}

static void check_device(struct sysfs_dir *dir)
{
	char text[MATRIX_TEXT_SIZE];
	struct matrix matrix, again, guest;
	int r = device_read_matrix(dir, &matrix);

	if (r < 0) {
		MUST(r == -EBADMSG || r == -E2BIG);
		matrix = (struct matrix){ 0 };
	} else {
		matrix_format(&matrix, text);
		MUST(matrix_parse(text, &again) == 0 && matrix_equal(&matrix, &again));
	}
	r = device_read_guest(dir, &matrix, &guest);
	MUST(r == 0 || r == -EBADMSG || r == -E2BIG || r == -ENODATA);
	if (matrix_queue_count(&matrix) > DEVICE_LISTING_MAX)
		MUST(r == -ENODATA);
}

static void check_control_domains(const uint8_t *data, size_t size)
{
	CLEANUP_FREE char *text = fuzz_text(data, size);
	char again[APQN_IDS * 5 + 1], *end = again;
	struct mask mask, same;

	if (device_parse_control_domains(text, &mask) < 0)
		return;
	*end = '\0';
	MASK_FOR_EACH(id, &mask)
		end += sprintf(end, "%04x\n", id);
	MUST(device_parse_control_domains(again, &same) == 0 && mask_equal(&mask, &same));
}

/* What comes before the first "|" is one attribute, the rest another. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *bar = size > 0 ? memchr(data, '|', size) : NULL;
	size_t first = bar ? (size_t)(bar - data) : size;
	int folder = make_folder();
	struct sysfs_dir dir = { .fd = folder };

	if (size > 100000)
		return 0;
	put(folder, "ap_config", data, first);
	put(folder, "guest_matrix", bar ? bar + 1 : data, bar ? size - first - 1 : 0);
	put(folder, "attribute", data, first);
	check_text(&dir, data, first);
	check_values(&dir);
	check_device(&dir);
	check_control_domains(data, first);
	return 0;
}
