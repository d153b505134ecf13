/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Calls as verbs make them: connect where that has not been done, ask, and tell the user
 * of a failure, in words and for programs.
 */
#ifndef APQD_CLI_CALL_H
#define APQD_CLI_CALL_H

#include "cli/client.h"
#include "cli/verbs.h"
#include "common/error.h"
#include "common/macro.h"

/*
 * Connects to apqd, on this machine or by --host.  Returns 0, or a negative errno of client_connect()
 * or remote_connect(), for call_failed().
 */
MUST_CHECK int call_connect(struct client *client, const struct options *options);

/* Where apqd is, for people: "apqd at PATH" or "apqd on HOST".  The caller frees it; NULL without memory. */
char *call_place(const struct options *options);

/*
 * Calls method of io.apqd.Manager (parameters are taken over, and may be NULL) and waits
 * at most timeout milliseconds for its reply.  Every failure, also an error reply, is
 * told.  Returns EXIT_STATUS_DONE and the reply, or what apqctl shall exit with.
 */
MUST_CHECK int call(struct run *run, const char *method, struct json_object *parameters,
		    int timeout, struct reply *ret_reply);

/* The same, but an error reply is for the caller to judge: it counts as done. */
MUST_CHECK int call_try(struct run *run, const char *method, struct json_object *parameters,
			int timeout, struct reply *ret_reply);

/* The same as call() for a method that answers in parts: the lists called member are joined. */
MUST_CHECK int call_collect(struct run *run, const char *method, struct json_object *parameters,
			    const char *member, struct reply *ret_reply);

/* Tells of an error reply; returns what apqctl shall exit with. */
int call_refused(struct run *run, const struct reply *reply);

/* Tells that there is no device which is called so; returns what apqctl shall exit with. */
int call_no_such_device(const struct run *run, const char *device);

/* Tells why apqd cannot be reached (a negative errno of client.h); returns the exit status. */
int call_failed(const struct run *run, int errnum);

/* Tells of a failure of the system itself (a negative errno); returns the exit status. */
int call_broken(int errnum);

/* A new object of parameters with the member device, or NULL without memory. */
struct json_object *call_device_parameters(const char *device);

#endif
