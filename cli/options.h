/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command line: one table of all options, of which each verb takes some.
 * Options may stand before or after the verb.
 */
#ifndef APQD_CLI_OPTIONS_H
#define APQD_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/metric-text.h"
#include "cli/output.h"
#include "cli/verb.h"
#include "common/apqn.h"
#include "common/macro.h"
#include "common/matrix.h"
#include "common/queue-set.h"

enum option_id {
	/* every verb has these */
	OPTION_SOCKET,
	OPTION_HOST,
	OPTION_JSON,
	OPTION_COLOR,
	OPTION_QUIET,
	OPTION_HELP,
	OPTION_VERSION,
	/* a verb names those that it takes */
	OPTION_ADAPTERS,
	OPTION_DOMAINS,
	OPTION_CONTROL_DOMAINS,
	OPTION_DEVICE,
	OPTION_QUEUES,
	OPTION_NAME,
	OPTION_AUTO,
	OPTION_MANUAL,
	OPTION_INTERRUPTS,
	OPTION_START,
	OPTION_LIVE,
	OPTION_DEFINITION,
	OPTION_ADOPT,
	OPTION_WHOLE,
	OPTION_RESERVE,
	OPTION_ALL,
	OPTION_FORCE,
	OPTION_PRUNE,
	OPTION_REVISION,
	OPTION_MASKS,
	OPTION_OVERRIDES,
	OPTION_GISA,
	OPTION_POLL_THREAD,
	OPTION_POLL_TIMEOUT,
	OPTION_ENFORCE,
	OPTION_OWNERSHIP,
	OPTION_DRY_RUN,
	OPTION_QEMU,
	OPTION_LIBVIRT,
	OPTION_PQAP,
	OPTION_QUEUE,
	OPTION_PROBLEM_STATE,
	OPTION_TIME_BIT,
	OPTION_RESERVED_BITS,
	OPTION_BAD_ADDRESS,
	OPTION_DISABLE,
	OPTION_WITHOUT,
	OPTION_FULL,
	OPTION_NO_HEADINGS,
	OPTION_COLUMNS,
	OPTION_CHECK,
	OPTION_INITIAL,
	OPTION_TIMEOUT,
	OPTION_FORMAT,
	OPTION_OUTPUT,
	OPTION_STATE,
	OPTION_VERBOSE,
	OPTION_LIBVIRT_CPU,
	OPTION_PROBLEMS,
	OPTIONS
};

/* There are more than 32. */
#define OPTION_BIT(id) (UINT64_C(1) << (id))
#define OPTIONS_GLOBAL (OPTION_BIT(OPTION_ADAPTERS) - 1)

/* The timeout that is never over. */
#define OPTION_TIMEOUT_NEVER (-1)

struct options {
	const struct verb_table *verbs;	/* borrowed; all that there are */
	const struct verb *verb;	/* NULL with --help or --version alone */
	uint64_t given;			/* OPTION_BIT() of each option that was there */
	const char *socket;
	const char *host;		/* of --host, fit for ssh; NULL: this one */
	enum color_mode color;
	struct matrix matrix;		/* of --adapters, --domains and --control-domains */
	struct matrix decimal;		/* those of its ids that were not typed as they are printed */
	const char *name;
	const char *device;
	const char *columns;		/* of --columns: names with commas; NULL: all */
	const char *interrupts;		/* any, required or polled */
	struct queue_set queues;	/* of --queues */
	bool gisa, poll_thread, enforce;	/* on or off */
	const char *ownership;		/* masks, overrides or observe */
	int64_t poll_timeout;		/* nanoseconds */
	int64_t timeout;		/* of --timeout: nanoseconds, or OPTION_TIMEOUT_NEVER */
	enum metric_format format;	/* of --format */
	const char *output;		/* of --output: a path */
	const char *revision;		/* of --revision */
	const char *state;		/* of --state: the interface's word */
	uint8_t function;		/* of --pqap */
	struct apqn queue;		/* of --queue */
	unsigned int without;		/* of --without: 1 << index in option_value_lacks */
	char **arguments;		/* what follows the verb; borrowed from argv */
	size_t arguments_count;
};

static inline bool option_given(const struct options *options, enum option_id id)
{
	return options->given & OPTION_BIT(id);
}

/*
 * Reads the command line of main() (argv is reordered) and the environment.  verbs must outlive the
 * options.  Returns 0; or -EINVAL for a mistake, which is then on standard error, or -ENOMEM.
 */
MUST_CHECK int options_parse(int argc, char **argv, const struct verb_table *verbs,
			     struct options *ret_options);

/* An option as the help shows it. */
struct option_text {
	const char *name;
	const char *value;		/* what its argument is; NULL where it takes none */
	const char *help;
	char letter;			/* 0: none */
};

struct option_text option_text(enum option_id id);

/* The options with a letter.  Other commands have the same letters for the same options. */
struct option_letter {
	char letter;
	enum option_id id;
};

#define OPTION_LETTERS 10
extern const struct option_letter option_letters[OPTION_LETTERS];

#endif
