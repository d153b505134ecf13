/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/varlink/server.h"

#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "daemon/varlink/access.h"
#include "daemon/varlink/interface.h"
#include "daemon/varlink/listener.h"
#include "daemon/api/reload.h"
#include "daemon/api/subscribe.h"
#include "daemon/log.h"

/* After a failed accept() the listener rests for so long, in microseconds, not to run in circles. */
#define PAUSE 100000u

/*
 * Clients are let in one by one, with those served in between that are in already, so that a burst
 * of short calls stays below the limits.  But nobody stands in line for longer than this, in
 * microseconds, because of the calls of others: then all of it are let in or sent away at once.
 */
#define LINE_TIME 200000u

/*
 * A buffer of so many bytes goes back to the system as soon as it is freed.  The allocator would keep
 * more and more for itself after the first large one.
 */
#define LARGE_BUFFER (32 << 10)

/*
 * Told to end, calls under way may take so long, in microseconds: enough for a change that waits for
 * the AP configuration lock and one more.  The service's TimeoutStopSec= is longer.
 */
#define STOP_TIME 20000000u

static int on_pause_end(sd_event_source *source, uint64_t now, void *userdata)
{
	struct server *server = userdata;

	(void)source;
	(void)now;
	sd_event_source_set_enabled(server->source, SD_EVENT_ON);
	return 0;
}

static void pause_listening(struct server *server)
{
	if (!server->paused)
		log_warning("Cannot accept connections: %m. Retrying every 100 ms.");
	server->paused = true;
	server->pause = sd_event_source_disable_unref(server->pause);
	if (sd_event_add_time_relative(server->loop, &server->pause, CLOCK_MONOTONIC, PAUSE, 0,
				       on_pause_end, server) >= 0)
		sd_event_source_set_enabled(server->source, SD_EVENT_OFF);
}

/* Returns whether somebody was there, or may be now. */
static bool accept_one(struct server *server)
{
	CLEANUP_CLOSE int client = accept4(server->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct connection *connection;
	struct peer peer;

	if (client < 0 && (errno == EINTR || errno == ECONNABORTED))
		return true;
	if (client < 0)
		return false;
	if (access_identify(client, group_id(server->group), &peer) < 0)
		return true;
	if (!peer.may_change)
		group_refresh(server->group);
	connection = connection_new(server, TAKE_FD(client), &peer);
	if (!connection)
		return true;
	connection->next = server->connections;
	server->connections = connection;
	server->count++;
	server->paused = false;
	server->tally.accepted++;
	return true;
}

static int on_connect(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct server *server = userdata;
	struct pollfd line = { .fd = fd, .events = POLLIN };
	unsigned int max = 1, n = 0;
	uint64_t now = 0;

	(void)source;
	(void)revents;
	sd_event_now(server->loop, CLOCK_MONOTONIC, &now);
	if (server->line_begin > 0 && now - server->line_begin >= LINE_TIME)
		max = SOMAXCONN;
	while (n < max && accept_one(server))
		n++;
	if (n == 0 && errno != EAGAIN)
		pause_listening(server);
	if (poll(&line, 1, 0) == 0)
		server->line_begin = 0;
	else if (server->line_begin == 0)
		server->line_begin = now;
	return 0;
}

void server_drop(struct server *server, struct connection *connection)
{
	struct connection **link = &server->connections;

	while (*link && *link != connection)
		link = &(*link)->next;
	if (*link) {
		*link = connection->next;
		server->count--;
	}
	connection_free(connection);
}

static int fail(char **ret_message, const char *what, const char *path, int error)
{
	if (asprintf(ret_message, "Could not %s %s: %s.", what, path, strerror(-error)) < 0)
		*ret_message = NULL;
	return error;
}

static int start(struct server *server, const struct server_config *config, char **ret_message)
{
	unsigned int line;
	int r = idl_parse(interface_manager, &server->manager_idl, &line);

	if (r == 0)
		r = idl_parse(interface_service, &server->service_idl, &line);
	if (r < 0)
		return fail(ret_message, "read the interface", "io.apqd.Manager", r);
	server->fd = config->fd;
	if (config->fd < 0) {
		r = listener_open(config->socket, &server->fd, ret_message);
		if (r < 0)
			return r;
		server->path = strdup(config->socket);
	}
	r = user_start(server);
	if (r >= 0)
		r = sd_event_add_io(server->loop, &server->source, server->fd, EPOLLIN, on_connect,
				    server);
	if (r >= 0)
		r = sd_event_source_set_priority(server->source, SERVER_PRIORITY);
	if (r >= 0)
		r = reload_start(server);
	if (r >= 0)
		r = subscribe_start(server);
	return r < 0 ? fail(ret_message, "listen on", config->socket, r) : 0;
}

int server_new(sd_event *loop, struct manager *manager, const struct server_config *config,
	       struct server **ret_server, char **ret_message)
{
	struct server *server = calloc(1, sizeof(*server));
	int r;

	if (!server)
		return fail(ret_message, "listen on", config->socket, -ENOMEM);
	mallopt(M_MMAP_THRESHOLD, LARGE_BUFFER);
	server->loop = sd_event_ref(loop);
	server->manager = manager;
	server->fd = server->readers = -1;
	server->tally.start = time(NULL);
	server->idle_timeout = (uint64_t)config->idle_timeout * 1000000;
	r = group_new(loop, config->group, &server->group);
	if (r < 0)
		fail(ret_message, "prepare a thread to find the group", config->group, r);
	else
		r = start(server, config, ret_message);
	if (r < 0) {
		server_free(server);
		return r;
	}
	*ret_server = server;
	return 0;
}

/* Returns true if its answer comes in a time that a daemon that is to end can wait for. */
static bool is_worth_waiting(const struct connection *connection)
{
	return !connection->monitors &&
	       !manager_waits_for_guest(connection->server->manager, connection);
}

/* Runs after anything else has: are all answers out? */
static int on_stopping(sd_event_source *source, void *userdata)
{
	struct server *server = userdata;
	struct connection *next;

	for (struct connection *c = server->connections; c; c = next) {
		next = c->next;
		if (!is_worth_waiting(c))
			server_drop(server, c);
	}
	if (server->connections)
		return 0;
	sd_event_source_set_enabled(source, SD_EVENT_OFF);
	return sd_event_exit(server->loop, 0);
}

static int on_stop_time(sd_event_source *source, uint64_t now, void *userdata)
{
	struct server *server = userdata;

	(void)source;
	(void)now;
	log_warning("Ending with %u calls unanswered, because they take too long.", server->count);
	return sd_event_exit(server->loop, 0);
}

/*
 * Nobody comes any more.  Those who have connected already are let in; where the socket is the
 * service manager's they wait in it for the next daemon instead.
 */
static void stop_listening(struct server *server)
{
	server->source = sd_event_source_disable_unref(server->source);
	server->pause = sd_event_source_disable_unref(server->pause);
	if (!server->path)
		return;
	unlink(server->path);
	free(TAKE_PTR(server->path));
	shutdown(server->fd, SHUT_RD);
	while (accept_one(server))
		;
}

void server_stop(struct server *server)
{
	int r;

	if (server->stopping) {
		sd_event_exit(server->loop, 0);
		return;
	}
	server->stopping = true;
	subscribe_flush(server);
	stop_listening(server);
	/*
	 * What has been sent can still be read, and whoever sends more is told that nobody does:
	 * a call is answered or was never taken.
	 */
	for (struct connection *c = server->connections; c; c = c->next)
		shutdown(c->fd, SHUT_RD);
	r = sd_event_add_post(server->loop, &server->stop_post, on_stopping, server);
	if (r >= 0)
		r = sd_event_add_time_relative(server->loop, &server->stop_timer, CLOCK_MONOTONIC,
					       STOP_TIME, 0, on_stop_time, server);
	if (r < 0)
		sd_event_exit(server->loop, 0);
	else
		on_stopping(server->stop_post, server);
}

void server_free(struct server *server)
{
	if (!server)
		return;
	while (server->connections)
		server_drop(server, server->connections);
	subscribe_end(server);
	user_end(server);
	group_free(server->group);
	sd_event_source_disable_unref(server->source);
	sd_event_source_disable_unref(server->pause);
	sd_event_source_disable_unref(server->reload_post);
	sd_event_source_disable_unref(server->stop_post);
	sd_event_source_disable_unref(server->stop_timer);
	if (server->path)
		unlink(server->path);
	if (server->fd >= 0)
		close(server->fd);
	free(server->path);
	idl_free(server->manager_idl);
	idl_free(server->service_idl);
	sd_event_unref(server->loop);
	free(server);
}
