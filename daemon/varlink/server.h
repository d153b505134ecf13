/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The socket: accepts clients within limits, and gives their calls to the methods.
 */
#ifndef APQD_DAEMON_VARLINK_SERVER_H
#define APQD_DAEMON_VARLINK_SERVER_H

#include <stdbool.h>
#include <systemd/sd-event.h>

#include "common/idl.h"
#include "common/macro.h"
#include "daemon/api/announce.h"
#include "daemon/varlink/connection.h"
#include "daemon/varlink/group.h"
#include "daemon/api/news.h"
#include "daemon/varlink/tally.h"
#include "daemon/varlink/user.h"
#include "daemon/engine/manager.h"

/*
 * Clients come after all that the kernel, the disk and the workers have to say: a flood of calls
 * must not hold that up, and who asks is told what has been read of what is known to have changed.
 */
#define SERVER_PRIORITY (SD_EVENT_PRIORITY_IDLE + 10)

struct server_config {
	const char *socket;		/* the path to listen on */
	const char *group;		/* whose members may change */
	unsigned int idle_timeout;	/* seconds: for the first call, and for half of one */
	int fd;				/* a listening socket of the service manager, or -1 */
};

struct monitor_state;

struct server {
	sd_event *loop;
	struct manager *manager;
	struct idl *manager_idl, *service_idl;
	int fd;
	char *path;			/* to unlink at the end; NULL: not ours */
	sd_event_source *source, *pause;
	bool paused;			/* nobody could be let in when that was last tried */
	uint64_t line_begin;		/* since when some wait to be let in, on the monotonic clock; or 0 */
	sd_event_source *reload_post;	/* of reload.c: on while somebody waits for it */
	sd_event_source *stop_post, *stop_timer;
	bool stopping;
	struct group_finder *group;
	uint64_t idle_timeout;		/* microseconds */
	struct connection *connections;
	unsigned int count;
	struct user *users;		/* whose they are */
	int readers;			/* an epoll of those users' who may not change anything; or -1 */
	sd_event_source *readers_source;
	struct announced announced;
	struct news news;		/* what subscribers are told */
	struct tally tally;
	struct monitor_state *monitor;	/* of subscribe.c */
};

/*
 * Listens.  Returns 0, or a negative errno and a sentence (the caller frees it).
 */
MUST_CHECK int server_new(sd_event *loop, struct manager *manager,
			  const struct server_config *config, struct server **ret_server,
			  char **ret_message);

/*
 * Takes no new clients, answers what has been sent, and then ends the loop with status 0; no later
 * than in 20 seconds, and without waiting for subscribers and for guests that keep a device from
 * being removed.  The second time it ends the loop at once.
 */
void server_stop(struct server *server);

/* Closes every connection.  Takes NULL too. */
void server_free(struct server *server);

/* Unlinks and frees a connection. */
void server_drop(struct server *server, struct connection *connection);

/* methods.c: carries out the connection's call, of which nothing is needed when this has returned. */
void methods_dispatch(struct connection *connection, struct json_object *call);

/* The connection goes: whatever is under way for it must not answer it any more. */
void methods_forget(struct connection *connection);

#endif
