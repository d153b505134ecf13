/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state of each thing as subscribers last saw it, and the events that report differences. */
#ifndef APQD_DAEMON_API_ANNOUNCE_H
#define APQD_DAEMON_API_ANNOUNCE_H

#include <json-c/json.h>
#include <stdint.h>

#include "common/apqn.h"
#include "common/macro.h"
#include "common/mask.h"
#include "common/uuid-list.h"

struct server;

/* A device as subscribers last saw it. */
struct announced_device {
	struct uuid uuid;
	char *text;	/* as JSON: of thousands of devices, trees would be ten times as large */
};

/* All zero at first. */
struct announced {
	int64_t sequence;		/* of the last event */
	struct uuid_list devices;	/* of struct announced_device */
	struct mask cards;		/* which were there */
	struct mask queues[APQN_IDS];
	struct json_object *host;
	bool lost;			/* an event could not be made: there was no memory */
};

/* Takes all that is there now for known, and tells the problems that there are. */
void announce_start(struct server *server);
void announce_end(struct server *server);

/* Look at the thing; if it looks different from what was told, this adds its events to the news. */
void announce_host(struct server *server);
void announce_card(struct server *server, unsigned int adapter);
void announce_queue(struct server *server, struct apqn apqn);
void announce_device(struct server *server, const struct uuid *uuid);

/*
 * The parameters of a reply to Monitor, of an event of that name at this moment: member is the one that
 * has the value, or NULL.  The caller puts it.
 */
struct json_object *announce_make_event(const struct announced *announced, const char *name,
					const char *member, struct json_object *value);

#endif
