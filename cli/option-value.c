/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/option-value.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/duration.h"
#include "cli/remote.h"
#include "cli/usage.h"
#include "common/cleanup.h"
#include "common/list.h"

/* poll_timeout_store() in the kernel's ap_bus.c takes up to 120 seconds. */
#define POLL_TIMEOUT_MAX 120000000000

#define FUNCTION_MAX 255

#define HEX_DIGITS "0123456789abcdefABCDEF"

/* Eleven days: who waits longer, waits without an end. */
#define TIMEOUT_MAX 1000000

const char *const option_value_lacks[OPTION_LACKS] = {
	"ap", "apqci", "apft", "apqi", "apxa", "aiv", "gisa",
};

static int take_list(const struct options *options, enum list_kind kind, const char *value,
		     struct mask *mask, struct mask *decimal)
{
	CLEANUP_FREE char *message = NULL;
	struct mask more, more_decimal;
	int r = list_parse(value, kind, &more, &more_decimal, &message);

	if (r == -EINVAL)
		options_mistake(options->verb, "%s", message);
	if (r < 0)
		return r;
	*mask = mask_or(mask, &more);
	*decimal = mask_or(decimal, &more_decimal);
	return 0;
}

static int take_color(struct options *options, const char *value)
{
	static const char *const modes[] = {
		[COLOR_AUTO] = "auto",
		[COLOR_ALWAYS] = "always",
		[COLOR_NEVER] = "never",
	};

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++)
		if (strcmp(value, modes[i]) == 0) {
			options->color = (enum color_mode)i;
			return 0;
		}
	options_mistake(options->verb,
			"'%.*s' does not say when to use colour: give auto, always or never.",
			OPTION_QUOTE_MAX, value);
	return -EINVAL;
}

static int take_host(struct options *options, const char *value)
{
	const char *why = remote_refuse_host(value);

	if (why) {
		options_mistake(options->verb, "'%.*s' %s: give [USER@]HOST as for ssh, or "
				"ssh://[USER@]HOST[:PORT].",
				OPTION_QUOTE_MAX, value, why);
		return -EINVAL;
	}
	options->host = value;
	return 0;
}

static int take_interrupts(struct options *options, const char *value)
{
	if (strcmp(value, "any") != 0 && strcmp(value, "required") != 0 &&
	    strcmp(value, "polled") != 0) {
		options_mistake(options->verb,
				"'%.*s' is not an interrupts policy: give any (whatever the guest "
				"does), required (no start unless they are forwarded) or polled "
				"(none).",
				OPTION_QUOTE_MAX, value);
		return -EINVAL;
	}
	options->interrupts = value;
	return 0;
}

static int take_format(struct options *options, const char *value)
{
	static const char *const formats[] = {
		[METRIC_OPENMETRICS] = "openmetrics",
		[METRIC_PROMETHEUS] = "prometheus",
	};

	for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
		if (strcmp(value, formats[i]) == 0) {
			options->format = (enum metric_format)i;
			return 0;
		}
	options_mistake(options->verb,
			"'%.*s' is no format of metrics: give openmetrics (version 1.0) or prometheus "
			"(text version 0.0.4, which node_exporter reads).",
			OPTION_QUOTE_MAX, value);
	return -EINVAL;
}

/*
 * Returns true if the number lacks leading zeros and has decimal digits only, so that it may be
 * meant in decimal.
 */
static bool is_ambiguous(const char *number, size_t full)
{
	size_t digits = strspn(number, HEX_DIGITS);

	return digits > 1 && digits < full && strspn(number, "0123456789") == digits;
}

/*
 * A queue is hexadecimal and printed with all its digits: "10.47" lacks some, and could be meant in
 * decimal.  Returns -EINVAL for such a one, with both ways to write it out on standard error.
 */
static int refuse_short(const struct options *options, const char *item)
{
	const char *dot = strchr(item, '.'), *dash = strchr(item, '-');
	CLEANUP_FREE char *hex = NULL;
	struct queue_set set = { 0 };
	unsigned int adapter, domain;
	char rest;

	if (queue_set_parse(item, &set) < 0 || !dot ||
	    (!is_ambiguous(item, 2) && !is_ambiguous(dot + 1, 4) &&
	     (!dash || !is_ambiguous(dash + 1, 4))))
		return 0;
	hex = queue_set_list(&set);
	if (!hex)
		return -ENOMEM;
	if (sscanf(item, "%3u.%3u%c", &adapter, &domain, &rest) == 2 && adapter < APQN_IDS &&
	    domain < APQN_IDS)
		options_mistake(options->verb, "'%.*s' can be read in two ways: write %s, or "
				"%02x.%04x if the numbers are decimal.",
				OPTION_QUOTE_MAX, item, hex, adapter, domain);
	else
		options_mistake(options->verb, "'%.*s' can be misread: write %s, in hexadecimal "
				"with all digits.", OPTION_QUOTE_MAX, item, hex);
	return -EINVAL;
}

/* Both verbs take queues away or give them back, so a list that names none is a mistake. */
static int take_queues(struct options *options, const char *value)
{
	CLEANUP_FREE char *list = strdup(value);
	char *rest = list, *item;

	if (!list)
		return -ENOMEM;
	while ((item = strsep(&rest, ","))) {
		int r = refuse_short(options, item);

		if (r < 0)
			return r;
		if (queue_set_parse(item, &options->queues) < 0) {
			options_mistake(options->verb,
					"'%.*s' is no queue: give AA.DDDD or a run of domains "
					"AA.DDDD-DDDD, all hexadecimal with domains up to 00ff, "
					"for example 04.0010,05.0012-0014.",
					OPTION_QUOTE_MAX, item);
			return -EINVAL;
		}
	}
	return 0;
}

static int take_queue(struct options *options, const char *value)
{
	if (apqn_parse(value, &options->queue) == 0)
		return refuse_short(options, value);
	options_mistake(options->verb,
			"'%.*s' is no queue: give one as AA.DDDD, both hexadecimal and the domain "
			"up to 00ff, for example 04.0010.",
			OPTION_QUOTE_MAX, value);
	return -EINVAL;
}

static int take_ownership(struct options *options, const char *value)
{
	if (strcmp(value, "masks") != 0 && strcmp(value, "overrides") != 0 &&
	    strcmp(value, "observe") != 0) {
		options_mistake(options->verb,
				"'%.*s' is no ownership: give masks, overrides or observe.",
				OPTION_QUOTE_MAX, value);
		return -EINVAL;
	}
	options->ownership = value;
	return 0;
}

static int take_switch(const struct options *options, const char *name, const char *value,
		       bool *ret_on)
{
	if (strcmp(value, "on") != 0 && strcmp(value, "off") != 0) {
		options_mistake(options->verb,
				"'%.*s' is neither on nor off: give one of them "
				"to --%s.",
				OPTION_QUOTE_MAX, value, name);
		return -EINVAL;
	}
	*ret_on = strcmp(value, "on") == 0;
	return 0;
}

/*
 * Reads decimal digits, or hexadecimal ones behind 0x; no sign, no space, and no leading zero, which
 * could mean either.  0 or -EINVAL.
 */
static int parse_number(const char *value, unsigned long long max, unsigned long long *ret_number)
{
	bool is_hex = value[0] == '0' && (value[1] == 'x' || value[1] == 'X');
	const char *digits = is_hex ? value + 2 : value;
	size_t count = strspn(digits, is_hex ? HEX_DIGITS : "0123456789");
	unsigned long long number;

	if (count == 0 || digits[count] || (!is_hex && count > 1 && digits[0] == '0'))
		return -EINVAL;
	/* Too large a number becomes ULLONG_MAX, which is above every max here. */
	number = strtoull(digits, NULL, is_hex ? 16 : 10);
	if (number > max)
		return -EINVAL;
	*ret_number = number;
	return 0;
}

static int take_poll_timeout(struct options *options, const char *value)
{
	unsigned long long number;

	if (duration_parse(value, 1, POLL_TIMEOUT_MAX, &options->poll_timeout) == 0)
		return 0;
	if (parse_number(value, POLL_TIMEOUT_MAX, &number) < 0) {
		options_mistake(options->verb,
				"'%.*s' is no timeout for polling: give nanoseconds from 0 to %lld "
				"(120 seconds), or a unit, as in 250us.",
				OPTION_QUOTE_MAX, value, (long long)POLL_TIMEOUT_MAX);
		return -EINVAL;
	}
	options->poll_timeout = (int64_t)number;
	return 0;
}

static int take_timeout(struct options *options, const char *value)
{
	if (strcmp(value, "infinity") == 0) {
		options->timeout = OPTION_TIMEOUT_NEVER;
		return 0;
	}
	if (duration_parse(value, DURATION_SECOND, TIMEOUT_MAX * DURATION_SECOND,
			   &options->timeout) < 0) {
		options_mistake(options->verb,
				"'%.*s' is no time to wait: give seconds from 0 (only look) to %d, "
				"a time with units, as in 90s or 2min, or infinity.",
				OPTION_QUOTE_MAX, value, TIMEOUT_MAX);
		return -EINVAL;
	}
	return 0;
}

static int take_function(struct options *options, const char *value)
{
	unsigned long long number;

	if (parse_number(value, FUNCTION_MAX, &number) < 0) {
		options_mistake(options->verb,
				"'%.*s' is no function code of PQAP: give 0 to %d, or 0x0 to 0x%x; "
				"3 is AQIC, which switches interrupts.",
				OPTION_QUOTE_MAX, value, FUNCTION_MAX, FUNCTION_MAX);
		return -EINVAL;
	}
	options->function = (uint8_t)number;
	return 0;
}

/* The bit of a word in options.without; 0 for one that is not known. */
static unsigned int find_lack(const char *word)
{
	for (size_t i = 0; i < OPTION_LACKS; i++)
		if (strcmp(word, option_value_lacks[i]) == 0)
			return 1u << i;
	return 0;
}

static int take_without(struct options *options, const char *value)
{
	CLEANUP_FREE char *list = strdup(value);
	char *rest = list, *word;

	if (!list)
		return -ENOMEM;
	while ((word = strsep(&rest, ","))) {
		unsigned int lack = find_lack(word);

		if (lack == 0) {
			options_mistake(options->verb,
					"'%.*s' is nothing that a guest or host could be without: "
					"give ap, apqci, apft, apqi, apxa, aiv or gisa, with "
					"commas between them.",
					OPTION_QUOTE_MAX, word);
			return -EINVAL;
		}
		options->without |= lack;
	}
	return 0;
}

/* As the interface writes a state, or as tables print it. */
static int take_state(struct options *options, const char *value)
{
	static const char *const words[] = { "defined", "started", "inUse" };

	options->state = strcmp(value, "in use") == 0 ? "inUse" : NULL;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(value, words[i]) == 0)
			options->state = words[i];
	if (options->state)
		return 0;
	options_mistake(options->verb, "'%.*s' is not a state of a device: give defined, started or inUse.",
			OPTION_QUOTE_MAX, value);
	return -EINVAL;
}

int option_value_take(struct options *options, enum option_id id, const char *value)
{
	switch (id) {
	case OPTION_HOST:
		return take_host(options, value);
	case OPTION_COLOR:
		return take_color(options, value);
	case OPTION_ADAPTERS:
		return take_list(options, LIST_ADAPTERS, value, &options->matrix.adapters,
				 &options->decimal.adapters);
	case OPTION_DOMAINS:
		return take_list(options, LIST_DOMAINS, value, &options->matrix.domains,
				 &options->decimal.domains);
	case OPTION_CONTROL_DOMAINS:
		return take_list(options, LIST_DOMAINS, value, &options->matrix.control_domains,
				 &options->decimal.control_domains);
	case OPTION_QUEUES:
		return take_queues(options, value);
	case OPTION_INTERRUPTS:
		return take_interrupts(options, value);
	case OPTION_ENFORCE:
		return take_switch(options, "enforce", value, &options->enforce);
	case OPTION_OWNERSHIP:
		return take_ownership(options, value);
	case OPTION_GISA:
		return take_switch(options, "gisa", value, &options->gisa);
	case OPTION_POLL_THREAD:
		return take_switch(options, "poll-thread", value, &options->poll_thread);
	case OPTION_POLL_TIMEOUT:
		return take_poll_timeout(options, value);
	case OPTION_FORMAT:
		return take_format(options, value);
	case OPTION_TIMEOUT:
		return take_timeout(options, value);
	case OPTION_PQAP:
		return take_function(options, value);
	case OPTION_QUEUE:
		return take_queue(options, value);
	case OPTION_STATE:
		return take_state(options, value);
	case OPTION_WITHOUT:
		return take_without(options, value);
	default:
		return 0;
	}
}
