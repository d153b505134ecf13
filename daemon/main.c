/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * apqd: arguments, signals, the loop.  A straight line; exit status 0 after an orderly end, 1
 * where it could not start, 2 for arguments that make no sense.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/varlink.h"
#include "daemon/varlink/listener.h"
#include "daemon/varlink/server.h"
#include "daemon/api/subscribe.h"
#include "daemon/kernel/kernel.h"
#include "daemon/log.h"
#include "daemon/engine/manager.h"

/* Seconds that a connection may take to send its first call, or the rest of one. */
#define IDLE_TIMEOUT 30

struct arguments {
	const char *root, *socket, *group;
	unsigned int idle_timeout;
};

/* Options of getopt_long() that have no letter; those of the kernel's body come after them. */
enum {
	OPTION_ROOT = 256,
	OPTION_SOCKET,
	OPTION_GROUP,
	OPTION_IDLE_TIMEOUT,
	OPTION_KERNEL,
};

#define OPTIONS_MAX 32

/* How often the service manager is told that the start is over, and with how many microseconds between. */
#define NOTIFY_TRIES 20u
#define NOTIFY_PAUSE 50000u

static void print_help(const char *program)
{
	printf("Usage: %s [OPTION]...\n\n"
	       "Manages crypto adapter queues (AP queues) for KVM guests.\n\n"
	       "  --root DIR             put DIR before every path in /etc, /run and /var\n"
	       "  --socket PATH          listen on PATH (default: %s below the root)\n"
	       "  --group NAME           whose members may change things (default: apqd)\n"
	       "  --idle-timeout SECONDS how long a connection may take to send a call, or to read an\n"
	       "                         answer (default: %d)\n",
	       program, VARLINK_SOCKET, IDLE_TIMEOUT);
	for (const struct kernel_option *o = kernel_options; o->name; o++)
		printf("  --%s%s%-*s%s\n", o->name, o->argument ? " " : "",
		       (int)(20 - strlen(o->name)), o->argument ? o->argument : "", o->help);
	printf("  --help                 print this\n"
	       "  --version              print the version\n");
}

static size_t list_options(struct option *list)
{
	static const struct option own[] = {
		{ "root", required_argument, NULL, OPTION_ROOT },
		{ "socket", required_argument, NULL, OPTION_SOCKET },
		{ "group", required_argument, NULL, OPTION_GROUP },
		{ "idle-timeout", required_argument, NULL, OPTION_IDLE_TIMEOUT },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
	};
	size_t n = ARRAY_SIZE(own);

	memcpy(list, own, sizeof(own));
	for (size_t i = 0; kernel_options[i].name && n < OPTIONS_MAX - 1; i++)
		list[n++] = (struct option){ kernel_options[i].name,
					     kernel_options[i].argument ? required_argument :
									  no_argument,
					     NULL, OPTION_KERNEL + (int)i };
	list[n] = (struct option){ 0 };
	return n;
}

static int complain(const char *program, char *message)
{
	fprintf(stderr, "%s: %s\n", program, message ? message : "out of memory");
	free(message);
	return -EINVAL;
}

static int set_idle_timeout(struct arguments *arguments, const char *program, const char *text)
{
	char *end, *message = NULL;
	long seconds = strtol(text, &end, 10);

	if (end != text && !*end && seconds >= 1 && seconds <= 86400) {
		arguments->idle_timeout = (unsigned int)seconds;
		return 0;
	}
	if (asprintf(&message, "--idle-timeout takes seconds from 1 to 86400, not '%s'.", text) < 0)
		message = NULL;
	return complain(program, message);
}

/* Returns 0, 1 when there is nothing left to do, or -EINVAL after a message. */
static int parse_arguments(int argc, char **argv, struct arguments *arguments)
{
	struct option options[OPTIONS_MAX];
	char *message = NULL;
	int option;

	list_options(options);
	while ((option = getopt_long(argc, argv, "hV", options, NULL)) != -1) {
		int r = 0;

		if (option == OPTION_ROOT)
			arguments->root = optarg;
		else if (option == OPTION_SOCKET)
			arguments->socket = optarg;
		else if (option == OPTION_GROUP)
			arguments->group = optarg;
		else if (option == OPTION_IDLE_TIMEOUT)
			r = set_idle_timeout(arguments, argv[0], optarg);
		else if (option == 'h')
			return print_help(argv[0]), 1;
		else if (option == 'V')
			return printf("apqd %s\n", PACKAGE_VERSION), 1;
		else if (option < OPTION_KERNEL)
			return -EINVAL;
		else if (kernel_set_option(kernel_options[option - OPTION_KERNEL].name, optarg,
					   &message) < 0)
			r = complain(argv[0], message);
		if (r < 0)
			return r;
	}
	if (optind == argc)
		return 0;
	fprintf(stderr, "%s: '%s' is not understood: only options are; see --help.\n", argv[0],
		argv[optind]);
	return -EINVAL;
}

static void on_ready(void *userdata)
{
	static const char ready[] = "READY=1\nSTATUS=Managing devices and host.";

	(void)userdata;
	/* Who waits for it would end us: want of a descriptor or memory for a moment must not. */
	for (unsigned int i = 0; i < NOTIFY_TRIES && sd_notify(0, ready) < 0; i++)
		usleep(NOTIFY_PAUSE);
	log_info("Ready.");
}

static int on_reload(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
	(void)source;
	(void)info;
	log_info("Reading the definitions again.");
	manager_reload(userdata);
	return 0;
}

static int on_stop(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
	(void)source;
	(void)info;
	log_info("Ending.");
	server_stop(userdata);
	sd_notify(0, "STOPPING=1\nSTATUS=Answering the last calls.");
	return 0;
}

/* A connection takes a descriptor, and a device some more: the default of 1024 is tight. */
static void raise_limits(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max < 8192 ? limit.rlim_max : 8192;
	(void)!setrlimit(RLIMIT_NOFILE, &limit);
}

static int add_signals(sd_event *loop, struct manager *manager, struct server *server)
{
	sigset_t signals;
	int r;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0)
		return -errno;
	r = sd_event_add_signal(loop, NULL, SIGTERM, on_stop, server);
	if (r >= 0)
		r = sd_event_add_signal(loop, NULL, SIGINT, on_stop, server);
	if (r >= 0)
		r = sd_event_add_signal(loop, NULL, SIGHUP, on_reload, manager);
	return r;
}

static int run(const struct arguments *arguments)
{
	struct manager_listener listener = { .changed = subscribe_changed, .ready = on_ready };
	struct server_config config = { .group = arguments->group,
					.idle_timeout = arguments->idle_timeout,
					.fd = -1 };
	CLEANUP_FREE char *message = NULL, *socket = NULL;
	struct manager *manager = NULL;
	struct server *server = NULL;
	sd_event *loop = NULL;
	int r;

	if (!arguments->socket && asprintf(&socket, "%s%s", arguments->root, VARLINK_SOCKET) < 0)
		return -ENOMEM;
	config.socket = arguments->socket ? arguments->socket : socket;
	r = listener_take(&config.fd, &message);
	if (r >= 0)
		r = sd_event_default(&loop);
	if (r >= 0)
		r = manager_new(arguments->root, loop, &manager, &message);
	if (r >= 0)
		r = server_new(loop, manager, &config, &server, &message);
	if (r >= 0)
		r = add_signals(loop, manager, server);
	if (r >= 0) {
		listener.userdata = server;
		/* As often as WatchdogSec= asks for; nothing where it does not. */
		sd_event_set_watchdog(loop, true);
		sd_notify(0, "STATUS=Bringing host and devices to what is defined.");
		r = manager_start(manager, &listener);
	}
	if (r >= 0)
		r = sd_event_loop(loop);
	if (r < 0 && message)
		log_error("%s", message);
	else if (r < 0)
		log_error("Stopping after an error: %s.", strerror(-r));
	server_free(server);
	manager_free(manager);
	sd_event_unref(loop);
	return r;
}

int main(int argc, char **argv)
{
	struct arguments arguments = { .root = "", .group = "apqd", .idle_timeout = IDLE_TIMEOUT };
	int r = parse_arguments(argc, argv, &arguments);

	if (r != 0)
		return r < 0 ? 2 : 0;
	log_open();
	signal(SIGPIPE, SIG_IGN);
	/* A limit of file sizes is an error of a write, and no death. */
	signal(SIGXFSZ, SIG_IGN);
	raise_limits();
	return run(&arguments) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
