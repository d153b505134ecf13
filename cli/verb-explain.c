/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why: whether a device's queues reach its guest, link by link, and what one instruction gets. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/call.h"
#include "cli/change.h"
#include "cli/device.h"
#include "cli/option-value.h"
#include "cli/output.h"
#include "cli/verbs.h"
#include "cli/usage.h"
#include "common/json.h"

/* The columns of the mark and of the link's name, wide enough for "unknown" and "configured". */
#define MARK_WIDTH 9
#define LINK_WIDTH 12

/* What makes sense of one instruction only. */
#define OF_INSTRUCTION                                                    \
	(OPTION_BIT(OPTION_QUEUE) | OPTION_BIT(OPTION_PROBLEM_STATE) |    \
	 OPTION_BIT(OPTION_TIME_BIT) | OPTION_BIT(OPTION_RESERVED_BITS) | \
	 OPTION_BIT(OPTION_BAD_ADDRESS) | OPTION_BIT(OPTION_DISABLE) | OPTION_BIT(OPTION_WITHOUT))

/* The interface's type Link. */
struct link {
	const char *name, *state, *message;
	const char *remedy; /* NULL for none */
};

static const struct json_field link_fields[] = {
	JSON_FIELD(struct link, name, "link", JSON_KIND_STRING, JSON_REQUIRED),
	JSON_FIELD(struct link, state, "state", JSON_KIND_STRING, JSON_REQUIRED),
	JSON_FIELD(struct link, message, "message", JSON_KIND_STRING, JSON_REQUIRED),
	JSON_FIELD(struct link, remedy, "remedy", JSON_KIND_STRING, 0),
};

static struct json_object *member(const struct reply *reply, const char *name)
{
	struct json_object *value = NULL;

	json_object_object_get_ex(reply->parameters, name, &value);
	return value;
}

static bool is_state(const struct link *link, const char *state)
{
	return strcmp(link->state, state) == 0;
}

/* A cell of a table without headings: text made safe, and blanks up to width. */
static void print_cell(const char *text, enum style style, int width)
{
	int length = (int)strlen(text);

	output_text(text, style);
	printf("%*s", length < width ? width - length : 1, "");
}

/*
 * The link's name for people: reserve takes queues from the host, and start gives them to the device. The
 * interface's words for that, released and assigned, are also verbs and states that mean something else.
 */
static const char *name_for_people(const char *name)
{
	return strcmp(name, "released") == 0 ? "reserved" : strcmp(name, "assigned") == 0 ? "started" : name;
}

static void print_link(const struct link *link)
{
	print_cell(link->state,
		   is_state(link, "ok")	    ? STYLE_GOOD :
		   is_state(link, "broken") ? STYLE_BAD :
					      STYLE_WARN,
		   MARK_WIDTH);
	print_cell(name_for_people(link->name), STYLE_BOLD, LINK_WIDTH);
	output_wrapped(link->message, STYLE_PLAIN, MARK_WIDTH + LINK_WIDTH, MARK_WIDTH + LINK_WIDTH);
	putchar('\n');
	if (link->remedy) {
		printf("%*s", MARK_WIDTH + LINK_WIDTH, "");
		output_wrapped(link->remedy, STYLE_PLAIN, MARK_WIDTH + LINK_WIDTH,
			       MARK_WIDTH + LINK_WIDTH);
		putchar('\n');
	}
}

/* The conclusion: the first broken link is the cause, what comes behind it the consequence. */
static void print_conclusion(const struct device *device, const struct link *broken,
			     unsigned int unknown)
{
	change_print_label(device_label(device));
	if (broken) {
		fputs(": broken at '", stdout);
		output_text(name_for_people(broken->name), STYLE_PLAIN);
		puts("'; fix that first.");
	} else if (unknown > 0) {
		printf(": no faults found, but %u check%s could not be made.\n", unknown,
		       unknown == 1 ? "" : "s");
	} else {
		puts(": no faults found.");
	}
}

static int explain_device(struct run *run)
{
	CLEANUP_JSON struct json_object *parameters =
		call_device_parameters(run->options->arguments[0]);
	CLEANUP_REPLY struct reply reply = { 0 };
	struct json_object *list;
	struct link link, broken = { 0 };
	unsigned int unknown = 0;
	struct device device;
	const char *bad;
	int r;

	r = call(run, "Explain", TAKE_PTR(parameters), CLIENT_READ_TIMEOUT, &reply);
	if (r != EXIT_STATUS_DONE)
		return r;
	if (option_given(run->options, OPTION_JSON)) {
		output_json(reply.parameters, true);
		return EXIT_STATUS_DONE;
	}
	if (change_read_device(&reply, &device) < 0)
		return call_failed(run, -EBADMSG);
	list = member(&reply, "links");
	for (size_t i = 0; i < list_length(list); i++) {
		link = (struct link){ 0 };
		if (json_read(json_object_array_get_idx(list, i), link_fields,
			      ARRAY_SIZE(link_fields), false, &link, &bad) < 0)
			return call_failed(run, -EBADMSG);
		print_link(&link);
		if (is_state(&link, "broken") && !broken.name)
			broken = link;
		unknown += is_state(&link, "unknown");
	}
	print_conclusion(&device, broken.name ? &broken : NULL, unknown);
	return EXIT_STATUS_DONE;
}

/* What a response code of the AP status word means (arch/s390/include/asm/ap.h). */
static const char *response_in_words(int64_t code)
{
	static const struct {
		int64_t code;
		const char *words;
	} table[] = {
		{ 0x00, "it succeeds" },
		{ 0x01, "the queue is not available" },
		{ 0x02, "the queue is being reset" },
		{ 0x03, "the queue is deconfigured" },
		{ 0x04, "the queue is checkstopped" },
		{ 0x05, "the queue is busy" },
		{ 0x06, "the address of the notification byte is not valid" },
		{ 0x07, "the interrupts are so already" },
		{ 0x08, "the guest interruption state area is not valid" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (table[i].code == code)
			return table[i].words;
	return "a response that apqctl has no words for";
}

/* What the guest gets, as one sentence. */
static void print_outcome(const char *outcome, int64_t code, int64_t cc)
{
	if (strcmp(outcome, "status") == 0) {
		printf("Response code %02x", (unsigned int)code);
		if (cc != JSON_INT_NULL)
			printf(", condition code %d", (int)cc);
		printf(": %s.\n", response_in_words(code));
	} else if (strcmp(outcome, "exception") == 0) {
		printf("Program interruption %04x%s in the guest.\n", (unsigned int)code,
		       code == 2 ? ", a privileged-operation exception," :
		       code == 6 ? ", a specification exception," :
				   "");
	} else if (strcmp(outcome, "userspace") == 0) {
		puts("KVM does not answer it: it is left to the VMM.");
	} else {
		output_text(outcome, STYLE_PLAIN);
		putchar('\n');
	}
}

/* The method's parameters, as far as the command line has them; NULL without memory. */
static struct json_object *instruction_parameters(const struct options *options)
{
	static const struct {
		const char *name;
		enum option_id id;
	} flags[] = {
		{ "problemState", OPTION_PROBLEM_STATE },
		{ "timeBit", OPTION_TIME_BIT },
		{ "reservedBits", OPTION_RESERVED_BITS },
		{ "badAddress", OPTION_BAD_ADDRESS },
		{ "disable", OPTION_DISABLE },
	};
	CLEANUP_JSON struct json_object *parameters = json_object_new_object();
	CLEANUP_JSON struct json_object *without = json_object_new_array();
	char apqn[APQN_TEXT_SIZE];

	if (!without || json_add_int(parameters, "function", options->function) < 0 ||
	    json_add_string(parameters, "queue", apqn_format(options->queue, apqn)) < 0)
		return NULL;
	if (options->arguments_count > 0 &&
	    json_add_string(parameters, "device", options->arguments[0]) < 0)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (change_add_flag(parameters, flags[i].name, options, flags[i].id) < 0)
			return NULL;
	for (size_t i = 0; i < OPTION_LACKS; i++) {
		struct json_object *word;

		if (!(options->without & 1u << i))
			continue;
		word = json_object_new_string(option_value_lacks[i]);
		if (!word || json_object_array_add(without, word) < 0) {
			json_object_put(word);
			return NULL;
		}
	}
	if (options->without && json_add(parameters, "without", TAKE_PTR(without)) < 0)
		return NULL;
	return TAKE_PTR(parameters);
}

/* What ExplainInstruction answers. */
struct answer {
	const char *outcome, *reason;
	int64_t code, cc;
};

static const struct json_field answer_fields[] = {
	JSON_FIELD(struct answer, outcome, "outcome", JSON_KIND_STRING, JSON_REQUIRED),
	JSON_FIELD(struct answer, code, "code", JSON_KIND_INT, JSON_REQUIRED),
	JSON_FIELD(struct answer, cc, "cc", JSON_KIND_INT, 0),
	JSON_FIELD(struct answer, reason, "reason", JSON_KIND_STRING, JSON_REQUIRED),
};

static int explain_instruction(struct run *run)
{
	struct json_object *parameters = instruction_parameters(run->options);
	CLEANUP_REPLY struct reply reply = { 0 };
	struct answer answer = { .cc = JSON_INT_NULL };
	const char *bad;
	int r;

	if (!parameters)
		return call_broken(-ENOMEM);
	r = call(run, "ExplainInstruction", parameters, CLIENT_READ_TIMEOUT, &reply);
	if (r != EXIT_STATUS_DONE)
		return r;
	if (option_given(run->options, OPTION_JSON)) {
		output_json(reply.parameters, true);
		return EXIT_STATUS_DONE;
	}
	if (json_read(reply.parameters, answer_fields, ARRAY_SIZE(answer_fields), false, &answer,
		      &bad) < 0)
		return call_failed(run, -EBADMSG);
	print_outcome(answer.outcome, answer.code, answer.cc);
	output_wrapped(answer.reason, STYLE_PLAIN, 0, 0);
	putchar('\n');
	return EXIT_STATUS_DONE;
}

int verb_explain(struct run *run)
{
	const struct options *options = run->options;

	if (option_given(options, OPTION_PQAP)) {
		if (!option_given(options, OPTION_QUEUE))
			return options_mistake(options->verb,
					       "--pqap needs to know of which queue: give --queue "
					       "AA.DDDD, for example --queue 04.0010.");
		return explain_instruction(run);
	}
	if (options->given & OF_INSTRUCTION)
		return options_mistake(options->verb,
				       "That is about one instruction: give its function code by "
				       "--pqap, for example --pqap 3 for AQIC, or leave it out.");
	if (options->arguments_count == 0)
		return options_mistake(options->verb,
				       "'apqctl explain' needs a DEVICE, whose chain is walked, or "
				       "--pqap and --queue, for one instruction.");
	return explain_device(run);
}
