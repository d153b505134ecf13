/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/netlink.h"

#include <errno.h>
#include <linux/netlink.h>
#include <netlink/errno.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "common/cleanup.h"

/* The kernel's multicast group; group 2 is udev's. */
#define GROUP_KERNEL 1

/* Room for some ten thousand messages: a rescan of all queues takes a while. */
#define BUFFER_SIZE (16 << 20)

/* Most messages in one go, so that the loop can do something else in between. */
#define BATCH 256

/*
 * Numbers are given before the messages are sent, so that some come late; a number that
 * does not come at all may also be of another network namespace, where containers start
 * and end all day.  So a gap is given time, and makes a rescan only now and then.
 */
#define GAP_PATIENCE (1 * 1000 * 1000ull)
#define GAP_SPACING (60 * 1000 * 1000ull)

/* A full buffer is a loss for sure; the spacing keeps a storm from being answered by another. */
#define OVERRUN_SPACING (1 * 1000 * 1000ull)

struct netlink {
	struct nl_sock *socket;
	sd_event *loop;
	sd_event_source *input, *timer;
	uevent_fn fn;
	void *userdata;
	uint64_t newest;	/* the highest SEQNUM so far; 0: none */
	uint64_t missing;	/* how many below it have not come */
	bool overrun;		/* the buffer was full, and is not read empty yet */
	uint64_t told;		/* when a loss was told last */
};

static uint64_t now(struct netlink *netlink)
{
	uint64_t usec = 0;

	(void)!sd_event_now(netlink->loop, CLOCK_MONOTONIC, &usec);
	return usec;
}

static void tell_loss(struct netlink *netlink)
{
	netlink->missing = 0;
	netlink->newest = 0;
	netlink->told = now(netlink);
	(void)!sd_event_source_set_enabled(netlink->timer, SD_EVENT_OFF);
	netlink->fn(netlink->userdata, NULL);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct netlink *netlink = userdata;

	(void)source;
	(void)usec;
	if (netlink->missing > 0)
		tell_loss(netlink);
	return 0;
}

/* Tells of a loss after patience, but not sooner than spacing after the last time. */
static void expect_loss(struct netlink *netlink, uint64_t patience, uint64_t spacing)
{
	uint64_t due = now(netlink) + patience, old;
	int enabled;

	if (netlink->told && due < netlink->told + spacing)
		due = netlink->told + spacing;
	if (sd_event_source_get_enabled(netlink->timer, &enabled) >= 0 && enabled != SD_EVENT_OFF &&
	    sd_event_source_get_time(netlink->timer, &old) >= 0 && old <= due)
		return;
	if (sd_event_source_set_time(netlink->timer, due) < 0 ||
	    sd_event_source_set_enabled(netlink->timer, SD_EVENT_ONESHOT) < 0)
		tell_loss(netlink);
}

static void count(struct netlink *netlink, uint64_t seqnum)
{
	if (seqnum == 0)
		return;
	if (netlink->newest == 0) {
		netlink->newest = seqnum;
	} else if (seqnum > netlink->newest) {
		netlink->missing += seqnum - netlink->newest - 1;
		netlink->newest = seqnum;
	} else if (netlink->missing > 0) {
		netlink->missing--;
	}
	if (netlink->missing > 0)
		expect_loss(netlink, GAP_PATIENCE, GAP_SPACING);
}

/*
 * The buffer was full and has been read empty.  Not told sooner: the kernel drops messages,
 * and does not say so again, until it is empty (netlink_overrun(), netlink_rcv_wake()).
 */
static void end_overrun(struct netlink *netlink)
{
	netlink->overrun = false;
	netlink->missing++;
	if (netlink->told && now(netlink) < netlink->told + OVERRUN_SPACING)
		expect_loss(netlink, 0, OVERRUN_SPACING);
	else
		tell_loss(netlink);
}

/* Takes one message off the socket; returns whether there may be more. */
static bool receive(struct netlink *netlink)
{
	struct sockaddr_nl sender = { 0 };
	CLEANUP_FREE unsigned char *message = NULL;
	struct uevent uevent;
	int n = nl_recv(netlink->socket, &sender, &message, NULL);

	if (n == -NLE_NOMEM) {	/* what libnl makes of ENOBUFS */
		netlink->overrun = true;
		return true;
	}
	if (n <= 0) {
		if (netlink->overrun)
			end_overrun(netlink);
		return false;
	}
	if (netlink->overrun)
		return true;	/* everything will be read anew anyway */
	/* others may send too, but only the kernel has the port 0 */
	if (sender.nl_pid != 0 || sender.nl_groups != GROUP_KERNEL ||
	    uevent_parse((const char *)message, n, &uevent) < 0)
		return true;
	count(netlink, uevent.seqnum);
	netlink->fn(netlink->userdata, &uevent);
	return true;
}

static int on_input(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct netlink *netlink = userdata;

	(void)source;
	(void)fd;
	(void)events;
	for (unsigned int i = 0; i < BATCH && receive(netlink); i++)
		;
	return 0;
}

static int connect_socket(struct netlink *netlink)
{
	int size = BUFFER_SIZE, fd;

	netlink->socket = nl_socket_alloc();
	if (!netlink->socket)
		return -ENOMEM;
	nl_join_groups(netlink->socket, GROUP_KERNEL);
	errno = 0;	/* libnl's own error numbers say less */
	if (nl_connect(netlink->socket, NETLINK_KOBJECT_UEVENT) < 0)
		return errno > 0 ? -errno : -EIO;
	if (nl_socket_set_nonblocking(netlink->socket) < 0)
		return -EIO;
	/* messages vary in size, and a short buffer would cut them */
	nl_socket_enable_msg_peek(netlink->socket);
	fd = nl_socket_get_fd(netlink->socket);
	/* past the system's limit, where that is allowed; else as much as the limit gives */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		(void)!setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	return 0;
}

int netlink_open(sd_event *loop, uevent_fn fn, void *userdata, struct netlink **ret_netlink)
{
	struct netlink *netlink = calloc(1, sizeof(*netlink));
	int r;

	if (!netlink)
		return -ENOMEM;
	*netlink = (struct netlink){ .loop = sd_event_ref(loop), .fn = fn, .userdata = userdata };
	r = connect_socket(netlink);
	if (r >= 0)
		r = sd_event_add_io(loop, &netlink->input, nl_socket_get_fd(netlink->socket),
				    EPOLLIN, on_input, netlink);
	if (r >= 0)
		r = sd_event_add_time(loop, &netlink->timer, CLOCK_MONOTONIC, 0, 0, on_timer,
				      netlink);
	if (r >= 0)
		r = sd_event_source_set_enabled(netlink->timer, SD_EVENT_OFF);
	if (r < 0) {
		netlink_close(netlink);
		return r;
	}
	*ret_netlink = netlink;
	return 0;
}

void netlink_close(struct netlink *netlink)
{
	if (!netlink)
		return;
	sd_event_source_disable_unref(netlink->input);
	sd_event_source_disable_unref(netlink->timer);
	nl_socket_free(netlink->socket);
	sd_event_unref(netlink->loop);
	free(netlink);
}
