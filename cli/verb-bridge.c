/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Connects standard input and output with apqd's socket, byte for byte: the far end of --host.  It
 * knows nothing of what goes over it, so that a newer apqctl can speak to apqd through it.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/call.h"
#include "cli/verbs.h"
#include "cli/usage.h"
#include "common/cleanup.h"

#define BUFFER_SIZE (64u << 10)

/* One direction.  What has been read and not been written lies from start to end. */
struct flow {
	int from, to;
	bool has_ended;		/* nothing more comes from from */
	bool is_over;		/* and all of it has been written, and the other side told so */
	size_t start, end;
	char buffer[BUFFER_SIZE];
};

/* Returns 0 also if nothing is there now, or a negative errno. */
static int flow_read(struct flow *flow)
{
	ssize_t n = read(flow->from, flow->buffer, sizeof(flow->buffer));

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	flow->start = 0;
	flow->end = (size_t)n;
	flow->has_ended = n == 0;
	return 0;
}

static int flow_write(struct flow *flow)
{
	ssize_t n = write(flow->to, flow->buffer + flow->start, flow->end - flow->start);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	flow->start += (size_t)n;
	return 0;
}

static bool has_waiting(const struct flow *flow)
{
	return flow->start < flow->end;
}

/* What to wait for: to be rid of what there is, before more is taken in. */
static void flow_prepare(const struct flow *flow, struct pollfd *from, struct pollfd *to)
{
	*from = (struct pollfd){ .fd = flow->has_ended || has_waiting(flow) ? -1 : flow->from,
				 .events = POLLIN };
	/*
	 * Standard output is watched without anything to write too: it tells that nobody reads any more.
	 * That of apqd shows when it is read, and would only keep waking here.
	 */
	*to = (struct pollfd){ .fd = has_waiting(flow) || flow->to == STDOUT_FILENO ? flow->to : -1,
			       .events = has_waiting(flow) ? POLLOUT : 0 };
}

static int flow_go(struct flow *flow, const struct pollfd *from, const struct pollfd *to)
{
	int r = 0;

	if (from->fd >= 0 && from->revents)
		r = flow_read(flow);
	if (r == 0 && has_waiting(flow))
		r = flow_write(flow);
	else if (r == 0 && to->fd >= 0 && to->revents & (POLLERR | POLLHUP))
		r = -EPIPE;
	return r;
}

/*
 * Carries both directions until apqd has closed its side, or the caller is gone.  The end of standard
 * input is handed on, for apqd still answers what it was asked before.  Returns 0 or a negative errno.
 */
static int carry(struct flow *in, struct flow *out)
{
	struct pollfd ready[4];

	while (!out->has_ended || has_waiting(out)) {
		int r;

		flow_prepare(in, &ready[0], &ready[1]);
		flow_prepare(out, &ready[2], &ready[3]);
		if (poll(ready, ARRAY_SIZE(ready), -1) < 0) {
			if (errno == EINTR)
				continue;
			return -errno;
		}
		/* That apqd takes no more is no reason to lose what it says last. */
		r = flow_go(in, &ready[0], &ready[1]);
		if (r < 0 || (in->has_ended && !has_waiting(in) && !in->is_over)) {
			in->has_ended = in->is_over = true;
			in->start = in->end = 0;
			(void)!shutdown(in->to, SHUT_WR);
		}
		r = flow_go(out, &ready[2], &ready[3]);
		if (r < 0)
			return r;
	}
	return 0;
}

/* The two descriptors, which others may share, are made non-blocking, and then again as they were. */
static int set_nonblocking(int ret_flags[static 2])
{
	int flags[2];

	for (int fd = STDIN_FILENO; fd <= STDOUT_FILENO; fd++) {
		flags[fd] = fcntl(fd, F_GETFL);
		if (flags[fd] < 0)
			return -errno;
	}
	for (int fd = STDIN_FILENO; fd <= STDOUT_FILENO; fd++)
		if (fcntl(fd, F_SETFL, flags[fd] | O_NONBLOCK) < 0)
			return -errno;
	memcpy(ret_flags, flags, sizeof(flags));
	return 0;
}

static void restore(const int flags[static 2])
{
	for (int fd = STDIN_FILENO; fd <= STDOUT_FILENO; fd++)
		(void)!fcntl(fd, F_SETFL, flags[fd]);
}

/* Connects, and carries until the end.  Returns what to exit with. */
static int run_bridge(struct run *run)
{
	static struct flow in = { .from = STDIN_FILENO };
	static struct flow out = { .to = STDOUT_FILENO };
	int r = client_connect(&run->client, run->options->socket);

	if (r < 0)
		return call_failed(run, r);
	in.to = out.from = run->client.fd;
	r = carry(&in, &out);
	/* Who has seen enough has gone: that is an end like another. */
	return r == 0 || r == -EPIPE || r == -ECONNRESET ? EXIT_STATUS_DONE : call_broken(r);
}

int verb_bridge(struct run *run)
{
	int flags[2], status, r;

	if (option_given(run->options, OPTION_HOST))
		return options_mistake(run->options->verb,
				       "'bridge' is the far end of --host, and takes none itself.");
	signal(SIGPIPE, SIG_IGN);
	/* First, for a socket must not get the number of one that is closed. */
	r = set_nonblocking(flags);
	if (r < 0) {
		fprintf(stderr, "apqctl: Standard input and output cannot be used: %s.\n",
			strerror(-r));
		return EXIT_STATUS_FAILED;
	}
	status = run_bridge(run);
	restore(flags);
	return status;
}
