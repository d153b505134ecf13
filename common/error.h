/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one table of errors: what went wrong, its name on the wire, the exit status of
 * apqctl, and the sentence that an administrator reads.
 *
 * Inside the program a failure of the system is a negative errno; a failure that a
 * client must hear about is a struct error, filled in where it is found.
 */
#ifndef APQD_COMMON_ERROR_H
#define APQD_COMMON_ERROR_H

#include <json-c/json.h>

#include "common/cleanup.h"
#include "common/macro.h"

enum error_code {
	ERROR_NONE,
	/* io.apqd.Manager */
	ERROR_NO_SUCH_DEVICE,
	ERROR_AMBIGUOUS_DEVICE,
	ERROR_DEVICE_EXISTS,
	ERROR_DEVICE_IN_USE,
	ERROR_CONFLICT,
	ERROR_INTERRUPTS_UNAVAILABLE,
	ERROR_UNSUPPORTED,
	ERROR_LOCKED,
	ERROR_KERNEL_REFUSED,
	ERROR_STORE_FAILED,
	ERROR_BAD_DEFINITION,
	ERROR_LIMIT_REACHED,
	ERROR_MOVED,
	/* org.varlink.service */
	ERROR_INTERFACE_NOT_FOUND,
	ERROR_METHOD_NOT_FOUND,
	ERROR_METHOD_NOT_IMPLEMENTED,
	ERROR_INVALID_PARAMETER,
	ERROR_PERMISSION_DENIED,
	ERROR_EXPECTED_MORE,
	/* Known to a client only */
	ERROR_USAGE,
	ERROR_NOT_REACHABLE,
	ERROR_PROTOCOL,
	ERROR_OTHER,
	ERROR_CODES
};

/* Exit statuses of apqctl; scripts rely on them. */
enum exit_status {
	EXIT_STATUS_DONE = 0,
	EXIT_STATUS_FAILED = 1,
	EXIT_STATUS_USAGE = 2,
	EXIT_STATUS_NO_SUCH_DEVICE = 3,
	EXIT_STATUS_CONFLICT = 4,
	EXIT_STATUS_NOT_PERMITTED = 5,
	EXIT_STATUS_NOT_REACHABLE = 6,
};

struct error {
	enum error_code code;
	struct json_object *parameters;	/* owned; NULL for none */
};

/* Lets go of what *error holds and makes it ERROR_NONE. */
void error_done(struct error *error);

#define CLEANUP_ERROR CLEANUP(error_done)

/* The name on the wire, for example "io.apqd.Manager.NoSuchDevice"; NULL for a client's own codes. */
const char *error_name(enum error_code code);

/* The code of a name on the wire; ERROR_OTHER for one that is not in the table. */
enum error_code error_from_name(const char *name);

enum exit_status error_exit_status(enum error_code code);

/*
 * The sentence for people, made from the code and what the parameters say; several lines
 * for a conflict, one per queue.  name is what to call an ERROR_OTHER, or NULL.
 * The caller frees it; NULL without memory.
 */
char *error_describe(enum error_code code, const char *name, struct json_object *parameters);

/*
 * Each of these fills *ret and returns -ECANCELED, which says "look at the error", so that
 * a finder of the failure can return the call.  Without memory they return -ENOMEM and
 * leave *ret alone.  Strings are copied; problems, users and matches are taken over.
 */
int error_set_device(struct error *ret, enum error_code code, const char *device);
int error_set_reason(struct error *ret, enum error_code code, const char *format, ...)
	PRINTF_LIKE(3, 4);
int error_set_parameter(struct error *ret, const char *parameter);
int error_set_ambiguous(struct error *ret, const char *device, struct json_object *matches);

/* ERROR_DEVICE_EXISTS, and a sentence about it. */
int error_set_exists(struct error *ret, const char *device, const char *format, ...)
	PRINTF_LIKE(3, 4);
int error_set_conflict(struct error *ret, struct json_object *problems);
int error_set_in_use(struct error *ret, const char *device, const char *name, struct json_object *users);
int error_set_locked(struct error *ret, int pid, const char *command);
int error_set_limit(struct error *ret, const char *what, int limit);
int error_set_moved(struct error *ret, const char *expected, const char *revision);

/* For ERROR_KERNEL_REFUSED and ERROR_STORE_FAILED: what was tried, the errno, and why in words. */
int error_set_errno(struct error *ret, enum error_code code, const char *operation, int errnum,
		    const char *message);
int error_set_code(struct error *ret, enum error_code code);

/*
 * Says whose the error is, where it is a device's and its sentence does not say so yet: the UUID, and the name
 * ("" for none).  Errors of other kinds are left as they are.
 */
void error_set_subject(struct error *error, const char *device, const char *name);

/* The symbol of a positive errno, for example "EADDRINUSE"; "unknown" for one that has none. */
const char *error_errno_name(int errnum);

#endif
