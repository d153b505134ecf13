/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A strict client: it sends any bytes to the daemon of a world, and checks that each call among them
 * gets the replies that it has to get, of the form that the interface says.
 */
#ifndef APQD_TESTS_FUZZ_CLIENT_H
#define APQD_TESTS_FUZZ_CLIENT_H

#include "common/frame.h"
#include "common/varlink.h"
#include "tests/fuzz/world.h"

struct client_call {
	struct json_object *message;	/* owned */
	struct varlink_call call;	/* what it says; borrowed */
};

struct client {
	struct world *world;
	int fd;
	bool may_change;
	const char *rest;		/* what is not sent yet; borrowed */
	size_t left;
	struct client_call *calls;	/* those that the bytes hold; owned */
	size_t count, next;		/* next: the one whose reply comes now */
	bool breaks;			/* what follows them is no call */
	bool ended;			/* the daemon has closed the connection */
	size_t received;		/* bytes */
	struct frame_input input;
	struct json_object *last;	/* owned: the last reply's parameters */
	bool failed;			/* the last reply was an error */
};

/* Connects a client that will send size bytes, which stay the caller's, and is accepted. */
void client_connect(struct client *client, struct world *world, bool may_change, const char *bytes,
		    size_t size);

/* Sends and receives until nothing is left to be sent, and nothing comes. */
void client_talk(struct client *client);

/* It sends no more: when the daemon is at rest, every call must have been answered. */
void client_end(struct client *client);

/* Closes the connection. */
void client_close(struct client *client);

/*
 * One call on a connection of its own, which has to be answered.  Returns 0 and the parameters of the
 * reply, which the caller puts, or -EPROTO for an error.  parameters are taken over.
 */
int client_ask(struct world *world, bool may_change, const char *method,
	       struct json_object *parameters, struct json_object **ret_reply);

#endif
