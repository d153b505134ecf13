/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/api/reload.h"

#include "common/json.h"
#include "daemon/api/handlers.h"
#include "daemon/log.h"

static struct connection *find_waiting(struct server *server)
{
	for (struct connection *c = server->connections; c; c = c->next)
		if (c->reloads)
			return c;
	return NULL;
}

/*
 * Runs after anything else has.  A change that is being written keeps files from being read, for half
 * a change would look like drift; so this may be some rounds later.
 */
static int on_post(sd_event_source *source, void *userdata)
{
	struct server *server = userdata;
	struct connection *connection;

	if (!manager_has_reloaded(server->manager))
		return 0;
	sd_event_source_set_enabled(source, SD_EVENT_OFF);
	/* Each time from the beginning: to answer one can end others. */
	while ((connection = find_waiting(server))) {
		log_fields(LOG_NOTICE,
			   &(struct log_fields){ .operation = "reload",
						 .has_caller = true,
						 .caller_pid = connection->peer.pid,
						 .caller_uid = connection->peer.uid },
			   "The files have been read again for process %d (uid %u).",
			   (int)connection->peer.pid, (unsigned int)connection->peer.uid);
		connection_reply(connection, json_object_new_object(), false);
		connection_wake(connection);
	}
	return 0;
}

int reload_start(struct server *server)
{
	int r = sd_event_add_post(server->loop, &server->reload_post, on_post, server);

	return r < 0 ? r : sd_event_source_set_enabled(server->reload_post, SD_EVENT_OFF);
}

void reload_files(struct connection *connection, struct json_object *parameters)
{
	struct server *server = connection->server;

	(void)parameters;
	manager_reload(server->manager);
	connection->reloads = true;
	sd_event_source_set_enabled(server->reload_post, SD_EVENT_ON);
}
