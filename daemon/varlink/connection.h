/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One client: its calls come in, one at a time is answered, its replies go out.  Whatever it
 * does wrong ends this connection and nothing else.
 */
#ifndef APQD_DAEMON_VARLINK_CONNECTION_H
#define APQD_DAEMON_VARLINK_CONNECTION_H

#include <stdbool.h>
#include <systemd/sd-event.h>

#include "common/error.h"
#include "common/frame.h"
#include "daemon/varlink/access.h"
#include "daemon/api/news.h"

struct server;
struct user;

/* The most that may wait for a client that does not read, without events: a large reply. */
#define CONNECTION_OUTPUT_MAX FRAME_REPLY_MAX

struct connection {
	struct server *server;
	struct connection *next;
	struct user *user;
	int fd;
	sd_event_source *timer;
	uint32_t events;	/* of epoll, which are watched for by user_watch() */
	bool watched;
	uint64_t turn_begin;	/* by user_begin_turn() */
	struct peer peer;
	struct frame_input input;
	struct frame_output output;
	size_t held;		/* by the two, as it was counted last */
	bool called;		/* it has sent a call: it is a client, not a mistake */
	uint64_t calls;		/* how many */
	struct progress {
		uint64_t calls, written, read;
	} progress;		/* how far it had come when its time began; all zero: it has none */
	bool had_grace;		/* its time has been made longer since */
	bool end;		/* it will send nothing more */
	bool broken;		/* to be closed by the function on top */
	bool continuing;	/* connection_continue() is at work and will see what changed */

	/* The call that is being answered. */
	bool busy;
	bool more, oneway;
	unsigned int method;	/* its number, or TALLY_OTHER */
	bool monitors;		/* by Monitor: it stays busy for good */
	struct news_reader news;	/* the events that it has not been sent, if it monitors */
	const struct uuid *told;	/* until all devices have been told: the last one; else NULL */
	bool reloads;		/* by Reload: until the files have been read */
	bool dry_run;		/* a change that is only planned */

	/* Produces the next part of a long answer whenever the last one is out; NULL: none is due. */
	void (*produce)(struct connection *connection);
	void *production;	/* what produce needs: free()d with the call */
};

/*
 * Takes fd over.  Returns the connection, or NULL (fd is closed) without memory, or where there are
 * too many already.
 */
struct connection *connection_new(struct server *server, int fd, const struct peer *peer);

/* Ends it: whoever works for it is told to forget it.  The server unlinks it first. */
void connection_free(struct connection *connection);

/*
 * Answer the call under way, whose parameters are taken over; with continues there will be
 * more.  A oneway call is answered by silence.
 */
void connection_reply(struct connection *connection, struct json_object *parameters, bool continues);
void connection_error(struct connection *connection, const struct error *error);

/* Sends what waits, and goes on with the next call if there is one.  May free the connection. */
void connection_continue(struct connection *connection);

/* Does the same at the next turn of its user: nothing is sent or begun here.  May free the connection. */
void connection_wake(struct connection *connection);

/* Some of the watched events of epoll are there.  May free the connection. */
void connection_ready(struct connection *connection, uint32_t events);

/* The client has done something that it must not: its connection ends at the next continue. */
void connection_break(struct connection *connection, const char *why);

/* The bytes that it has for its calls and its answers. */
size_t connection_held(const struct connection *connection);

/* Breaks it and lets these bytes go now; it ends at its next turn, which comes by itself. */
void connection_give_up(struct connection *connection);

#endif
