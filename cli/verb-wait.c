/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Waits until devices are started and effective, told by apqd's events; a restart of apqd is bridged. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "cli/awaited.h"
#include "cli/call.h"
#include "cli/duration.h"
#include "cli/change.h"
#include "cli/output.h"
#include "cli/verbs.h"
#include "cli/watch.h"
#include "common/json.h"
#include "common/varlink.h"

#define METHOD(name) VARLINK_INTERFACE "." name

/* Without --timeout: as long as a boot may wait for its network. */
#define TIMEOUT_DEFAULT (120 * DURATION_SECOND)

struct waiting {
	struct run *run;
	struct awaited awaited;
	size_t found;		/* how many arguments are known to mean which device */
	int64_t timeout;	/* nanoseconds; 0: only look; OPTION_TIMEOUT_NEVER: without an end */
	bool is_connected;	/* apqd has been there */
	bool is_known;		/* the present state has been told, and nothing since was missed */
};

/*
 * The time that is left ends every wait by the client's cancel_fd.  Who only looks has no time at
 * all, and gives apqd as long for an answer as every other verb.
 */
static int answer_timeout(const struct waiting *waiting)
{
	return waiting->timeout == 0 ? CLIENT_READ_TIMEOUT : CLIENT_NO_TIMEOUT;
}

/* Finds out which devices are meant.  An error reply is left in *reply. */
static int find_devices(struct waiting *waiting, struct reply *reply)
{
	const struct options *options = waiting->run->options;

	for (; waiting->found < options->arguments_count; waiting->found++) {
		const char *argument = options->arguments[waiting->found];
		struct device device;
		int r;

		reply_done(reply);
		r = client_call(&waiting->run->client, METHOD("GetDevice"),
				call_device_parameters(argument), answer_timeout(waiting), reply);
		if (r < 0 || reply->error)
			return r;
		r = change_read_device(reply, &device);
		if (r == 0)
			r = awaited_add(&waiting->awaited, device.uuid, argument);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Takes in the next event, and tells whether it was "ready".  An error reply is left in *reply. */
static int take_event(struct waiting *waiting, struct reply *reply, bool *ret_is_ready)
{
	struct json_object *event = NULL;
	const char *name;
	int r;

	reply_done(reply);
	r = client_receive(&waiting->run->client, answer_timeout(waiting), reply);
	if (r < 0 || reply->error)
		return r;
	if (!reply->continues)
		return -ENOTCONN;
	json_object_object_get_ex(reply->parameters, "event", &event);
	r = awaited_take(&waiting->awaited, event);
	if (r < 0)
		return r;
	name = json_get_string(event, "event");
	*ret_is_ready = strcmp(name, "ready") == 0;
	return 0;
}

/* Connects and reads the present state.  An error reply is left in *reply. */
static int begin(struct waiting *waiting, struct reply *reply)
{
	struct client *client = &waiting->run->client;
	bool is_ready = false;
	int r = call_connect(client, waiting->run->options);

	if (r < 0)
		return r;
	waiting->is_connected = true;
	r = find_devices(waiting, reply);
	if (r < 0 || reply->error)
		return r;
	r = awaited_forget(&waiting->awaited);
	if (r == 0)
		r = client_send(client, METHOD("Monitor"), NULL, true);
	while (r == 0 && !reply->error && !is_ready)
		r = take_event(waiting, reply, &is_ready);
	waiting->is_known = is_ready;
	return r;
}

/*
 * One connection, from its beginning until all devices are there, or one that was asked for is gone.
 * An error reply is left in *reply; who only looks gets -ECANCELED when they are not there.
 */
static int follow(struct waiting *waiting, struct reply *reply)
{
	const struct awaited *awaited = &waiting->awaited;
	int r = begin(waiting, reply);

	while (r == 0 && !reply->error && !awaited_find_gone(awaited) &&
	       !awaited_is_complete(awaited)) {
		bool is_ready;

		if (waiting->timeout == 0)
			return -ECANCELED;
		r = take_event(waiting, reply, &is_ready);
	}
	return r;
}

/* Returns true if an end of the connection is one that a restart of apqd can cause. */
static bool is_worth_waiting(const struct waiting *waiting, int r)
{
	return r < 0 && waiting->is_connected && waiting->timeout != 0 && r != -ECANCELED &&
	       r != -EBADMSG && r != -EMSGSIZE && r != -ENOMEM;
}

/* As follow(), through restarts of apqd. */
static int follow_restarts(struct waiting *waiting, struct reply *reply)
{
	struct run *run = waiting->run;
	CLEANUP_FREE char *place = call_place(run->options);
	CLEANUP_WATCH struct watch watch;
	bool is_lost = false;
	int r;

	watch_init(&watch, run->options->host ? NULL : run->options->socket);
	while (r = follow(waiting, reply), !reply->error && is_worth_waiting(waiting, r)) {
		if (!is_lost || waiting->is_known)
			fprintf(stderr, "apqctl: connection lost, waiting for %s.\n",
				place ? place : "apqd");
		is_lost = true;
		waiting->is_known = false;
		client_done(&run->client);
		r = watch_wait(&watch, run->client.cancel_fd);
		if (r < 0)
			return r;
	}
	return r;
}

static bool print_there(void *context, const struct device *device)
{
	size_t *count = context;

	++*count;
	change_print_label(device_label(device));
	fputs(" is ready: ", stdout);
	change_print_matrix(&device->active);
	puts(".");
	return true;
}

static bool print_missing(void *context, const struct device *device)
{
	CLEANUP_FREE char *reason = NULL;
	CLEANUP_FREE char *safe = NULL;

	(void)context;
	if (awaited_is_there(device))
		return true;
	reason = awaited_explain(device);
	safe = output_safe(reason, false);
	fprintf(stderr, "  %s\n", safe ? safe : device->uuid);
	return true;
}

static bool add_json(void *context, const struct device *device)
{
	CLEANUP_FREE char *reason = awaited_is_there(device) ? NULL : awaited_explain(device);
	struct json_object *object = json_object_new_object();

	json_add_string(object, "uuid", device->uuid);
	json_add_string(object, "name", device->name);
	json_add_string(object, "state", device_state_word(device));
	json_add_bool(object, "there", awaited_is_there(device));
	json_add_string(object, "reason", reason);
	json_add(object, "problems", json_object_get(device->problems));
	return json_object_array_add(context, object) == 0;
}

static int print_json(const struct awaited *awaited, bool is_complete)
{
	CLEANUP_JSON struct json_object *outcome = json_object_new_object();
	struct json_object *devices = json_object_new_array();

	if (!devices || !awaited_each(awaited, add_json, devices)) {
		json_object_put(devices);
		return call_broken(-ENOMEM);
	}
	json_add_bool(outcome, "complete", is_complete);
	json_add(outcome, "devices", devices);
	output_json(outcome, true);
	return EXIT_STATUS_DONE;
}

/* The time is over: names the devices that are not ready, and why. */
static int tell_missing(const struct waiting *waiting)
{
	if (option_given(waiting->run->options, OPTION_JSON) &&
	    print_json(&waiting->awaited, false) != EXIT_STATUS_DONE)
		return EXIT_STATUS_FAILED;
	if (waiting->timeout == 0)
		fputs("apqctl: Not all devices are ready:\n", stderr);
	else if (waiting->timeout % DURATION_SECOND)
		fprintf(stderr, "apqctl: After %.9g seconds not all devices are ready:\n",
			(double)waiting->timeout / DURATION_SECOND);
	else
		fprintf(stderr, "apqctl: After %lld second%s not all devices are ready:\n",
			(long long)(waiting->timeout / DURATION_SECOND),
			waiting->timeout == DURATION_SECOND ? "" : "s");
	awaited_each(&waiting->awaited, print_missing, NULL);
	return EXIT_STATUS_FAILED;
}

static int tell_complete(const struct waiting *waiting)
{
	size_t count = 0;

	if (option_given(waiting->run->options, OPTION_JSON))
		return print_json(&waiting->awaited, true);
	awaited_each(&waiting->awaited, print_there, &count);
	if (count == 0)
		puts("No device starts automatically, so there is none to wait for.");
	return EXIT_STATUS_DONE;
}

/* Waits, and tells how that ended. */
static int wait_and_tell(struct waiting *waiting)
{
	CLEANUP_REPLY struct reply reply = { 0 };
	int r = follow_restarts(waiting, &reply);

	if (reply.error)
		return call_refused(waiting->run, &reply);
	if (r == 0 && awaited_find_gone(&waiting->awaited))
		return call_no_such_device(waiting->run, awaited_find_gone(&waiting->awaited));
	if (r == 0)
		return tell_complete(waiting);
	if (r == -ECANCELED && waiting->is_known)
		return tell_missing(waiting);
	if (r == -ECANCELED)
		r = -ETIMEDOUT;
	return r == -ENOMEM ? call_broken(r) : call_failed(waiting->run, r);
}

/* A descriptor that becomes readable when the time is over; never for 0 and OPTION_TIMEOUT_NEVER. */
static int open_timer(int64_t timeout)
{
	int64_t length = timeout == OPTION_TIMEOUT_NEVER ? 0 : timeout;
	const struct itimerspec when = {
		.it_value.tv_sec = (time_t)(length / DURATION_SECOND),
		.it_value.tv_nsec = (long)(length % DURATION_SECOND),
	};
	CLEANUP_CLOSE int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

	if (fd < 0 || timerfd_settime(fd, 0, &when, NULL) < 0)
		return -errno;
	return TAKE_FD(fd);
}

int verb_wait(struct run *run)
{
	const struct options *options = run->options;
	CLEANUP_CLOSE int timer_fd = -1;
	struct waiting waiting = {
		.run = run,
		.timeout = option_given(options, OPTION_TIMEOUT) ? options->timeout :
								    TIMEOUT_DEFAULT,
	};
	int status, r;

	timer_fd = open_timer(waiting.timeout);
	if (timer_fd < 0)
		return call_broken(timer_fd);
	run->client.cancel_fd = timer_fd;
	r = awaited_init(&waiting.awaited, options->arguments_count == 0);
	if (r < 0)
		return call_broken(r);
	status = wait_and_tell(&waiting);
	awaited_done(&waiting.awaited);
	run->client.cancel_fd = -1;
	return status;
}
