/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/varlink/user.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "daemon/varlink/connection.h"
#include "daemon/varlink/server.h"

static bool is_full(const struct server *server, const struct peer *peer)
{
	const unsigned int others_max = USERS_CONNECTIONS_MAX - USERS_CONNECTIONS_FOR_ROOT;
	unsigned int same = 0, others = 0, readers = 0;

	for (const struct user *user = server->users; user; user = user->next) {
		same += user->uid == peer->uid ? user->count : 0;
		others += user->uid != 0 ? user->count : 0;
		readers += user->may_change ? 0 : user->count;
	}
	return same >= USER_CONNECTIONS_MAX || (peer->uid != 0 && others >= others_max) ||
	       (!peer->may_change && readers >= others_max - USERS_CONNECTIONS_FOR_CHANGES);
}

static uint64_t read_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

uint64_t user_begin_turn(void)
{
	return read_clock();
}

bool user_turn_is_over(uint64_t begin)
{
	return read_clock() - begin >= USER_TURN;
}

/*
 * Epoll has the user's connections take turns, and the loop the users.  With one queue for all, who
 * makes a hundred connections would be served a hundred times as often.
 */
static void serve(struct user *user)
{
	uint64_t begin = user_begin_turn();
	struct epoll_event event;

	user->budget = USER_TURN_NEWS;
	/* The last connection may go on the way. */
	user->count++;
	/* One at a time: to serve one can end others. */
	while (epoll_wait(user->epoll, &event, 1, 0) == 1) {
		connection_ready(event.data.ptr, event.events);
		if (user_turn_is_over(begin) || user->budget == 0)
			break;
	}
	user_leave(user);
}

static int on_turn(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	(void)source;
	(void)fd;
	(void)revents;
	serve(userdata);
	return 0;
}

/* One of the users who may not change anything has a turn. */
static int on_turn_of_readers(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct epoll_event event;

	(void)source;
	(void)revents;
	(void)userdata;
	if (epoll_wait(fd, &event, 1, 0) == 1)
		serve(event.data.ptr);
	return 0;
}

int user_start(struct server *server)
{
	int r;

	server->readers = epoll_create1(EPOLL_CLOEXEC);
	if (server->readers < 0)
		return -errno;
	r = sd_event_add_io(server->loop, &server->readers_source, server->readers, EPOLLIN,
			    on_turn_of_readers, server);
	return r < 0 ? r : sd_event_source_set_priority(server->readers_source, SERVER_PRIORITY);
}

void user_end(struct server *server)
{
	server->readers_source = sd_event_source_disable_unref(server->readers_source);
	if (server->readers >= 0)
		close(server->readers);
	server->readers = -1;
}

/* A turn of its own for one who may change things; the others have theirs in turn. */
static int watch(struct server *server, struct user *user)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = user };
	int r;

	if (!user->may_change)
		return epoll_ctl(server->readers, EPOLL_CTL_ADD, user->epoll, &event) < 0 ? -errno : 0;
	r = sd_event_add_io(server->loop, &user->source, user->epoll, EPOLLIN, on_turn, user);
	return r < 0 ? r : sd_event_source_set_priority(user->source, SERVER_PRIORITY);
}

static void free_user(struct user *user)
{
	sd_event_source_disable_unref(user->source);
	/* As with a connection: to close it would not do. */
	if (user->epoll >= 0 && !user->may_change)
		epoll_ctl(user->server->readers, EPOLL_CTL_DEL, user->epoll, NULL);
	if (user->epoll >= 0)
		close(user->epoll);
	free(user);
}

static int make_user(struct server *server, const struct peer *peer, struct user **ret_user)
{
	struct user *user = calloc(1, sizeof(*user));
	int r;

	if (!user)
		return -ENOMEM;
	user->server = server;
	user->uid = peer->uid;
	user->may_change = peer->may_change;
	user->epoll = epoll_create1(EPOLL_CLOEXEC);
	r = user->epoll < 0 ? -errno : watch(server, user);
	if (r < 0) {
		free_user(user);
		return r;
	}
	user->next = server->users;
	server->users = user;
	*ret_user = user;
	return 0;
}

int user_enter(struct server *server, const struct peer *peer, struct user **ret_user)
{
	struct user *user = server->users;
	int r = 0;

	if (is_full(server, peer)) {
		server->tally.refused++;
		return -EUSERS;
	}
	while (user && !(user->uid == peer->uid && user->may_change == peer->may_change))
		user = user->next;
	if (!user)
		r = make_user(server, peer, &user);
	if (r < 0)
		return r;
	user->count++;
	*ret_user = user;
	return 0;
}

void user_leave(struct user *user)
{
	struct user **link = &user->server->users;

	if (--user->count > 0)
		return;
	while (*link != user)
		link = &(*link)->next;
	*link = user->next;
	free_user(user);
}

int user_watch(struct connection *connection, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = connection };
	int operation = connection->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;

	if (connection->watched && connection->events == events)
		return 0;
	if (epoll_ctl(connection->user->epoll, operation, connection->fd, &event) < 0)
		return -errno;
	connection->watched = true;
	connection->events = events;
	return 0;
}

void user_unwatch(struct connection *connection)
{
	/* To close it would not do: a child that waits for a guest may still have it. */
	if (connection->watched)
		epoll_ctl(connection->user->epoll, EPOLL_CTL_DEL, connection->fd, NULL);
	connection->watched = false;
}

/* What all of those hold who may change things, or of those who may not. */
static size_t sum_held(const struct server *server, bool may_change)
{
	size_t held = 0;

	for (const struct user *user = server->users; user; user = user->next)
		held += user->may_change == may_change ? user->held : 0;
	return held;
}

/* The largest connection of the user who holds most; NULL where nobody holds anything. */
static struct connection *find_largest(struct server *server, bool may_change)
{
	struct connection *largest = NULL;
	const struct user *most = NULL;

	for (const struct user *user = server->users; user; user = user->next)
		if (user->may_change == may_change && (!most || user->held > most->held))
			most = user;
	for (struct connection *c = server->connections; c; c = c->next)
		if (c->user == most && c->held > 0 && (!largest || c->held > largest->held))
			largest = c;
	return largest;
}

static void set_held(struct connection *connection, size_t held)
{
	connection->user->held += held - connection->held;
	connection->held = held;
}

void user_count_held(struct connection *connection)
{
	struct server *server = connection->server;
	bool may_change = connection->user->may_change;
	size_t max = may_change ? USERS_HELD_CHANGE_MAX : USERS_HELD_MAX;
	size_t held = connection_held(connection);
	bool grows = held > connection->held;
	struct connection *largest;

	set_held(connection, held);
	while (grows && sum_held(server, may_change) > max &&
	       (largest = find_largest(server, may_change))) {
		connection_give_up(largest);
		set_held(largest, 0);
	}
}
