/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The handlers of methods that have files of their own, for the table in methods.c.  Each gets
 * parameters that fit the interface (NULL for none), and answers the call now or later.
 */
#ifndef APQD_DAEMON_API_HANDLERS_H
#define APQD_DAEMON_API_HANDLERS_H

#include "common/macro.h"
#include "common/uuid.h"
#include "daemon/varlink/connection.h"
#include "daemon/plan/request.h"

/* Finds the device that a client means; returns 0, or -ENOENT after the error has been sent. */
MUST_CHECK int methods_find_device(struct connection *connection, const char *text,
				   struct uuid *ret_uuid);

/* queues.c */
void queues_list(struct connection *connection, struct json_object *parameters);

/* devices.c */
void devices_list(struct connection *connection, struct json_object *parameters);

/* The number'th method's name without its interface, or NULL behind the last. */
const char *methods_name(unsigned int number);

/* The place of a word in a table, or -EINVAL. */
MUST_CHECK int handlers_find_word(const char *const *words, size_t count, const char *word);

/* explain.c */
void explain_answer_device(struct connection *connection, struct json_object *parameters);
void explain_answer_instruction(struct connection *connection, struct json_object *parameters);

/* metrics.c */
void metrics_answer(struct connection *connection, struct json_object *parameters);

/* reload.c */
void reload_files(struct connection *connection, struct json_object *parameters);

/* state.c */
void state_export(struct connection *connection, struct json_object *parameters);
void state_apply(struct connection *connection, struct json_object *parameters);

/* changes.c; the first queues a request whose outcome answers the call: 0 or -ENOMEM. */
MUST_CHECK int changes_submit(struct connection *connection, const struct request *request);
void changes_define(struct connection *connection, struct json_object *parameters);
void changes_undefine(struct connection *connection, struct json_object *parameters);
void changes_start(struct connection *connection, struct json_object *parameters);
void changes_stop(struct connection *connection, struct json_object *parameters);
void changes_assign(struct connection *connection, struct json_object *parameters);
void changes_unassign(struct connection *connection, struct json_object *parameters);
void changes_modify(struct connection *connection, struct json_object *parameters);
void changes_reserve(struct connection *connection, struct json_object *parameters);
void changes_release(struct connection *connection, struct json_object *parameters);
void changes_import(struct connection *connection, struct json_object *parameters);
void changes_set_interrupts(struct connection *connection, struct json_object *parameters);

#endif
