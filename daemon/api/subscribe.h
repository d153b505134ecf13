/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Monitor: tells every subscriber the present state and then each change, once.
 */
#ifndef APQD_DAEMON_API_SUBSCRIBE_H
#define APQD_DAEMON_API_SUBSCRIBE_H

#include "common/macro.h"
#include "daemon/varlink/server.h"

/* A subscriber that is behind by more than this, in bytes, is too slow and loses its connection. */
#define SUBSCRIBE_WAITING_MAX (2u << 20)

MUST_CHECK int subscribe_start(struct server *server);
void subscribe_end(struct server *server);

/* Answers a call of Monitor with more: queues the present state, and keeps the connection busy. */
void subscribe_add(struct connection *connection);

/* Makes and sends at once, as far as subscribers take it, what waits for its turn: before the end. */
void subscribe_flush(struct server *server);

/* A manager's listener. */
void subscribe_changed(void *server, enum manager_thing thing, struct apqn apqn,
		       const struct uuid *uuid);

#endif
