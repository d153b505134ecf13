/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/log.h"

/* Our own wrapper would be the only place that the journal ever names. */
#define SD_JOURNAL_SUPPRESS_LOCATION

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include "common/cleanup.h"

static bool to_journal;

void log_open(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat stat;

	/* systemd.exec(5): the variable counts only while it names what standard error is now. */
	to_journal = stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
		     fstat(STDERR_FILENO, &stat) == 0 && stat.st_dev == device &&
		     stat.st_ino == inode;
}

void log_message(int level, const struct uuid *device, const char *format, ...)
{
	CLEANUP_FREE char *message = NULL;
	va_list values;
	int n;

	va_start(values, format);
	n = vasprintf(&message, format, values);
	va_end(values);
	if (n < 0) {
		message = NULL;
		return;
	}
	if (to_journal && device)
		sd_journal_send("MESSAGE=%s", message, "PRIORITY=%i", level, "APQD_DEVICE=%s",
				device->text, NULL);
	else if (to_journal)
		sd_journal_send("MESSAGE=%s", message, "PRIORITY=%i", level, NULL);
	else if (level < LOG_DEBUG)
		fprintf(stderr, "apqd: %s%s%s\n", device ? device->text : "", device ? ": " : "",
			message);
}
