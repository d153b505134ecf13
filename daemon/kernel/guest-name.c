/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/guest-name.h"

#include <fcntl.h>
#include <linux/limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "common/utf8.h"
#include "daemon/kernel/holders.h"

/* libvirt puts the name in front of all devices, which may be many. */
#define ARGUMENTS_MAX 16384

/*
 * The value of the option: NAME or guest=NAME, and others besides, with commas between them.  A comma in
 * a name is written twice.
 */
static bool read_name(const char *value, char *ret_name, size_t size)
{
	static const char key[] = "guest=";
	size_t written = 0;
	bool is_first = true;

	for (;; is_first = false) {
		bool is_name = strncmp(value, key, strlen(key)) == 0;

		if (is_name)
			value += strlen(key);
		/* What has no key is the name only where it comes first. */
		is_name |= is_first && strcspn(value, "=") >= strcspn(value, ",");
		for (; *value && (*value != ',' || value[1] == ','); value++) {
			value += *value == ',';
			if (is_name && written + 1 < size)
				ret_name[written++] = *value;
		}
		if (is_name || !*value)
			break;
		value++;
	}
	if (written == 0)
		return false;
	ret_name[written] = '\0';
	utf8_repair(ret_name);
	return true;
}

bool guest_name_find(const char *arguments, size_t length, char *ret_name, size_t size)
{
	const char *end = arguments + length;
	bool is_value = false;

	while (arguments < end) {
		const char *next = memchr(arguments, '\0', (size_t)(end - arguments));

		if (!next)
			return false;
		if (is_value)
			return read_name(arguments, ret_name, size);
		is_value = strcmp(arguments, "-name") == 0 || strcmp(arguments, "--name") == 0;
		arguments = next + 1;
	}
	return false;
}

bool guest_name_of_process(pid_t pid, char *ret_name, size_t size)
{
	char path[PATH_MAX], arguments[ARGUMENTS_MAX];
	CLEANUP_CLOSE int fd = -1;
	ssize_t n;

	snprintf(path, sizeof(path), "%s/%d/cmdline", holders_proc, pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = io_read(fd, arguments, sizeof(arguments));
	return n > 0 && guest_name_find(arguments, (size_t)n, ret_name, size);
}
