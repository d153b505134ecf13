/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * load - sends one Varlink call again and again, and prints how long all answers took, in
 * nanoseconds, and how many bytes they were
 *
 * Answers are counted, not read, so that the server is what is measured.  Only of the first one it
 * is looked whether it is an error, as told.
 */
#include <inttypes.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define CALLS_MAX 10000000
#define DEPTH_MAX 1024
#define PATIENCE 20000		/* milliseconds for an answer */

struct load {
	int fd;
	const char *call;
	size_t length;			/* of the call, with its NUL */
	size_t sent;			/* bytes of the call under way */
	long calls, depth;		/* how many in all, and how many may be unanswered */
	long begun, answered;
	int64_t bytes;
	bool error_expected, unexpected;
};

static int64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static int open_socket(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || strlen(path) >= sizeof(address.sun_path))
		return -1;
	strcpy(address.sun_path, path);
	return connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -1 : fd;
}

/* Sends as much as the socket takes now; where the connection is broken, the next read tells. */
static void send_calls(struct load *load)
{
	while (load->begun < load->calls && load->begun - load->answered < load->depth) {
		ssize_t n = send(load->fd, load->call + load->sent, load->length - load->sent,
				 MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0)
			return;
		load->sent += (size_t)n;
		if (load->sent == load->length) {
			load->sent = 0;
			load->begun++;
		}
	}
}

static bool take_answers(struct load *load)
{
	static char buffer[1 << 18];
	ssize_t n = recv(load->fd, buffer, sizeof(buffer), 0);

	if (n <= 0)
		return false;
	if (load->bytes == 0)
		load->unexpected = load->error_expected !=
				   (n >= 9 && memcmp(buffer, "{\"error\":", 9) == 0);
	load->bytes += n;
	for (const char *p = buffer; (p = memchr(p, '\0', (size_t)(buffer + n - p))); p++)
		load->answered++;
	return !load->unexpected;
}

static bool run(struct load *load)
{
	while (load->answered < load->calls) {
		struct pollfd ready = { .fd = load->fd, .events = POLLIN };

		send_calls(load);
		if (load->sent > 0)
			ready.events |= POLLOUT;
		if (poll(&ready, 1, PATIENCE) <= 0)
			return false;
		if (ready.revents & ~POLLOUT && !take_answers(load))
			return false;
	}
	return true;
}

int main(int argc, char **argv)
{
	struct load load = { .fd = -1 };
	int64_t begin;

	if (argc == 6) {
		load.error_expected = strcmp(argv[5], "error") == 0;
		load.calls = strtol(argv[2], NULL, 10);
		load.depth = strtol(argv[3], NULL, 10);
		load.call = argv[4];
		load.length = strlen(argv[4]) + 1;
	}
	if (load.calls < 1 || load.calls > CALLS_MAX || load.depth < 1 || load.depth > DEPTH_MAX) {
		fprintf(stderr, "Usage: load SOCKET CALLS DEPTH MESSAGE answer|error\n"
			"CALLS is 1 to %d; DEPTH, 1 to %d, how many of them may be unanswered.\n",
			CALLS_MAX, DEPTH_MAX);
		return 2;
	}
	load.fd = open_socket(argv[1]);
	if (load.fd < 0) {
		fprintf(stderr, "load: %s: %m.\n", argv[1]);
		return 1;
	}
	begin = now();
	if (!run(&load)) {
		fprintf(stderr, "load: %s\n", load.unexpected ?
			"The first answer is an error and should not be, or the other way round." :
			"The connection ended, or no answer came in 20 seconds.");
		return 1;
	}
	printf("%" PRId64 " %" PRId64 "\n", now() - begin, load.bytes);
	close(load.fd);
	return 0;
}
