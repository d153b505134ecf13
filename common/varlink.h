/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Varlink's envelopes: what a message says besides its parameters (varlink.org, "Method
 * Call" and "Reply").
 */
#ifndef APQD_COMMON_VARLINK_H
#define APQD_COMMON_VARLINK_H

#include <json-c/json.h>
#include <stdbool.h>

#include "common/macro.h"

#define VARLINK_INTERFACE "io.apqd.Manager"
#define VARLINK_SERVICE_INTERFACE "org.varlink.service"

/* Where the daemon listens; --root goes before it. */
#define VARLINK_SOCKET "/run/apqd/io.apqd.Manager"

struct varlink_call {
	const char *method;		/* borrowed from the message */
	struct json_object *parameters;	/* borrowed; NULL for none */
	bool more, oneway, upgrade;
};

struct varlink_reply {
	const char *error;		/* borrowed; NULL for success */
	struct json_object *parameters;	/* borrowed; NULL for none */
	bool continues;
};

/*
 * Both read an envelope out of a parsed message.  Return 0, or -EBADMSG for one that the
 * protocol does not allow: no object, no method, a wrong type, two flags at once, or
 * a member that is neither the protocol's nor a vendor's (theirs have a dot in the name).
 */
MUST_CHECK int varlink_read_call(struct json_object *message, struct varlink_call *ret_call);
MUST_CHECK int varlink_read_reply(struct json_object *message, struct varlink_reply *ret_reply);

/*
 * Make a message; parameters are taken over and may be NULL.  The caller puts it; NULL
 * without memory, and then parameters are let go all the same.
 */
struct json_object *varlink_make_call(const char *method, struct json_object *parameters, bool more,
				      bool oneway);
struct json_object *varlink_make_reply(struct json_object *parameters, bool continues);
struct json_object *varlink_make_error(const char *error, struct json_object *parameters);

#endif
