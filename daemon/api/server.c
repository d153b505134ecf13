/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/api/server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "daemon/api/access.h"
#include "daemon/api/interface.h"
#include "daemon/api/subscribe.h"
#include "daemon/log.h"

/* After a failed accept() the listener rests for so long, in microseconds, not to run in circles. */
#define PAUSE 100000u

static int on_pause_end(sd_event_source *source, uint64_t now, void *userdata)
{
	struct server *server = userdata;

	(void)source;
	(void)now;
	sd_event_source_set_enabled(server->source, SD_EVENT_ON);
	return 0;
}

static void pause_listening(struct server *server)
{
	log_warning("Could not accept a connection: %m.");
	server->pause = sd_event_source_disable_unref(server->pause);
	if (sd_event_add_time_relative(server->loop, &server->pause, CLOCK_MONOTONIC, PAUSE, 0,
				       on_pause_end, server) >= 0)
		sd_event_source_set_enabled(server->source, SD_EVENT_OFF);
}

static bool is_full(const struct server *server, uid_t uid)
{
	unsigned int same = 0;

	for (const struct connection *c = server->connections; c; c = c->next)
		same += c->peer.uid == uid;
	return server->count >= SERVER_CONNECTIONS_MAX || same >= SERVER_CONNECTIONS_PER_UID_MAX;
}

static int on_connect(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct server *server = userdata;
	CLEANUP_CLOSE int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct connection *connection;
	struct peer peer;

	(void)source;
	(void)revents;
	if (client < 0) {
		if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
			pause_listening(server);
		return 0;
	}
	if (access_identify(client, server->group, &peer) < 0 || is_full(server, peer.uid))
		return 0;
	connection = connection_new(server, TAKE_FD(client), &peer);
	if (!connection)
		return 0;
	connection->next = server->connections;
	server->connections = connection;
	server->count++;
	return 0;
}

void server_drop(struct server *server, struct connection *connection)
{
	struct connection **link = &server->connections;

	while (*link && *link != connection)
		link = &(*link)->next;
	if (*link) {
		*link = connection->next;
		server->count--;
	}
	connection_free(connection);
}

static int fail(char **ret_message, const char *what, const char *path, int error)
{
	if (asprintf(ret_message, "Could not %s %s: %s.", what, path, strerror(-error)) < 0)
		*ret_message = NULL;
	return error;
}

static int make_folder(const char *path)
{
	CLEANUP_FREE char *folder = strdup(path);
	char *slash = folder ? strrchr(folder, '/') : NULL;
	int fd;

	if (!folder)
		return -ENOMEM;
	if (!slash || slash == folder)
		return 0;
	*slash = '\0';
	fd = io_open_folder(folder, 0755);
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

/* Whether a daemon answers at the address: then it must not be taken away from it. */
static bool is_alive(const struct sockaddr_un *address)
{
	CLEANUP_CLOSE int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0;
}

static int listen_on(struct server *server, const char *path, char **ret_message)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int r;

	if (strlen(path) >= sizeof(address.sun_path))
		return fail(ret_message, "listen on", path, -ENAMETOOLONG);
	strcpy(address.sun_path, path);
	r = make_folder(path);
	if (r < 0)
		return fail(ret_message, "make the folder of", path, r);
	if (is_alive(&address))
		return fail(ret_message, "listen on", path, -EADDRINUSE);
	server->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (server->fd < 0)
		return fail(ret_message, "make the socket", path, -errno);
	/* A daemon that was killed leaves its socket behind. */
	unlink(path);
	if (bind(server->fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return fail(ret_message, "listen on", path, -errno);
	server->path = strdup(path);
	/* Everyone may connect and read; each changing call is checked by itself. */
	if (chmod(path, 0666) < 0 || listen(server->fd, SOMAXCONN) < 0)
		return fail(ret_message, "listen on", path, -errno);
	return 0;
}

static int start(struct server *server, const struct server_config *config, char **ret_message)
{
	unsigned int line;
	int r = idl_parse(interface_manager, &server->manager_idl, &line);

	if (r == 0)
		r = idl_parse(interface_service, &server->service_idl, &line);
	if (r < 0)
		return fail(ret_message, "read the interface", "io.apqd.Manager", r);
	if (config->fd >= 0)
		server->fd = config->fd;
	else
		r = listen_on(server, config->socket, ret_message);
	if (r < 0)
		return r;
	r = sd_event_add_io(server->loop, &server->source, server->fd, EPOLLIN, on_connect, server);
	if (r >= 0)
		r = sd_event_source_set_priority(server->source, SERVER_PRIORITY);
	if (r >= 0)
		r = subscribe_start(server);
	return r < 0 ? fail(ret_message, "listen on", config->socket, r) : 0;
}

int server_new(sd_event *loop, struct manager *manager, const struct server_config *config,
	       struct server **ret_server, char **ret_message)
{
	struct server *server = calloc(1, sizeof(*server));
	int r;

	if (!server)
		return fail(ret_message, "listen on", config->socket, -ENOMEM);
	server->loop = sd_event_ref(loop);
	server->manager = manager;
	server->fd = -1;
	server->group = access_find_group(config->group);
	server->idle_timeout = (uint64_t)config->idle_timeout * 1000000;
	if (server->group == (gid_t)-1)
		log_notice("There is no group '%s': only root may change anything.", config->group);
	r = start(server, config, ret_message);
	if (r < 0) {
		server_free(server);
		return r;
	}
	*ret_server = server;
	return 0;
}

void server_free(struct server *server)
{
	if (!server)
		return;
	while (server->connections)
		server_drop(server, server->connections);
	subscribe_end(server);
	sd_event_source_disable_unref(server->source);
	sd_event_source_disable_unref(server->pause);
	if (server->path)
		unlink(server->path);
	if (server->fd >= 0)
		close(server->fd);
	free(server->path);
	idl_free(server->manager_idl);
	idl_free(server->service_idl);
	sd_event_unref(server->loop);
	free(server);
}
