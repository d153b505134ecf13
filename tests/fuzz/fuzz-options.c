/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any words as the command line of apqctl: what is taken fits what it is for, and what is sent to apqd,
 * or given to ssh, can be.  Words end with a NUL.
 */
#include <errno.h>

#include "cli/options.h"
#include "cli/remote.h"
#include "cli/verbs.h"
#include "common/cleanup.h"
#include "common/utf8.h"
#include "tests/fuzz/fuzz.h"

#define WORDS_MAX 16

static void check_utf8(const char *text)
{
	MUST(!text || utf8_fitting(text, strlen(text)) == (int)strlen(text));
}

/* It is an argument of ssh's, and neither an option nor a command. */
static void check_host(const char *host)
{
	if (!host || remote_refuse_host(host))
		return;
	MUST(host[0] && host[0] != '-');
	for (const char *p = host; *p; p++)
		MUST((unsigned char)*p > ' ' && !strchr("'\"`$;&|<>()\\", *p));
}

static void check_options(const struct options *options)
{
	MUST(!(options->given & ~(OPTIONS_GLOBAL | (options->verb ? options->verb->options : 0))));
	MUST(!options->host || !remote_refuse_host(options->host));
	check_utf8(options->name);
	check_utf8(options->device);
	MUST(options->poll_timeout >= 0 && options->timeout >= OPTION_TIMEOUT_NEVER);
	if (options->verb)
		MUST(options->arguments_count >= options->verb->arguments_min &&
		     options->arguments_count <= options->verb->arguments_max);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP_FREE char *text = fuzz_text(data, size), *err = NULL;
	size_t err_length;
	char *argv[WORDS_MAX + 2] = { (char *)"apqctl" };
	FILE *true_err = stderr, *stream = open_memstream(&err, &err_length);
	struct options options;
	int argc = 1, r;

	for (char *word = text; argc <= WORDS_MAX && word < text + size; word += strlen(word) + 1)
		argv[argc++] = word;
	check_host(argc > 1 ? argv[1] : NULL);
	MUST(stream);
	stderr = stream;
	r = options_parse(argc, argv, &all_verbs, &options);
	fclose(stderr);
	stderr = true_err;
	MUST(r == 0 || r == -EINVAL);
	MUST((r == 0) == (err_length == 0));
	for (size_t i = 0; i < err_length; i++)
		MUST(err[i] == '\n' || ((unsigned char)err[i] >= ' ' && err[i] != 0x7f));
	if (r == 0 && !option_given(&options, OPTION_HELP) && !option_given(&options, OPTION_VERSION))
		check_options(&options);
	return 0;
}
