/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The users behind the connections.  Each has its share of their number, of the time and of the
 * memory, however many connections it makes: so nobody can take these from the others.  Of the time,
 * all users together who may not change anything have the share of one: anybody can be many users (user
 * namespaces give thousands of them).
 */
#ifndef APQD_DAEMON_VARLINK_USER_H
#define APQD_DAEMON_VARLINK_USER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

#include "common/macro.h"
#include "daemon/varlink/access.h"

struct connection;
struct server;

/* Connections at a time: of one user, of all, and how many of these are kept for whom. */
#define USER_CONNECTIONS_MAX 128
#define USERS_CONNECTIONS_MAX 512
#define USERS_CONNECTIONS_FOR_ROOT USER_CONNECTIONS_MAX
#define USERS_CONNECTIONS_FOR_CHANGES 128	/* for root and the group */

/*
 * The most, in bytes, that all connections together may hold of calls that have not come in whole
 * and of answers that have not gone out: of those who may change things, and of all others.
 */
#define USERS_HELD_CHANGE_MAX (128u << 20)
#define USERS_HELD_MAX (64u << 20)

/*
 * How long a user is served before it is the others' turn, in microseconds, but for the call or the
 * part of an answer that is under way: one that reads as fast as it is answered would have no end.
 */
#define USER_TURN 2000u

/* So many bytes of events a user's connections are sent in a turn of theirs, together. */
#define USER_TURN_NEWS (1u << 20)

/* A user counts twice where only some of its programs are in the group. */
struct user {
	struct user *next;
	struct server *server;
	uid_t uid;
	bool may_change;
	unsigned int count;		/* of its connections */
	size_t held;			/* by them, in bytes */
	size_t budget;			/* bytes of events that they may still be sent in this turn */
	int epoll;			/* they are watched here, so that they have one turn together */
	sd_event_source *source;	/* of epoll; NULL: it is watched with those of other users */
};

/* Before the first connection; returns 0 or a negative errno. */
MUST_CHECK int user_start(struct server *server);

/* When no connection is left. */
void user_end(struct server *server);

/*
 * Finds or makes the user of a new connection, and counts that.  Returns 0, -EUSERS where there are
 * too many connections already, which is counted too, or another negative errno.
 */
MUST_CHECK int user_enter(struct server *server, const struct peer *peer, struct user **ret_user);

/* One connection less; with the last one the user goes. */
void user_leave(struct user *user);

/* The time now, for the other, which says whether a turn that has begun then is over. */
uint64_t user_begin_turn(void);
bool user_turn_is_over(uint64_t begin);

/*
 * Calls connection_ready() when the connection's turn comes and one of events (of epoll) or its end
 * is there.  Returns 0 or a negative errno.
 */
MUST_CHECK int user_watch(struct connection *connection, uint32_t events);
void user_unwatch(struct connection *connection);

/*
 * Counts what the connection holds now.  Where all hold too much, the largest connections of the
 * user who holds most are broken until they do not; this may be one of them.
 */
void user_count_held(struct connection *connection);

#endif
