/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/call.h"

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/device.h"
#include "cli/given.h"
#include "cli/output.h"
#include "cli/remote.h"
#include "cli/suggest.h"
#include "common/json.h"
#include "common/varlink.h"

/* Programs get the error on standard output, as it is on the wire; where a line is a value, so is it. */
static void print_json_error(const struct run *run, const char *name, struct json_object *parameters)
{
	CLEANUP_JSON struct json_object *object = json_object_new_object();

	json_add_string(object, "error", name);
	json_add(object, "parameters",
		 parameters ? json_object_get(parameters) : json_object_new_object());
	output_json(object, !run->options->verb->json_lines && !run->many);
}

/*
 * What apqd did not accept, and what it would: on the wire there is only the parameter's name.
 * The caller frees it; NULL where there is no more to say than the error itself does.
 */
static char *describe_parameter(const struct options *options, struct json_object *parameters)
{
	const char *parameter = json_get_string(parameters, "parameter");
	char *sentence = NULL;

	if (!parameter || strcmp(parameter, "name") != 0 || !option_given(options, OPTION_NAME))
		return NULL;
	if (asprintf(&sentence,
		     "apqd did not accept the name '%.80s': give 1 to 64 letters, digits, '.', "
		     "'_', '-', "
		     "':' or '@', the first a letter or digit, and not the form of a UUID.",
		     options->name) < 0)
		return NULL;
	return sentence;
}

/* name is that on the wire, or apqctl's own word for what only a client can see. */
static int tell(const struct run *run, enum error_code code, const char *name,
		struct json_object *parameters)
{
	CLEANUP_FREE char *better = code == ERROR_INVALID_PARAMETER ?
					    describe_parameter(run->options, parameters) :
					    NULL;
	CLEANUP_FREE char *sentence = error_describe(code, name, parameters);
	CLEANUP_FREE char *safe = output_safe(better ? better : sentence, true);
	CLEANUP_FREE char *subject = run->subject ? output_safe(run->subject, false) : NULL;

	if (option_given(run->options, OPTION_JSON))
		print_json_error(run, name, parameters);
	/* Sentences of our own name the host already. */
	fputs("apqctl: ", stderr);
	if (run->options->host && code != ERROR_NOT_REACHABLE && code != ERROR_PROTOCOL)
		fprintf(stderr, "%s: ", run->options->host);
	if (subject)
		fprintf(stderr, "%s: ", subject);
	fprintf(stderr, "%s\n", safe ? safe : name);
	return error_exit_status(code);
}


int call_no_such_device(const struct run *run, const char *device)
{
	CLEANUP_ERROR struct error error = { 0 };

	if (error_set_device(&error, ERROR_NO_SUCH_DEVICE, device) == -ENOMEM)
		return call_broken(-ENOMEM);
	return tell(run, error.code, error_name(error.code), error.parameters);
}

/* Of --host: what ssh and the apqctl there had to say is on standard error already. */
static int describe_remote_failure(int errnum, const char *host, struct error *ret)
{
	const enum error_code code = ERROR_NOT_REACHABLE;

	switch (-errnum) {
	case ENOEXEC:
		return error_set_reason(ret, code, "ssh could not be started: install it, or name "
					"another program by APQCTL_SSH.");
	case EHOSTUNREACH:
		return error_set_reason(ret, code, "ssh did not reach %s, and said why: 'ssh %s' must "
					"work first.", host, host);
	case ENOPKG:
		return error_set_reason(ret, code, "There is no apqctl on %s, or not where a command "
					"of ssh is looked for: install apqd there.", host);
	case EPROTONOSUPPORT:
		return error_set_reason(ret, code, "The apqctl on %s is too old for --host: it has no "
					"verb 'bridge'.", host);
	case ECONNREFUSED:
		return error_set_reason(ret, code, "apqd on %s is not reachable. Start it there by "
					"'systemctl start apqd'.", host);
	case EBADMSG:
	case EMSGSIZE:
		return error_set_reason(ret, ERROR_PROTOCOL, "What answers on %s does not speak as "
					"apqd does. A shell there that prints something does that: "
					"'ssh %s true' must print nothing.", host, host);
	case ECONNABORTED:
		return error_set_reason(ret, code, "The connection to %s ended before anything was "
					"asked of apqd there: see whether 'ssh %s apqctl status' "
					"works.", host, host);
	case ENOTCONN:
	case EPIPE:
		return error_set_reason(ret, code, "The connection to %s ended before apqd answered, "
					"so what it did is not known: 'apqctl --host %s status' tells "
					"more.", host, host);
	case ETIMEDOUT:
		return error_set_reason(ret, code, "apqd on %s does not answer. 'systemctl status "
					"apqd' there tells more.", host);
	default:
		return error_set_reason(ret, code, "apqd on %s is not reachable: %s.", host,
					strerror(-errnum));
	}
}

static int describe_failure(int errnum, const char *path, struct error *ret)
{
	const enum error_code code = ERROR_NOT_REACHABLE;

	switch (-errnum) {
	case EBADMSG:
	case EMSGSIZE:
		return error_set_reason(ret, ERROR_PROTOCOL, "What answers at %s does not speak as "
					"apqd does: is it the right socket?", path);
	case ENOTCONN:
	case EPIPE:
		return error_set_reason(ret, code, "apqd at %s closed the connection before it "
					"answered, so what it did is not known: 'apqctl status' and "
					"'journalctl -u apqd' tell more.", path);
	case ETIMEDOUT:
		return error_set_reason(ret, code, "apqd at %s does not answer. 'systemctl status "
					"apqd' and 'journalctl -u apqd' tell more.", path);
	case ENOENT:
	case ECONNREFUSED:
		return error_set_reason(ret, code, "apqd is not reachable at %s: %s. Start it by "
					"'systemctl start apqd'.", path, strerror(-errnum));
	default:
		return error_set_reason(ret, code, "apqd is not reachable at %s: %s.", path,
					strerror(-errnum));
	}
}

int call_failed(const struct run *run, int errnum)
{
	CLEANUP_ERROR struct error error = { 0 };
	const struct options *options = run->options;
	int r = options->host ? describe_remote_failure(errnum, options->host, &error) :
				describe_failure(errnum, options->socket, &error);

	if (r == -ENOMEM)
		return call_broken(-ENOMEM);
	return tell(run, error.code, error.code == ERROR_PROTOCOL ? "protocol" : "notReachable",
		    error.parameters);
}

int call_connect(struct client *client, const struct options *options)
{
	return options->host ? remote_connect(client, options->host) :
			       client_connect(client, options->socket);
}

char *call_place(const struct options *options)
{
	char *place = NULL;

	if (asprintf(&place, "apqd %s %s", options->host ? "on" : "at",
		     options->host ? options->host : options->socket) < 0)
		return NULL;
	return place;
}

int call_broken(int errnum)
{
	fprintf(stderr, "apqctl: %s.\n",
		errnum == -ENOMEM ? "There is not enough memory" : strerror(-errnum));
	return EXIT_STATUS_FAILED;
}

/* The full name of a method; 64 bytes are enough for those of the interface file. */
static void full_name(const char *method, char text[static 64])
{
	snprintf(text, 64, "%s.%s", VARLINK_INTERFACE, method);
}

/* How often a call is sent that nobody takes: each time another daemon has ended at that moment. */
#define ATTEMPTS_MAX 3

/* Milliseconds until apqctl says what a call waits for. */
#define PATIENCE 2000

static void on_interrupt(int signal)
{
	static const char text[] = "\napqctl: Nobody waits for it any more, and the change goes on: "
				   "'apqctl list' shows when it is done.\n";

	/* SA_RESETHAND: the second time it does what it would have done. */
	if (write(STDERR_FILENO, text, sizeof(text) - 1) >= 0)
		raise(signal);
}

/* The answer takes long: says why, and that who ends apqctl does not end the change. */
static int wait_patiently(struct run *run, struct reply *ret_reply)
{
	const struct sigaction action = { .sa_handler = on_interrupt, .sa_flags = SA_RESETHAND | SA_NODEFER };
	struct sigaction before;
	int r;

	fprintf(stderr, "apqctl: %s\n", run->patience);
	if (sigaction(SIGINT, &action, &before) < 0)
		return -errno;
	r = client_receive(&run->client, CLIENT_NO_TIMEOUT, ret_reply);
	(void)sigaction(SIGINT, &before, NULL);
	return r;
}

static int call_once(struct run *run, const char *name, struct json_object *parameters, int timeout,
		     struct reply *ret_reply)
{
	bool patiently = run->patience && timeout == CLIENT_NO_TIMEOUT;
	int r = client_call(&run->client, name, json_object_get(parameters),
			    patiently ? PATIENCE : timeout, ret_reply);

	return patiently && r == -ETIMEDOUT ? wait_patiently(run, ret_reply) : r;
}

/*
 * Sends the call, on a new connection if need be, and waits for its reply, or with member for all
 * of them.  Parameters are the caller's.  Returns 0 or a negative errno of client.h.
 */
static int ask(struct run *run, const char *method, struct json_object *parameters,
	       const char *member, int timeout, struct reply *ret_reply)
{
	struct client *client = &run->client;
	char name[64];
	int r = 0;

	full_name(method, name);
	for (unsigned int attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
		if (client->fd < 0)
			r = call_connect(client, run->options);
		if (r == 0)
			r = member ? client_collect(client, name, json_object_get(parameters), member,
						    timeout, ret_reply) :
				     call_once(run, name, parameters, timeout, ret_reply);
		if (r != -ENOTCONN || !client->untaken)
			return r;
		/* apqd is being restarted, and the next one is there, or comes. */
		client_done(client);
		client_init(client);
		r = 0;
	}
	return -ENOTCONN;
}

/* Returns true if two names differ in digits only: web2 is no misspelled web1. */
static bool is_numbered_alike(const char *a, const char *b)
{
	while (*a && (*a == *b || (isdigit((unsigned char)*a) && isdigit((unsigned char)*b)))) {
		a++;
		b++;
	}
	return *a == *b;
}

/* A device whose name is like the one that there is not. */
static void suggest_device(struct run *run, struct json_object *parameters)
{
	struct suggestion meant = { .typed = json_get_string(parameters, "device") };
	CLEANUP_REPLY struct reply reply = { 0 };
	CLEANUP_FREE struct device *devices = NULL;
	CLEANUP_FREE char *safe = NULL;
	size_t count = 0;

	if (!meant.typed || ask(run, "ListDevices", NULL, "devices", CLIENT_READ_TIMEOUT, &reply) < 0 ||
	    reply.error || device_read_list(reply.parameters, &devices, &count) < 0)
		return;
	for (size_t i = 0; i < count; i++)
		if (devices[i].name && !is_numbered_alike(meant.typed, devices[i].name))
			suggest_consider(&meant, devices[i].name);
	safe = meant.word ? output_safe(meant.word, false) : NULL;
	if (safe)
		fprintf(stderr, "Did you mean '%s'?\n", safe);
}

int call_refused(struct run *run, const struct reply *reply)
{
	enum error_code code = error_from_name(reply->error);
	int status = tell(run, code, reply->error, reply->parameters);

	/* The refusal names ids as all output does. */
	if (status == EXIT_STATUS_CONFLICT)
		given_print(run->options, stderr);
	if (code == ERROR_NO_SUCH_DEVICE)
		suggest_device(run, reply->parameters);
	return status;
}

int call_try(struct run *run, const char *method, struct json_object *parameters, int timeout,
	     struct reply *ret_reply)
{
	CLEANUP_JSON struct json_object *owned = parameters;
	int r = ask(run, method, owned, NULL, timeout, ret_reply);

	return r < 0 ? call_failed(run, r) : EXIT_STATUS_DONE;
}

int call(struct run *run, const char *method, struct json_object *parameters, int timeout,
	 struct reply *ret_reply)
{
	CLEANUP_REPLY struct reply reply = { 0 };
	int status = call_try(run, method, parameters, timeout, &reply);

	if (status != EXIT_STATUS_DONE)
		return status;
	if (reply.error)
		return call_refused(run, &reply);
	*ret_reply = reply;
	reply = (struct reply){ 0 };
	return EXIT_STATUS_DONE;
}

int call_collect(struct run *run, const char *method, struct json_object *parameters,
		 const char *member, struct reply *ret_reply)
{
	CLEANUP_JSON struct json_object *owned = parameters;
	CLEANUP_REPLY struct reply reply = { 0 };
	int r = ask(run, method, owned, member, CLIENT_READ_TIMEOUT, &reply);

	if (r < 0)
		return call_failed(run, r);
	if (reply.error)
		return call_refused(run, &reply);
	*ret_reply = reply;
	reply = (struct reply){ 0 };
	return EXIT_STATUS_DONE;
}

struct json_object *call_device_parameters(const char *device)
{
	struct json_object *parameters = json_object_new_object();

	json_add_string(parameters, "device", device);
	return parameters;
}
