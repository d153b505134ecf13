/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/vfio-nodes.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "daemon/kernel/sysfs.h"

/* An attribute "dev": "MAJOR:MINOR"; 0 for anything else. */
static dev_t read_number(struct sysfs_dir *dir)
{
	unsigned int major_, minor_;
	char text[24], rest;

	if (sysfs_read(dir, "dev", text, sizeof(text)) < 0 ||
	    sscanf(text, "%u:%u%c", &major_, &minor_, &rest) != 2)
		return 0;
	return makedev(major_, minor_);
}

/* Reads the number in another directory, whose failure becomes that of dir. */
static dev_t read_number_of(struct sysfs_dir *dir, int fd)
{
	struct sysfs_dir other = { .fd = fd };
	dev_t number = read_number(&other);

	sysfs_note(dir, -other.failure);
	return number;
}

static dev_t read_group(struct sysfs_dir *dir)
{
	char path[NAME_MAX + sizeof("/sys/class/vfio/")];
	char name[NAME_MAX + 1];
	CLEANUP_CLOSE int class = -1;

	if (sysfs_read_link(dir, "iommu_group", name, sizeof(name)) < 0)
		return 0;
	snprintf(path, sizeof(path), "/sys/class/vfio/%s", name);
	class = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);	/* a link */
	if (class < 0) {
		sysfs_note(dir, errno);
		return 0;
	}
	return read_number_of(dir, class);
}

static dev_t read_device(struct sysfs_dir *dir)
{
	CLEANUP_CLOSE int directory = openat(dir->fd, "vfio-dev", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CLEANUP(closedirp) DIR *stream = NULL;
	struct dirent *entry;
	int r;

	if (directory >= 0)
		stream = fdopendir(directory);
	if (!stream) {
		sysfs_note(dir, errno);
		return 0;
	}
	directory = -1;		/* the stream's now */
	while ((r = io_next_entry(stream, &entry)) > 0) {
		CLEANUP_CLOSE int device = -1;

		if (strncmp(entry->d_name, "vfio", strlen("vfio")) != 0)
			continue;
		device = openat(dirfd(stream), entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (device >= 0)
			return read_number_of(dir, device);
		sysfs_note(dir, errno);
	}
	if (r < 0)
		sysfs_note(dir, -r);
	return 0;
}

void vfio_nodes_read(struct sysfs_dir *dir, struct vfio_nodes *ret_nodes)
{
	*ret_nodes = (struct vfio_nodes){ .group = read_group(dir), .device = read_device(dir) };
}

/* Takes the UUID out of a path that leads to or through a device of vfio_ap's. */
static int uuid_of_path(const char *path, struct uuid *ret_uuid)
{
	static const char parent[] = "/devices/vfio_ap/matrix/";
	const char *start = strstr(path, parent);
	char text[UUID_TEXT_SIZE];
	size_t length;

	if (!start)
		return -ENOENT;
	start += strlen(parent);
	length = strcspn(start, "/");
	if (length >= sizeof(text))
		return -ENOENT;
	memcpy(text, start, length);
	text[length] = '\0';
	return uuid_parse(text, ret_uuid) < 0 ? -ENOENT : 0;
}

/* What cannot be looked at for a moment may be of a device; anything else that cannot is of none. */
static int unseen(int error)
{
	return io_is_of_the_moment(error) ? -error : -ENOENT;
}

static int uuid_of_link(const char *path, struct uuid *ret_uuid)
{
	char target[PATH_MAX];
	ssize_t n = readlink(path, target, sizeof(target));

	if (n < 0)
		return unseen(errno);
	if ((size_t)n >= sizeof(target))
		return -ENOENT;
	target[n] = '\0';
	return uuid_of_path(target, ret_uuid);
}

int vfio_nodes_find_group(const char *name, struct uuid *ret_uuid)
{
	char path[NAME_MAX + sizeof("/sys/kernel/iommu_groups//devices")];
	CLEANUP(closedirp) DIR *directory = NULL;
	struct dirent *entry;
	int r, result = -ENOENT;

	if (strchr(name, '/') || snprintf(path, sizeof(path), "/sys/kernel/iommu_groups/%s/devices",
					  name) >= (int)sizeof(path))
		return -ENOENT;
	directory = opendir(path);
	if (!directory)
		return unseen(errno);
	while ((r = io_next_entry(directory, &entry)) > 0) {
		char link[sizeof(path) + NAME_MAX + 1];

		snprintf(link, sizeof(link), "%s/%s", path, entry->d_name);
		r = uuid_of_link(link, ret_uuid);
		if (r == 0)
			return 0;
		result = r != -ENOENT ? r : result;
	}
	return r < 0 ? unseen(-r) : result;
}

int vfio_nodes_find_device(const char *name, struct uuid *ret_uuid)
{
	char path[NAME_MAX + sizeof("/sys/class/vfio-dev/")];

	if (strchr(name, '/') ||
	    snprintf(path, sizeof(path), "/sys/class/vfio-dev/%s", name) >= (int)sizeof(path))
		return -ENOENT;
	return uuid_of_link(path, ret_uuid);
}

int vfio_nodes_find_number(dev_t number, struct uuid *ret_uuid)
{
	char path[64], target[NAME_MAX + 1];
	struct sysfs_dir dir = { .fd = AT_FDCWD };
	int r;

	snprintf(path, sizeof(path), "/sys/dev/char/%u:%u", major(number), minor(number));
	r = uuid_of_link(path, ret_uuid);
	if (r != -ENOENT)
		return r;
	/* a group's node leads to /sys/devices/virtual/vfio/N */
	r = sysfs_read_link(&dir, path, target, sizeof(target));
	if (r < 0)
		return unseen(-r);
	return vfio_nodes_find_group(target, ret_uuid);
}
