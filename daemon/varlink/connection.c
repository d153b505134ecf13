/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/varlink/connection.h"

#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "common/varlink.h"
#include "daemon/varlink/server.h"
#include "daemon/log.h"

/* With this much waiting no further call is taken: the client must read first. */
#define BACK_PRESSURE (256u << 10)

/* How much longer what is there already may take, in microseconds. */
#define GRACE 1000000u

/* What a longer call took is given back to the system at once. */
#define LONG_CALL (64u << 10)

static bool is_turn_over(const struct connection *connection)
{
	return user_turn_is_over(connection->turn_begin);
}

void connection_break(struct connection *connection, const char *why)
{
	if (!connection->broken)
		log_message(LOG_DEBUG, NULL, "Closing the connection of process %d (uid %u): %s.",
			    (int)connection->peer.pid, (unsigned int)connection->peer.uid, why);
	connection->broken = true;
}

/* An answer that no client takes becomes one that says so. */
static int send_too_long(struct connection *connection)
{
	CLEANUP_ERROR struct error error = { 0 };
	CLEANUP_JSON struct json_object *message = NULL;

	error_set_limit(&error, "bytes in the answer", CONNECTION_OUTPUT_MAX);
	message = varlink_make_error(error_name(error.code), json_object_get(error.parameters));
	return message ? frame_queue(&connection->output, message) : -ENOMEM;
}

static void send_message(struct connection *connection, struct json_object *message)
{
	int r = message ? frame_queue(&connection->output, message) : -ENOMEM;

	json_object_put(message);
	if (r == -ENOBUFS && frame_waiting(&connection->output) == 0 && !connection->monitors)
		r = send_too_long(connection);
	if (r < 0)
		connection_break(connection, r == -ENOBUFS ? "it does not read its replies" : "out of memory");
}

static void end_call(struct connection *connection, enum error_code outcome)
{
	tally_count_call(&connection->server->tally, connection->method, outcome);
	connection->busy = connection->more = connection->oneway = false;
	connection->monitors = connection->reloads = connection->dry_run = false;
	news_leave(&connection->server->news, &connection->news);
	connection->told = NULL;
	connection->produce = NULL;
	free(TAKE_PTR(connection->production));
}

void connection_reply(struct connection *connection, struct json_object *parameters, bool continues)
{
	if (connection->oneway)
		json_object_put(parameters);
	else
		send_message(connection, varlink_make_reply(parameters, continues));
	if (!continues)
		end_call(connection, ERROR_NONE);
}

void connection_error(struct connection *connection, const struct error *error)
{
	if (!connection->oneway)
		send_message(connection, varlink_make_error(error_name(error->code),
							    json_object_get(error->parameters)));
	end_call(connection, error->code);
}

static bool has_news(const struct connection *connection)
{
	return news_behind(&connection->server->news, &connection->news) > 0;
}

/* So many bytes of a long call, or of an answer, are worth waiting for as long again. */
#define PROGRESS_STEP (16u << 10)

static struct progress find_progress(const struct connection *connection)
{
	return (struct progress){
		.calls = connection->calls + 1,
		.written = connection->output.written / PROGRESS_STEP,
		.read = (connection->input.end - connection->input.start) / PROGRESS_STEP,
	};
}

static bool is_same(const struct progress *a, const struct progress *b)
{
	return a->calls == b->calls && a->written == b->written && a->read == b->read;
}

/*
 * The time for the first call, the rest of a message, or the reading of a reply, starts anew; not for
 * who only sends a byte now and then.
 */
static void restart_timer(struct connection *connection)
{
	struct progress now = find_progress(connection);
	bool needed = (!connection->called && !connection->busy) ||
		      (frame_is_partial(&connection->input) && !connection->busy) ||
		      frame_waiting(&connection->output) > 0 || connection->produce ||
		      has_news(connection);

	if (!connection->timer || (needed && is_same(&now, &connection->progress)))
		return;
	connection->progress = needed ? now : (struct progress){ 0 };
	connection->had_grace = false;
	if (needed)
		sd_event_source_set_time_relative(connection->timer, connection->server->idle_timeout);
	sd_event_source_set_enabled(connection->timer, needed ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

static void take_call(struct connection *connection, const char *text, size_t length)
{
	CLEANUP_JSON struct json_object *message = NULL;
	struct varlink_call call;

	if (json_parse(text, length, &message, NULL) < 0 ||
	    varlink_read_call(message, &call) < 0) {
		connection_break(connection, "it sent something that is not a call");
		return;
	}
	connection->called = connection->busy = true;
	connection->calls++;
	connection->method = TALLY_OTHER;
	connection->more = call.more;
	connection->oneway = call.oneway;
	methods_dispatch(connection, message);
	/* As a tree it is many times as long, and it may be answered in an hour or never. */
	json_object_put(TAKE_PTR(message));
	if (length >= LONG_CALL)
		malloc_trim(0);
}

/* Answers calls in their order until one has to wait, the client has to read, or its turn is over. */
static void take_calls(struct connection *connection)
{
	const char *text;
	size_t length;
	int r = 1;

	while (r > 0 && !connection->broken && !connection->busy &&
	       frame_waiting(&connection->output) < BACK_PRESSURE && !is_turn_over(connection)) {
		r = frame_next(&connection->input, &text, &length);
		if (r > 0)
			take_call(connection, text, length);
		else if (r < 0)
			connection_break(connection, "its call is too long");
	}
}

/* Returns as frame_write(). */
static int send_news(struct connection *connection)
{
	size_t before = connection->user->budget;
	int r = news_send(&connection->server->news, &connection->news, connection->fd,
			  connection->told, &connection->user->budget);

	connection->output.written += before - connection->user->budget;
	return r;
}

/* Events come behind the answers that were there before them, and before the next part of an answer. */
static void send_output(struct connection *connection)
{
	/* Also of one that is to be closed: what came before its mistake is answered. */
	int r = frame_write(&connection->output, connection->fd);

	if (r > 0 && !connection->broken)
		r = send_news(connection);
	while (r > 0 && connection->produce && !connection->broken && !is_turn_over(connection)) {
		connection->produce(connection);
		r = frame_write(&connection->output, connection->fd);
	}
	if (r < 0)
		connection_break(connection, "it is gone");
}

/* Returns true if there may be another call that can be taken now. */
static bool can_go_on(const struct connection *connection)
{
	return !connection->broken && !connection->busy &&
	       frame_waiting(&connection->output) == 0 && frame_may_have_next(&connection->input);
}

static bool is_finished(const struct connection *connection)
{
	return connection->broken || (connection->end && !connection->busy &&
				      frame_waiting(&connection->output) == 0 &&
				      !can_go_on(connection));
}

/* What it waits for. */
static uint32_t find_events(const struct connection *connection)
{
	size_t waiting = frame_waiting(&connection->output);
	uint32_t events = 0;

	/* Calls that are there are answered before more are read. */
	if (!connection->busy && !connection->end && waiting < BACK_PRESSURE &&
	    !frame_may_have_next(&connection->input))
		events |= EPOLLIN;
	/* With its turn over, it goes on when it can be written to, which mostly is now. */
	if (waiting > 0 || connection->produce || can_go_on(connection) || has_news(connection))
		events |= EPOLLOUT;
	return events;
}

/* Lets the connection wait for its next turn, or ends the connection. */
static void rest(struct connection *connection)
{
	/* Thousands that rest must not each keep the room of their last call. */
	if (!frame_is_partial(&connection->input))
		frame_input_done(&connection->input);
	user_count_held(connection);
	if (!is_finished(connection) && user_watch(connection, find_events(connection)) < 0)
		connection_break(connection, "out of memory");
	if (is_finished(connection))
		server_drop(connection->server, connection);
	else
		restart_timer(connection);
}

void connection_wake(struct connection *connection)
{
	if (connection->broken)
		connection_continue(connection);
	else if (!connection->continuing)
		rest(connection);
}

void connection_continue(struct connection *connection)
{
	/* A change that is answered at once calls this from below. */
	if (connection->continuing)
		return;
	connection->continuing = true;
	connection->turn_begin = user_begin_turn();
	do {
		take_calls(connection);
		send_output(connection);
	} while (can_go_on(connection) && !is_turn_over(connection));
	connection->continuing = false;
	rest(connection);
}

void connection_ready(struct connection *connection, uint32_t events)
{
	if (events & EPOLLIN) {
		int r = frame_read(&connection->input, connection->fd);

		if (r == -ENOTCONN)
			connection->end = true;
		else if (r == -EMSGSIZE)
			connection_break(connection, "its call is too long");
		else if (r < 0 && r != -EAGAIN)
			connection_break(connection, "it is gone");
	} else if (events & (EPOLLHUP | EPOLLERR) && connection->oneway) {
		/* It wants no answer, and may have sent more calls before it went. */
		user_unwatch(connection);
		return;
	} else if (events & (EPOLLHUP | EPOLLERR) && !can_go_on(connection)) {
		/* Both directions are shut: nobody is left to answer. */
		connection_break(connection, "it is gone");
	}
	connection_continue(connection);
}

static int on_timeout(sd_event_source *source, uint64_t now, void *userdata)
{
	struct connection *connection = userdata;
	struct pollfd waiting = { .fd = connection->fd, .events = POLLIN };

	(void)now;
	/* What it has sent in time is taken, however long we were kept from looking. */
	if (!connection->had_grace && !connection->busy && poll(&waiting, 1, 0) > 0 &&
	    waiting.revents & POLLIN) {
		connection->had_grace = true;
		sd_event_source_set_time_relative(source, GRACE);
		return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
	}
	connection_break(connection, "it takes too long");
	connection_continue(connection);
	return 0;
}

size_t connection_held(const struct connection *connection)
{
	return connection->input.size + connection->output.size;
}

void connection_give_up(struct connection *connection)
{
	connection_break(connection, "it holds more than there is for all");
	frame_input_done(&connection->input);
	frame_output_done(&connection->output);
	sd_event_source_set_time_relative(connection->timer, 0);
	sd_event_source_set_enabled(connection->timer, SD_EVENT_ONESHOT);
}

struct connection *connection_new(struct server *server, int fd, const struct peer *peer)
{
	struct connection *connection = calloc(1, sizeof(*connection));

	if (!connection || user_enter(server, peer, &connection->user) < 0) {
		free(connection);
		close(fd);
		return NULL;
	}
	connection->server = server;
	connection->fd = fd;
	connection->peer = *peer;
	frame_input_init(&connection->input, peer->may_change ? FRAME_CHANGE_MAX : FRAME_CALL_MAX);
	frame_output_init(&connection->output, CONNECTION_OUTPUT_MAX);
	if (user_watch(connection, EPOLLIN) < 0 ||
	    sd_event_add_time_relative(server->loop, &connection->timer, CLOCK_MONOTONIC,
				       server->idle_timeout, 0, on_timeout, connection) < 0) {
		connection_free(connection);
		return NULL;
	}
	sd_event_source_set_priority(connection->timer, SERVER_PRIORITY);
	return connection;
}

void connection_free(struct connection *connection)
{
	methods_forget(connection);
	news_leave(&connection->server->news, &connection->news);
	if (connection->busy)
		tally_count_call(&connection->server->tally, connection->method, TALLY_ABANDONED);
	sd_event_source_disable_unref(connection->timer);
	user_unwatch(connection);
	connection->user->held -= connection->held;
	user_leave(connection->user);
	close(connection->fd);
	frame_input_done(&connection->input);
	frame_output_done(&connection->output);
	free(connection->production);
	free(connection);
}
