/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the daemon has to say: to the journal with fields where the service manager connected
 * it, else as lines on standard error, where messages for debugging are left out.
 */
#ifndef APQD_DAEMON_LOG_H
#define APQD_DAEMON_LOG_H

#include <json-c/json.h>
#include <stdbool.h>
#include <sys/types.h>
#include <syslog.h>

#include "common/macro.h"
#include "common/uuid.h"

/*
 * What an administrator may have to act on, or wants to find: the field MESSAGE_ID.  Each has an
 * entry in systemd/apqd.catalog.in, which 'journalctl -x' shows.  They stay as they are for good.
 */
#define MESSAGE_CHANGED "4b81c4c2532245b0a56923e2080e6f61"		/* by a client */
#define MESSAGE_REFUSED "e51b76b42b0943e39f3b471c129bc2de"		/* what a client wanted */
#define MESSAGE_NOT_UNDONE "4e06109df4d94291b182c1906607f670"		/* half a change is left */
#define MESSAGE_CUT_OFF "7e0fb60d69684267a14ecccfd67f0ef9"		/* a change, by a kill */
#define MESSAGE_POLICY_FAILED "6eb5d47040f2414f8a3812873e9c3af4"	/* the host policy's */
#define MESSAGE_NO_GROUP "d3c67a36630840c4934e3aaabb1e9128"		/* that may change things */
/* Of problems (daemon/model/problem.h): some have one of their own, all others the first. */
#define MESSAGE_PROBLEM "d88ce8cff2d14b5e8b814db0ce68363a"
#define MESSAGE_NOT_STARTED "aa666f8617974670844024198f362023"
#define MESSAGE_BAD_DEFINITION "896aed9152064326b971c37e071bf87e"
#define MESSAGE_BAD_POLICY "cd4bf5d88f4e4fd2abf0993dd9dc0969"
#define MESSAGE_RESERVATION_LOST "d39368f0b7654281b91ea9123df96a28"
#define MESSAGE_CHECKSTOPPED "70a69f4dc56348468a85d629648379b4"

/* Fields of the journal besides the sentence.  All is borrowed; what is NULL or false is left out. */
struct log_fields {
	const char *id;			/* MESSAGE_ID: one of the above */
	const struct uuid *device;	/* APQD_DEVICE, and its name as APQD_DEVICE_NAME */
	const char *operation;		/* APQD_OPERATION: a verb */
	const char *problem;		/* APQD_PROBLEM: a code */
	const char *error;		/* APQD_ERROR: a name */
	bool has_caller;		/* APQD_CALLER_PID and APQD_CALLER_UID */
	pid_t caller_pid;
	uid_t caller_uid;
	struct json_object *queues;	/* a list of APQNs: APQD_QUEUE once for each */
	struct json_object *steps;	/* a list of Step (describe_steps()): APQD_STEP likewise */
};

/* More queues or steps than this of one message are left out of its fields. */
#define LOG_REPEATED_MAX 256

/*
 * A function that returns the name of a device ("" for none, NULL if unknown).  A line with the
 * field device whose text does not name the device begins with "Device web1 (UUID): ".
 */
typedef const char *(*log_namer_fn)(const void *userdata, const struct uuid *uuid);
void log_set_namer(log_namer_fn namer, const void *userdata);

/* Looks where standard error goes; without it, lines go there. */
void log_open(void);

/*
 * One message of a level of syslog.h.  A control character becomes a blank, so that a sentence that
 * quotes a file or a program stays one line.
 */
void log_fields(int level, const struct log_fields *fields, const char *format, ...)
	PRINTF_LIKE(3, 4);

/* The same with no more fields than a device, or NULL. */
void log_message(int level, const struct uuid *device, const char *format, ...) PRINTF_LIKE(3, 4);

#define log_error(...) log_message(LOG_ERR, NULL, __VA_ARGS__)
#define log_warning(...) log_message(LOG_WARNING, NULL, __VA_ARGS__)
#define log_notice(...) log_message(LOG_NOTICE, NULL, __VA_ARGS__)
#define log_info(...) log_message(LOG_INFO, NULL, __VA_ARGS__)

#endif
