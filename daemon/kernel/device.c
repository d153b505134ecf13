/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/device.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "daemon/kernel/host.h"
#include "daemon/kernel/sysfs.h"

const char *device_path(const struct uuid *uuid, char path[static DEVICE_PATH_SIZE])
{
	snprintf(path, DEVICE_PATH_SIZE, SYSFS_PARENT "/%s", uuid->text);
	return path;
}

int device_open(const struct uuid *uuid)
{
	char path[DEVICE_PATH_SIZE];
	CLEANUP_CLOSE int fd = sysfs_open(device_path(uuid, path));
	struct sysfs_dir dir = { .fd = fd };

	if (fd < 0)
		return fd;
	if (!sysfs_link_is(&dir, "mdev_type", SYSFS_TYPE))
		return dir.failure < 0 ? dir.failure : -ENOENT;
	return TAKE_FD(fd);
}

int device_is_leaving(const struct uuid *uuid)
{
	char path[DEVICE_PATH_SIZE];
	CLEANUP_CLOSE int fd = sysfs_open(device_path(uuid, path));
	struct sysfs_dir dir = { .fd = fd };

	if (fd < 0)
		return io_is_of_the_moment(-fd) ? fd : 0;
	if (sysfs_link_is(&dir, "mdev_type", SYSFS_TYPE))
		return 0;
	return dir.failure < 0 ? dir.failure : 1;
}

int device_parse_control_domains(const char *text, struct mask *ret_mask)
{
	struct mask mask = { 0 };
	const char *line = text;

	while (*line) {
		char *end;
		unsigned long id = strtoul(line, &end, 16);

		if (!isxdigit((unsigned char)*line) || id >= APQN_IDS || (*end != '\n' && *end != '\0'))
			return -EBADMSG;
		mask_set(&mask, id);
		line = *end ? end + 1 : end;
	}
	*ret_mask = mask;
	return 0;
}

static int read_control_domains(struct sysfs_dir *dir, struct mask *ret_mask)
{
	char text[SYSFS_TEXT_SIZE];
	int r = sysfs_read(dir, "control_domains", text, sizeof(text));

	return r < 0 ? r : device_parse_control_domains(text, ret_mask);
}

static int read_listing(struct sysfs_dir *dir, const char *name, struct matrix *ret_matrix)
{
	char text[SYSFS_TEXT_SIZE];
	int r = sysfs_read(dir, name, text, sizeof(text));

	if (r < 0)
		return r;
	return matrix_parse_listing(text, ret_matrix) < 0 ? -EBADMSG : 0;
}

int device_read_listed(struct sysfs_dir *dir, struct matrix *ret_matrix)
{
	struct matrix matrix;
	int r;

	r = read_listing(dir, "matrix", &matrix);
	if (r < 0)
		return r;
	r = read_control_domains(dir, &matrix.control_domains);
	if (r < 0)
		return r;
	*ret_matrix = matrix;
	return 0;
}

/* Before Linux 6.10.  The bound does not trust what was assigned when it was last read. */
static int read_old_matrix(struct sysfs_dir *dir, struct matrix *ret_matrix)
{
	struct observed_host host;
	int r = host_read(&host);

	if (r < 0)
		return r;
	if (!host.ap_bus || host_largest_matrix(&host) > DEVICE_LISTING_MAX)
		return -ENODATA;
	return device_read_listed(dir, ret_matrix);
}

int device_read_matrix(struct sysfs_dir *dir, struct matrix *ret_matrix)
{
	char text[MATRIX_TEXT_SIZE];
	int r;

	r = sysfs_read(dir, "ap_config", text, sizeof(text));
	if (r >= 0)
		return matrix_parse(text, ret_matrix) < 0 ? -EBADMSG : 0;
	if (r != -ENOENT)
		return r;
	/* an old kernel, or the device has just gone and has no attributes any more */
	if (!sysfs_link_is(dir, "mdev_type", SYSFS_TYPE))
		return dir->failure < 0 ? dir->failure : -ENOENT;
	return read_old_matrix(dir, ret_matrix);
}

int device_read_guest(struct sysfs_dir *dir, const struct matrix *active,
		      struct matrix *ret_guest)
{
	int r;

	if (matrix_queue_count(active) > DEVICE_LISTING_MAX)
		return -ENODATA;
	r = read_listing(dir, "guest_matrix", ret_guest);
	return r == -ENOENT ? -ENODATA : r;
}
