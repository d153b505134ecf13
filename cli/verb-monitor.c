/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tells every change, a line each, for as long as somebody reads; a restart of apqd is bridged. */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "cli/burst.h"
#include "cli/call.h"
#include "cli/device.h"
#include "cli/diff.h"
#include "cli/output.h"
#include "cli/state.h"
#include "cli/verbs.h"
#include "cli/watch.h"
#include "common/json.h"
#include "common/varlink.h"

#define METHOD(name) VARLINK_INTERFACE "." name

struct monitor {
	struct run *run;
	bool json, initial;
	int signal_fd;
	struct state state;	/* what is known, once is_known */
	bool is_known;
	int64_t sequence;	/* of the last event */
	struct burst burst;	/* lines that are not printed yet */
};

static int64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int64_t get_int(struct json_object *object, const char *key, int64_t otherwise)
{
	struct json_object *value = NULL;

	return json_object_object_get_ex(object, key, &value) ? json_object_get_int64(value) :
								otherwise;
}

static struct json_object *get_member(struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	json_object_object_get_ex(object, key, &value);
	return value;
}

/* Tells what an event says of one thing, and keeps it. */
static int take_thing(struct monitor *monitor, struct json_object *event, enum thing thing,
		      struct json_object *after)
{
	const char *name = json_get_string(event, "event");
	const char *suffix = strstr(name, "Removed");
	bool is_gone = suffix && strcmp(suffix, "Removed") == 0;
	const char *key = thing_key(thing, after);
	CLEANUP_FREE char *label = NULL;
	CLEANUP_FREE char *change = NULL;
	struct json_object *before;

	if (!key)
		return -EBADMSG;
	before = state_find(&monitor->state, thing, key);
	label = thing_label(thing, after);
	change = diff_describe(thing, before, is_gone ? NULL : after, monitor->state.things[THING_DEVICE]);
	if (!label || !change)
		return -ENOMEM;
	/* An event that changes nothing that matters, as the requests of a card, gets no line. */
	if (!monitor->json && (is_gone || !before || *change)) {
		const struct burst_line line = {
			.thing = thing,
			.is_gone = is_gone,
			.time = get_int(event, "time", -1),
			.event = name,
			.label = label,
			.change = change,
			.apqn = thing_place(thing, after),
		};
		int r = burst_add(&monitor->burst, &line);

		if (r < 0)
			return r;
	}
	if (!is_gone)
		return state_put(&monitor->state, thing, after);
	state_remove(&monitor->state, thing, key);
	return 0;
}

/*
 * Returns true if the line of a device or of the host has told a problem, before its own event
 * came.
 */
static bool is_told(const struct monitor *monitor, struct json_object *problem)
{
	const char *device = json_get_string(problem, "device");
	enum thing thing = device ? THING_DEVICE : THING_HOST;
	struct json_object *owner = state_find(&monitor->state, thing, device ? device : "");
	struct json_object *problems = get_member(owner, "problems");

	for (size_t i = 0; i < list_length(problems); i++)
		if (json_object_equal(json_object_array_get_idx(problems, i), problem))
			return true;
	return false;
}

static int tell_problem(struct monitor *monitor, struct json_object *event, struct json_object *problem)
{
	const struct burst_line line = {
		.thing = json_get_string(problem, "device") ? THING_DEVICE : THING_HOST,
		.time = get_int(event, "time", -1),
		.event = json_get_string(event, "event"),
		.label = problem_code(problem),
		.change = problem_message(problem),
	};

	return is_told(monitor, problem) ? 0 : burst_add(&monitor->burst, &line);
}

/* An event that apqctl does not know. */
static int tell_unknown(struct monitor *monitor, struct json_object *event)
{
	const struct burst_line line = {
		.thing = THING_HOST,
		.time = get_int(event, "time", -1),
		.event = json_get_string(event, "event"),
		.label = "apqd",
		.change = "",
	};

	return burst_add(&monitor->burst, &line);
}

/* An event after the present state: a change. */
static int take_event(struct monitor *monitor, struct json_object *event)
{
	struct json_object *problem = get_member(event, "problem");
	bool told = false;

	if (monitor->json)
		output_json(event, false);
	for (enum thing thing = 0; thing < THINGS; thing++) {
		struct json_object *after = get_member(event, thing_member(thing));
		int r = after ? take_thing(monitor, event, thing, after) : 0;

		if (r < 0)
			return r;
		told = told || after;
	}
	if (!monitor->json && problem)
		return tell_problem(monitor, event, problem);
	return monitor->json || told ? 0 : tell_unknown(monitor, event);
}

/*
 * Waits until one of the three is ready.  Lines that are kept are printed when no more come soon.  Returns 0, or
 * -ECANCELED where the output is closed.
 */
static int wait_for_event(struct monitor *monitor, struct pollfd ready[static 3])
{
	int patience = burst_patience(&monitor->burst);
	int r = patience > 0 ? poll(ready, 3, patience) : 0;

	if (r > 0 && !ready[1].revents && !ready[2].revents)
		return 0;
	burst_print(&monitor->burst);
	if (output_finish() < 0)
		return -ECANCELED;
	if (r == 0 && poll(ready, 3, -1) < 0 && errno != EINTR)
		return -errno;
	return 0;
}

/* The next event, or the reply that ends them; -ECANCELED when nobody reads on or a signal came. */
static int next_event(struct monitor *monitor, struct reply *reply, struct json_object **ret_event)
{
	struct client *client = &monitor->run->client;
	struct pollfd ready[] = {
		{ .fd = client->fd, .events = POLLIN },
		{ .fd = monitor->signal_fd, .events = POLLIN },
		{ .fd = STDOUT_FILENO, .events = 0 },
	};
	struct json_object *event;
	int r;

	while ((r = client_receive(client, 0, reply)) == -ETIMEDOUT) {
		r = wait_for_event(monitor, ready);
		if (r < 0)
			return r;
		if (ready[1].revents || ready[2].revents)
			return -ECANCELED;
	}
	if (r < 0 || reply->error)
		return r;
	if (!reply->continues)
		return -ENOTCONN;
	event = get_member(reply->parameters, "event");
	if (!json_get_string(event, "event"))
		return -EBADMSG;
	monitor->sequence = get_int(event, "sequence", monitor->sequence);
	*ret_event = event;
	return 0;
}

/* Adds what a second connection answers to one question about the present state. */
static int ask(struct client *client, const char *method, bool more, enum thing thing,
	       struct state *state)
{
	const char *member = more ? thing_list_member(thing) : NULL;
	CLEANUP_REPLY struct reply reply = { 0 };
	struct json_object *answer;
	int r;

	if (more)
		r = client_collect(client, method, NULL, member, CLIENT_READ_TIMEOUT, &reply);
	else
		r = client_call(client, method, NULL, CLIENT_READ_TIMEOUT, &reply);
	if (r < 0)
		return r;
	if (reply.error)
		return -EBADMSG;
	if (!thing_list_member(thing))
		return state_put(state, thing, get_member(reply.parameters, thing_member(thing)));
	answer = get_member(reply.parameters, thing_list_member(thing));
	for (size_t i = 0; r == 0 && i < list_length(answer); i++)
		r = state_put(state, thing, json_object_array_get_idx(answer, i));
	return r;
}

/*
 * Monitor tells the devices first; the rest of the present state is asked for on another
 * connection, after Monitor has begun, so that no change falls between the two.
 */
static int ask_the_rest(struct monitor *monitor, struct state *state)
{
	CLEANUP_CLIENT struct client client;
	int r;

	client_init(&client);
	client.cancel_fd = monitor->signal_fd;
	r = call_connect(&client, monitor->run->options);
	if (r == 0)
		r = ask(&client, METHOD("GetHost"), false, THING_HOST, state);
	if (r == 0)
		r = ask(&client, METHOD("ListCards"), false, THING_CARD, state);
	if (r == 0)
		r = ask(&client, METHOD("ListQueues"), true, THING_QUEUE, state);
	return r;
}

/* Reads the events up to "ready".  An error reply is left in *reply. */
static int read_present(struct monitor *monitor, struct state *state, struct reply *reply)
{
	for (;;) {
		struct json_object *event = NULL;
		int r;

		reply_done(reply);
		r = next_event(monitor, reply, &event);
		if (r < 0 || reply->error)
			return r;
		if (strcmp(json_get_string(event, "event"), "ready") == 0)
			return 0;
		for (enum thing thing = 0; r == 0 && thing < THINGS; thing++)
			if (get_member(event, thing_member(thing)))
				r = state_put(state, thing, get_member(event, thing_member(thing)));
		if (r < 0)
			return r;
	}
}

static const char *plural(size_t count)
{
	return count == 1 ? "" : "s";
}

/* An event of our own making, for what apqd told as present state and not as a change. */
static void print_json_event(const struct monitor *monitor, const char *name, const char *member,
			     struct json_object *description)
{
	CLEANUP_JSON struct json_object *event = json_object_new_object();

	json_add_string(event, "event", name);
	json_add_int(event, "sequence", monitor->sequence);
	json_add_int(event, "time", now_us());
	if (member)
		json_add(event, member, json_object_get(description));
	output_json(event, false);
}

/* The userdata of tell_difference(). */
struct present {
	struct monitor *monitor;
	struct json_object *devices;	/* as they are now, by their UUIDs */
};

/* One difference between what was known and what is; before is NULL for what is new. */
static void tell_difference(void *context, enum thing thing, struct json_object *before,
			    struct json_object *after)
{
	const struct present *present = context;
	struct monitor *monitor = present->monitor;
	struct json_object *description = after ? after : before;
	CLEANUP_FREE char *label = thing_label(thing, description);
	CLEANUP_FREE char *change = diff_describe(thing, before, after, present->devices);
	char name[32];

	snprintf(name, sizeof(name), "%s%s", thing_member(thing),
		 !after ? "Removed" : before || thing == THING_HOST ? "Changed" : "Added");
	if (monitor->json)
		print_json_event(monitor, name, thing_member(thing), description);
	else if (!before || !after || (change && *change)) {
		const struct burst_line line = {
			.thing = thing,
			.is_gone = !after,
			.time = now_us(),
			.event = name,
			.label = label,
			.change = change,
			.apqn = thing_place(thing, description),
		};

		/* A line that is lost without memory is no reason to end. */
		if (label && change && burst_add(&monitor->burst, &line) < 0)
			return;
	}
}

/* Ends the telling of the present state, the first time. */
static void tell_ready(const struct monitor *monitor, const struct state *now)
{
	size_t devices = state_count(now, THING_DEVICE);
	size_t cards = state_count(now, THING_CARD);
	size_t queues = state_count(now, THING_QUEUE);

	if (!monitor->json)
		printf("watching%s%s: %zu device%s, %zu card%s, %zu queue%s\n",
		       monitor->run->options->host ? " " : "",
		       monitor->run->options->host ? monitor->run->options->host : "", devices,
		       plural(devices), cards, plural(cards), queues, plural(queues));
	else if (monitor->initial)
		print_json_event(monitor, "ready", NULL, NULL);
}

/* Tells what is new in now, and takes it as what is known. */
static int take_present(struct monitor *monitor, struct state *now)
{
	CLEANUP_STATE struct state nothing = { 0 };
	struct present present = { monitor, now->things[THING_DEVICE] };
	int r = state_init(&nothing);

	if (r < 0)
		return r;
	if (monitor->is_known)
		state_compare(&monitor->state, now, tell_difference, &present);
	else if (monitor->initial)
		state_compare(&nothing, now, tell_difference, &present);
	burst_print(&monitor->burst);
	if (!monitor->is_known)
		tell_ready(monitor, now);
	state_done(&monitor->state);
	monitor->state = *now;
	*now = (struct state){ 0 };
	monitor->is_known = true;
	/* As with every event: what cannot be printed is told at the end, and no reason to connect again. */
	return output_finish() < 0 ? -ECANCELED : 0;
}

/* Reads and tells the present state.  An error reply is left in *reply. */
static int begin(struct monitor *monitor, struct reply *reply)
{
	CLEANUP_STATE struct state now = { 0 };
	struct client *client = &monitor->run->client;
	bool is_again = monitor->is_known;
	int r = state_init(&now);

	if (r == 0)
		r = call_connect(client, monitor->run->options);
	if (r == 0)
		r = client_send(client, METHOD("Monitor"), NULL, true);
	if (r == 0)
		r = read_present(monitor, &now, reply);
	if (r < 0 || reply->error)
		return r;
	r = ask_the_rest(monitor, &now);
	if (r < 0)
		return r;
	if (is_again)
		fputs("apqctl: apqd is there again.\n", stderr);
	return take_present(monitor, &now);
}

/* One connection from its beginning to its end.  An error reply is left in *reply. */
static int follow(struct monitor *monitor, struct reply *reply)
{
	int r = begin(monitor, reply);

	while (r == 0 && !reply->error) {
		struct json_object *event = NULL;

		reply_done(reply);
		r = next_event(monitor, reply, &event);
		if (r == 0 && !reply->error)
			r = take_event(monitor, event);
		/* Lines for people are printed by the burst. */
		if (r == 0 && monitor->json && output_finish() < 0)
			r = -ECANCELED;
	}
	burst_print(&monitor->burst);
	return output_finish() < 0 && r == 0 ? -ECANCELED : r;
}

/* Returns true if an end of the connection is one that a restart of apqd can cause. */
static bool is_worth_waiting(const struct monitor *monitor, int r)
{
	return monitor->is_known && r != -ECANCELED && r != -EBADMSG && r != -EMSGSIZE &&
	       r != -ENOMEM;
}

/* Follows apqd through its restarts until a signal, a closed output, or a true failure. */
static int follow_forever(struct monitor *monitor)
{
	struct run *run = monitor->run;
	CLEANUP_REPLY struct reply reply = { 0 };
	CLEANUP_FREE char *place = call_place(run->options);
	CLEANUP_WATCH struct watch watch;
	bool is_lost = false;
	int r;

	watch_init(&watch, run->options->host ? NULL : run->options->socket);
	while (r = follow(monitor, &reply), !reply.error && is_worth_waiting(monitor, r)) {
		if (!is_lost || run->client.fd >= 0)
			fprintf(stderr, "apqctl: connection lost, waiting for %s.\n",
				place ? place : "apqd");
		is_lost = true;
		client_done(&run->client);
		r = watch_wait(&watch, monitor->signal_fd);
		if (r < 0)
			break;
	}
	if (reply.error)
		return call_refused(run, &reply);
	if (r == -ECANCELED || r == -EPIPE)
		return EXIT_STATUS_DONE;
	return r == -ENOMEM ? call_broken(r) : call_failed(run, r);
}

int verb_monitor(struct run *run)
{
	CLEANUP_CLOSE int signal_fd = -1;
	struct monitor monitor = {
		.run = run,
		.json = option_given(run->options, OPTION_JSON),
		.initial = option_given(run->options, OPTION_INITIAL),
	};
	sigset_t signals;
	int status;

	/* A closed standard output shows when it is written to, and ends this quietly. */
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0)
		return call_broken(-errno);
	signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signal_fd < 0)
		return call_broken(-errno);
	monitor.signal_fd = signal_fd;
	run->client.cancel_fd = signal_fd;
	status = follow_forever(&monitor);
	burst_done(&monitor.burst);
	state_done(&monitor.state);
	return status;
}
