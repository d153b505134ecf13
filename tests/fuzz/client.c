/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/fuzz/client.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "daemon/varlink/access.h"
#include "daemon/varlink/group.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/reply.h"

/* What is sent right before a connection breaks may get lost when it is more than a socket holds. */
#define LOST_MIN (64u << 10)

/* Whom the daemon takes a client for that may not change anything. */
#define SOMEBODY 1000

/* Of the client that is about to be accepted. */
static bool next_may_change;

/* In the place of daemon/varlink/group.c: nobody is asked, and no thread runs. */
int group_new(sd_event *loop, const char *name, struct group_finder **ret_finder)
{
	(void)loop;
	(void)name;
	*ret_finder = NULL;
	return 0;
}

void group_free(struct group_finder *finder)
{
	(void)finder;
}

const char *group_name(const struct group_finder *finder)
{
	(void)finder;
	return "apqd";
}

gid_t group_id(const struct group_finder *finder)
{
	(void)finder;
	return 0;
}

void group_refresh(struct group_finder *finder)
{
	(void)finder;
}

/* In the place of daemon/varlink/access.c, so that rights do not depend on who runs the test. */

int access_identify(int fd, gid_t group, struct peer *ret_peer)
{
	(void)fd;
	(void)group;
	*ret_peer = (struct peer){ .pid = getpid(),
				   .uid = next_may_change ? 0 : SOMEBODY,
				   .may_change = next_may_change };
	return 0;
}

/* Finds the calls as the daemon has to find them. */
static void read_calls(struct client *client, const char *bytes, size_t size)
{
	const char *end;

	while (!client->breaks && size > 0 && (end = memchr(bytes, '\0', size)) != NULL) {
		struct client_call *call;

		client->calls = reallocarray(client->calls, client->count + 1, sizeof(*client->calls));
		MUST(client->calls);
		call = &client->calls[client->count];
		*call = (struct client_call){ 0 };
		client->breaks = json_parse(bytes, (size_t)(end - bytes), &call->message, NULL) < 0 ||
				 varlink_read_call(call->message, &call->call) < 0;
		if (client->breaks)
			json_object_put(call->message);
		else
			client->count++;
		size -= (size_t)(end + 1 - bytes);
		bytes = end + 1;
	}
}

void client_connect(struct client *client, struct world *world, bool may_change, const char *bytes,
		    size_t size)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	*client = (struct client){
		.world = world, .may_change = may_change, .rest = bytes, .left = size
	};
	frame_input_init(&client->input, FRAME_REPLY_MAX);
	read_calls(client, bytes, size);
	client->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	MUST(client->fd >= 0 && strlen(world->server->path) < sizeof(address.sun_path));
	strcpy(address.sun_path, world->server->path);
	MUST(connect(client->fd, (const struct sockaddr *)&address, sizeof(address)) == 0);
	next_may_change = may_change;
	world_run(world);
}

/* Nobody answers a call that wants no answer. */
static const struct varlink_call *find_next(struct client *client)
{
	while (client->next < client->count && client->calls[client->next].call.oneway)
		client->next++;
	return client->next < client->count ? &client->calls[client->next].call : NULL;
}

static void take_reply(struct client *client, const char *text, size_t length)
{
	CLEANUP_JSON struct json_object *message = NULL;
	const struct varlink_call *call = find_next(client);
	struct varlink_reply reply;

	MUST(json_parse(text, length, &message, NULL) == 0);
	MUST(varlink_read_reply(message, &reply) == 0);
	MUST(call);
	reply_check(call, &reply, client->may_change);
	client->received += length;
	client->failed = reply.error != NULL;
	json_object_put(client->last);
	client->last = json_object_get(reply.parameters);
	if (!reply.continues)
		client->next++;
}

static bool receive(struct client *client)
{
	const char *text;
	size_t length;
	bool any = false;
	int r;

	while (!client->ended && (r = frame_read(&client->input, client->fd)) != -EAGAIN) {
		client->ended = r == -ENOTCONN || r == -ECONNRESET;
		MUST(r > 0 || client->ended);
		any = true;
		while (!client->ended && (r = frame_next(&client->input, &text, &length)) > 0)
			take_reply(client, text, length);
		MUST(r >= 0 || client->ended);
	}
	return any;
}

static bool send_some(struct client *client)
{
	ssize_t n = client->left ? send(client->fd, client->rest, client->left, MSG_NOSIGNAL) : 0;

	if (n < 0) {
		MUST(errno == EAGAIN || errno == EPIPE || errno == ECONNRESET);
		return false;
	}
	client->rest += n;
	client->left -= (size_t)n;
	return n > 0;
}

void client_talk(struct client *client)
{
	bool any;

	do {
		any = send_some(client);
		world_run(client->world);
		any |= receive(client);
	} while (any);
}

void client_end(struct client *client)
{
	const struct varlink_call *call;
	bool listens;

	MUST(!client->ended || client->breaks);
	shutdown(client->fd, SHUT_WR);
	client_talk(client);
	call = find_next(client);
	listens = call && call->more && strcmp(call->method, VARLINK_INTERFACE ".Monitor") == 0;
	MUST(!call || listens || (client->breaks && client->received > LOST_MIN));
	MUST(client->ended != listens);
	MUST(!frame_is_partial(&client->input) || client->breaks);
}

void client_close(struct client *client)
{
	close(client->fd);
	world_run(client->world);
	for (size_t i = 0; i < client->count; i++)
		json_object_put(client->calls[i].message);
	free(client->calls);
	frame_input_done(&client->input);
	json_object_put(client->last);
}

int client_ask(struct world *world, bool may_change, const char *method,
	       struct json_object *parameters, struct json_object **ret_reply)
{
	CLEANUP_JSON struct json_object *call = varlink_make_call(method, parameters, false, false);
	struct client client;
	size_t length;
	const char *text = json_text(call, &length);
	int r;

	client_connect(&client, world, may_change, text, length + 1);
	client_talk(&client);
	client_end(&client);
	MUST(client.count == 1 && client.next == 1 && client.last);
	r = client.failed ? -EPROTO : 0;
	if (r == 0)
		*ret_reply = json_object_get(client.last);
	client_close(&client);
	return r;
}
