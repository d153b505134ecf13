/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One connection to apqd: sends a call, waits for its replies, and gives up in time.
 * It prints nothing and knows no method.
 */
#ifndef APQD_CLI_CLIENT_H
#define APQD_CLI_CLIENT_H

#include <json-c/json.h>
#include <stdbool.h>
#include <sys/types.h>

#include "common/cleanup.h"
#include "common/frame.h"
#include "common/macro.h"

/* How long apqd may take to accept a connection and a call, and to answer a question. */
#define CLIENT_CONNECT_TIMEOUT 5000	/* milliseconds, as all of these */
#define CLIENT_READ_TIMEOUT 30000

/* For changes and events: the end of a stop may wait for a guest, an event for years. */
#define CLIENT_NO_TIMEOUT (-1)

struct client {
	int fd;			/* -1: not connected */
	int cancel_fd;		/* when it becomes readable, waiting ends; -1: none; borrowed */
	pid_t helper;		/* the process at the other end of fd; 0: none */
	bool untaken;		/* the last call could not be sent whole, so nobody carries it out */
	struct frame_input input;
	struct frame_output output;
};

/* What came back.  All zero is an empty one. */
struct reply {
	struct json_object *message;	/* owned; the rest is borrowed from it */
	struct json_object *parameters;	/* an object, or NULL for none */
	const char *error;		/* the name on the wire; NULL for success */
	bool continues;			/* another reply follows */
};

void reply_done(struct reply *reply);

#define CLEANUP_REPLY CLEANUP(reply_done)

/*
 * One that is large and needed until the program ends: to free it piece by piece would take a
 * quarter of the time of the whole command.  Where leaks are looked for it is freed (configure.ac).
 */
#ifndef REPLY_TO_THE_END
#define REPLY_TO_THE_END static
#endif

/* Makes *client one that is not connected. */
void client_init(struct client *client);
void client_done(struct client *client);

/*
 * Closes the connection, and waits for the helper, which thereby has its end; one that stays for a
 * second is ended.  Returns its status as of waitpid(2), 0 without a helper.
 */
int client_end(struct client *client);

#define CLEANUP_CLIENT CLEANUP(client_done)

/*
 * Connects to the socket at path.  Returns 0 or a negative errno; -ENAMETOOLONG for a
 * path that no socket can have.
 */
MUST_CHECK int client_connect(struct client *client, const char *path);

/* Sends a call; parameters are taken over and may be NULL.  Returns 0 or a negative errno. */
MUST_CHECK int client_send(struct client *client, const char *method,
			   struct json_object *parameters, bool more);

/*
 * Waits for the next reply, at most timeout milliseconds (0: only looks).  An error
 * reply is a reply.  Returns 0, -ETIMEDOUT, -ENOTCONN where apqd has closed the
 * connection, -EBADMSG for what is no Varlink reply, -ECANCELED by cancel_fd, or another
 * negative errno.
 */
MUST_CHECK int client_receive(struct client *client, int timeout, struct reply *ret_reply);

/* Sends a call and waits for its one reply; as the two above. */
MUST_CHECK int client_call(struct client *client, const char *method,
			   struct json_object *parameters, int timeout, struct reply *ret_reply);

/*
 * Sends a call with "more" and joins the lists called member of all replies into the one
 * that is returned, which is an error reply as soon as one is.  timeout is for each
 * reply.  As above, and -EMSGSIZE for an unreasonably long list.
 */
MUST_CHECK int client_collect(struct client *client, const char *method,
			      struct json_object *parameters, const char *member, int timeout,
			      struct reply *ret_reply);

#endif
