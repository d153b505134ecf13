/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/remote.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/error.h"
#include "common/varlink.h"

/* A name of the DNS has up to 253 characters. */
#define HOST_MAX 320

#define URI "ssh://"

/* Of ssh(1) and of POSIX shells. */
#define STATUS_SSH_FAILED 255
#define STATUS_NO_COMMAND 127

/*
 * ssh may hand the host to a shell (ProxyCommand with %h), so it has no character that is special
 * there.  An IPv6 address has colons, and may have a zone behind '%'.
 */
static bool has_only_good_characters(const char *text)
{
	for (; *text; text++)
		if (!isascii((unsigned char)*text) ||
		    (!isalnum((unsigned char)*text) && !strchr("._-@:%[]+", *text)))
			return false;
	return true;
}

const char *remote_refuse_host(const char *host)
{
	bool is_uri = strncmp(host, URI, strlen(URI)) == 0;
	const char *rest = is_uri ? host + strlen(URI) : host;
	const char *at = strrchr(rest, '@');
	const char *name = at ? at + 1 : rest;

	if (strlen(host) > HOST_MAX)
		return "is too long for a host";
	if (!*name || at == rest)
		return "lacks the name of the host, or of the user before '@'";
	if (rest[0] == '-' || name[0] == '-')
		return "begins with '-', as an option of ssh does";
	if (!has_only_good_characters(rest))
		return "has a character that no host or user has";
	if (!is_uri && strchr(name, ':') && strchr(name, ':') == strrchr(name, ':'))
		return "has a port, which is given as ssh://[USER@]HOST:PORT only";
	return NULL;
}

/* ssh gets the signals that apqctl may have blocked or ignores, so that Ctrl-C ends it too. */
static int set_signals(posix_spawnattr_t *attributes)
{
	sigset_t none, pipe;
	int r;

	sigemptyset(&none);
	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	r = posix_spawnattr_setsigmask(attributes, &none);
	if (r == 0)
		r = posix_spawnattr_setsigdefault(attributes, &pipe);
	if (r == 0)
		r = posix_spawnattr_setflags(attributes,
					     POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	return -r;
}

/* Starts ssh with fd as its standard input and output.  Returns 0, or -ENOEXEC. */
static int start_ssh(const char *host, int fd, pid_t *ret_pid)
{
	const char *program = getenv("APQCTL_SSH");
	/* No X11, no terminal; behind "--" the host is no option.  The last two are for the shell there. */
	const char *const arguments[] = { "ssh", "-xT", "--", host, "apqctl", "bridge", NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int r;

	if (posix_spawn_file_actions_init(&actions) != 0)
		return -ENOMEM;
	if (posix_spawnattr_init(&attributes) != 0) {
		posix_spawn_file_actions_destroy(&actions);
		return -ENOMEM;
	}
	r = set_signals(&attributes);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(&actions, fd, STDIN_FILENO);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(&actions, fd, STDOUT_FILENO);
	if (r == 0)
		r = posix_spawnp(ret_pid, program && *program ? program : "ssh", &actions,
				 &attributes, (char *const *)arguments, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return r == 0 ? 0 : -ENOEXEC;
}

/* What the end of ssh says of a connection over which no answer came. */
static int judge_status(int status)
{
	if (!WIFEXITED(status))
		return -ECONNABORTED;
	switch (WEXITSTATUS(status)) {
	case STATUS_SSH_FAILED:
		return -EHOSTUNREACH;
	case STATUS_NO_COMMAND:
		return -ENOPKG;
	case EXIT_STATUS_USAGE:
		return -EPROTONOSUPPORT;
	case EXIT_STATUS_NOT_REACHABLE:
		return -ECONNREFUSED;
	default:
		return -ECONNABORTED;
	}
}

/* ssh says only by its end whether it got there; the first answer says that all of the way is open. */
static int greet(struct client *client)
{
	CLEANUP_REPLY struct reply reply = { 0 };
	int r = client_call(client, VARLINK_SERVICE_INTERFACE ".GetInfo", NULL, CLIENT_NO_TIMEOUT,
			    &reply);

	return r == 0 && reply.error ? -EBADMSG : r;
}

int remote_connect(struct client *client, const char *host)
{
	CLEANUP_CLOSE int near = -1;
	CLEANUP_CLOSE int far = -1;
	int pair[2], status, r;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	near = pair[0];
	far = pair[1];
	if (fcntl(near, F_SETFL, O_NONBLOCK) < 0)
		return -errno;
	r = start_ssh(host, far, &client->helper);
	if (r < 0)
		return r;
	client->fd = TAKE_FD(near);
	/* Else the end of ssh would not be seen as the end of the connection. */
	close(TAKE_FD(far));
	r = greet(client);
	if (r == 0)
		return 0;
	status = client_end(client);
	return r == -ENOTCONN ? judge_status(status) : r;
}
