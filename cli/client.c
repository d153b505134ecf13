/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/client.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/json.h"
#include "common/varlink.h"

/* The longest joined list: every queue that the architecture can number. */
#define COLLECT_MAX (256 * 256)

/* How long a helper may take to end, and between two looks whether it has: milliseconds. */
#define HELPER_GRACE 1000
#define HELPER_PAUSE 5

void reply_done(struct reply *reply)
{
	json_object_put(reply->message);
	*reply = (struct reply){ 0 };
}

void client_init(struct client *client)
{
	*client = (struct client){ .fd = -1, .cancel_fd = -1 };
	frame_input_init(&client->input, FRAME_REPLY_MAX);
	frame_output_init(&client->output, FRAME_CHANGE_MAX);
}

int client_end(struct client *client)
{
	const struct timespec pause = { .tv_nsec = HELPER_PAUSE * 1000000 };
	pid_t pid = client->helper;
	int status = 0;

	if (client->fd >= 0)
		close(client->fd);
	client->fd = -1;
	client->helper = 0;
	if (pid <= 0)
		return 0;
	for (int waited = 0; waitpid(pid, &status, WNOHANG) == 0; waited += HELPER_PAUSE) {
		if (waited >= HELPER_GRACE)
			kill(pid, waited < 2 * HELPER_GRACE ? SIGTERM : SIGKILL);
		nanosleep(&pause, NULL);
	}
	return status;
}

void client_done(struct client *client)
{
	(void)client_end(client);
	frame_input_done(&client->input);
	frame_output_done(&client->output);
}

int client_connect(struct client *client, const char *path)
{
	const struct timeval limit = { .tv_sec = CLIENT_CONNECT_TIMEOUT / 1000 };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	CLEANUP_CLOSE int fd = -1;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	/* A full backlog makes connect() wait, and this is what ends the wait. */
	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) < 0)
		return -errno;
	while (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		if (errno == EAGAIN)
			return -ETIMEDOUT;
		if (errno != EINTR)
			return -errno;
	}
	if (fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
		return -errno;
	client->fd = TAKE_FD(fd);
	return 0;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Waits until the connection is ready for events, or until deadline (negative: never). */
static int wait_for(struct client *client, short events, int64_t deadline)
{
	struct pollfd ready[] = {
		{ .fd = client->fd, .events = events },
		{ .fd = client->cancel_fd, .events = POLLIN },
	};

	for (;;) {
		int64_t left = deadline < 0 ? -1 : deadline - now_ms();
		int n = poll(ready, ARRAY_SIZE(ready), deadline >= 0 && left < 0 ? 0 : (int)left);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			return ready[1].revents ? -ECANCELED : 0;
		if (n == 0)
			return -ETIMEDOUT;
	}
}

static int64_t deadline_of(int timeout)
{
	return timeout < 0 ? -1 : now_ms() + timeout;
}

int client_send(struct client *client, const char *method, struct json_object *parameters,
		bool more)
{
	CLEANUP_JSON struct json_object *call = varlink_make_call(method, parameters, more, false);
	int64_t deadline = deadline_of(CLIENT_CONNECT_TIMEOUT);
	int r;

	if (!call)
		return -ENOMEM;
	client->untaken = false;
	r = frame_queue(&client->output, call);
	while (r == 0) {
		r = frame_write(&client->output, client->fd);
		if (r == 1)
			return 0;
		if (r == 0)
			r = wait_for(client, POLLOUT, deadline);
		else if (r == -EINTR)
			r = 0;
	}
	/* apqd may have closed after an error reply that explains why: that is worth reading. */
	client->untaken = r == -EPIPE;
	return r == -EPIPE ? 0 : r;
}

/* Makes a reply of one whole message. */
static int read_reply(const char *text, size_t length, struct reply *ret_reply)
{
	CLEANUP_JSON struct json_object *message = NULL;
	struct varlink_reply envelope;
	int r = json_parse(text, length, &message, NULL);

	if (r == 0)
		r = varlink_read_reply(message, &envelope);
	if (r < 0)
		return r;
	*ret_reply = (struct reply){
		.parameters = envelope.parameters,
		.error = envelope.error,
		.continues = envelope.continues,
		.message = TAKE_PTR(message),
	};
	return 0;
}

int client_receive(struct client *client, int timeout, struct reply *ret_reply)
{
	int64_t deadline = deadline_of(timeout);

	for (;;) {
		const char *text;
		size_t length;
		int r = frame_next(&client->input, &text, &length);

		if (r < 0)
			return r;
		if (r > 0)
			return read_reply(text, length, ret_reply);
		r = frame_read(&client->input, client->fd);
		if (r == -EAGAIN)
			r = wait_for(client, POLLIN, deadline);
		if (r < 0 && r != -EINTR)
			return r == -ECONNRESET ? -ENOTCONN : r;
	}
}

int client_call(struct client *client, const char *method, struct json_object *parameters,
		int timeout, struct reply *ret_reply)
{
	int r = client_send(client, method, parameters, false);

	return r < 0 ? r : client_receive(client, timeout, ret_reply);
}

/* Moves the items of the list member of from to that of to. */
static int join_lists(struct reply *to, const struct reply *from, const char *member)
{
	struct json_object *all, *part;

	if (!json_object_object_get_ex(to->parameters, member, &all) ||
	    !json_object_object_get_ex(from->parameters, member, &part) ||
	    !json_object_is_type(all, json_type_array) ||
	    !json_object_is_type(part, json_type_array))
		return -EBADMSG;
	if (json_object_array_length(all) + json_object_array_length(part) > COLLECT_MAX)
		return -EMSGSIZE;
	for (size_t i = 0; i < json_object_array_length(part); i++)
		if (json_object_array_add(all,
					  json_object_get(json_object_array_get_idx(part, i))) < 0)
			return -ENOMEM;
	return 0;
}

int client_collect(struct client *client, const char *method, struct json_object *parameters,
		   const char *member, int timeout, struct reply *ret_reply)
{
	CLEANUP_REPLY struct reply all = { 0 };
	int r = client_send(client, method, parameters, true);

	if (r == 0)
		r = client_receive(client, timeout, &all);
	for (bool continues = all.continues; r == 0 && continues && !all.error;) {
		CLEANUP_REPLY struct reply part = { 0 };

		r = client_receive(client, timeout, &part);
		if (r < 0)
			break;
		continues = part.continues;
		if (part.error) {
			reply_done(&all);
			all = part;
			part = (struct reply){ 0 };
		} else {
			r = join_lists(&all, &part, member);
		}
	}
	if (r < 0)
		return r;
	*ret_reply = all;
	all = (struct reply){ 0 };
	return 0;
}
