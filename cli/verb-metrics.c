/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The numbers that apqd counts, for monitoring: printed, or put in place of a file as a whole. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/call.h"
#include "cli/metrics.h"
#include "cli/output.h"
#include "cli/verbs.h"
#include "common/io.h"

/* Who reads the file meanwhile has the old one or the new one, and never a part. */
static int replace_file(const char *path, const char *text, size_t length)
{
	CLEANUP_FREE char *folder = strdup(path);
	CLEANUP_CLOSE int fd = -1;
	char *slash = folder ? strrchr(folder, '/') : NULL;
	const char *name = slash ? slash + 1 : path;

	if (!folder)
		return -ENOMEM;
	if (slash)
		slash[slash == folder] = '\0';
	fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	return io_replace_file(fd, name, text, length, 0644, IO_UNTIL_REBOOT);
}

int verb_metrics(struct run *run)
{
	const struct options *options = run->options;
	CLEANUP_REPLY struct reply reply = { 0 };
	CLEANUP_FREE char *text = NULL;
	size_t length;
	int r = call(run, "GetMetrics", NULL, CLIENT_READ_TIMEOUT, &reply);

	if (r != EXIT_STATUS_DONE)
		return r;
	if (option_given(options, OPTION_JSON)) {
		output_json(reply.parameters, true);
		return EXIT_STATUS_DONE;
	}
	r = metrics_make_text(reply.parameters, options->format, &text, &length);
	if (r < 0)
		return call_failed(run, r);
	if (!option_given(options, OPTION_OUTPUT)) {
		fwrite(text, 1, length, stdout);
		return EXIT_STATUS_DONE;
	}
	r = replace_file(options->output, text, length);
	if (r < 0) {
		fprintf(stderr, "apqctl: The metrics could not be written to '%s': %s. A file that was "
			"there is as it was.\n", options->output, strerror(-r));
		return EXIT_STATUS_FAILED;
	}
	return EXIT_STATUS_DONE;
}
