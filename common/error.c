/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/json.h"
#include "common/text.h"

/*
 * One line an error.  In the sentence, {name} stands for the parameter of that name, {problems}, {users} or
 * {matches} for the lines made of that list, and {label}, {subject}, {exists}, {group}, {holder} and {then} for what says whose it is.
 */
static const struct {
	const char *name;
	enum exit_status status;
	const char *sentence;
} table[ERROR_CODES] = {
	[ERROR_NONE] = { NULL, EXIT_STATUS_DONE, "Done." },
	[ERROR_NO_SUCH_DEVICE] = {
		"io.apqd.Manager.NoSuchDevice", EXIT_STATUS_NO_SUCH_DEVICE,
		"No such device: '{device}'. To see all devices, run: 'apqctl list'." },
	[ERROR_AMBIGUOUS_DEVICE] = {
		"io.apqd.Manager.AmbiguousDevice", EXIT_STATUS_NO_SUCH_DEVICE,
		"'{device}' can mean more than one device, so nothing was done. Give the whole UUID of one of "
		"these:{matches}" },
	[ERROR_DEVICE_EXISTS] = {
		"io.apqd.Manager.DeviceExists", EXIT_STATUS_CONFLICT,
		"{exists}" },
	[ERROR_DEVICE_IN_USE] = {
		"io.apqd.Manager.DeviceInUse", EXIT_STATUS_CONFLICT,
		"{label} is in use{users}: nothing was changed. End the guest first, or repeat the "
		"command with --force, which takes queues away from it." },
	[ERROR_CONFLICT] = {
		"io.apqd.Manager.Conflict", EXIT_STATUS_CONFLICT,
		"Nothing was changed, because of this:{problems}" },
	[ERROR_INTERRUPTS_UNAVAILABLE] = {
		"io.apqd.Manager.InterruptsUnavailable", EXIT_STATUS_FAILED,
		"{label} requires interrupts, and the host cannot forward them: {reason}" },
	[ERROR_UNSUPPORTED] = { "io.apqd.Manager.Unsupported", EXIT_STATUS_FAILED, "{reason}" },
	[ERROR_LOCKED] = {
		"io.apqd.Manager.Locked", EXIT_STATUS_FAILED,
		"{holder} holds the AP configuration lock /run/lock/s390apconfig.lock: nothing was changed. {then}" },
	[ERROR_KERNEL_REFUSED] = {
		"io.apqd.Manager.KernelRefused", EXIT_STATUS_FAILED,
		"{subject}The kernel refused to {operation}: {message}" },
	[ERROR_STORE_FAILED] = {
		"io.apqd.Manager.StoreFailed", EXIT_STATUS_FAILED,
		"{subject}Could not {operation}: {message}" },
	[ERROR_BAD_DEFINITION] = {
		"io.apqd.Manager.BadDefinition", EXIT_STATUS_FAILED,
		"{reason}" },
	[ERROR_LIMIT_REACHED] = {
		"io.apqd.Manager.LimitReached", EXIT_STATUS_FAILED,
		"There are too many {what}: apqd keeps at most {limit}. Remove some first." },
	[ERROR_MOVED] = {
		"io.apqd.Manager.Moved", EXIT_STATUS_CONFLICT,
		"Nothing was changed. The host is no longer as revision {expected} says: another client or program "
		"changed it. To see the difference and the revision of now, repeat the command with --dry-run and "
		"without --revision." },
	[ERROR_INTERFACE_NOT_FOUND] = {
		"org.varlink.service.InterfaceNotFound", EXIT_STATUS_FAILED,
		"apqd does not support '{interface}'; apqd and apqctl are different versions." },
	[ERROR_METHOD_NOT_FOUND] = {
		"org.varlink.service.MethodNotFound", EXIT_STATUS_FAILED,
		"apqd does not support '{method}'; apqd and apqctl are different versions." },
	[ERROR_METHOD_NOT_IMPLEMENTED] = {
		"org.varlink.service.MethodNotImplemented", EXIT_STATUS_FAILED,
		"apqd does not implement '{method}'." },
	[ERROR_INVALID_PARAMETER] = {
		"org.varlink.service.InvalidParameter", EXIT_STATUS_USAGE,
		"apqd did not accept the value of '{parameter}'." },
	[ERROR_PERMISSION_DENIED] = {
		"org.varlink.service.PermissionDenied", EXIT_STATUS_NOT_PERMITTED,
		"Permission denied: only root and members of the group {group} can make changes. Run the command with "
		"sudo, or join the group." },
	[ERROR_EXPECTED_MORE] = {
		"org.varlink.service.ExpectedMore", EXIT_STATUS_FAILED,
		"This method answers in several parts: call it with 'more'." },
	[ERROR_USAGE] = { NULL, EXIT_STATUS_USAGE, "{reason}" },
	[ERROR_NOT_REACHABLE] = { NULL, EXIT_STATUS_NOT_REACHABLE, "{reason}" },
	[ERROR_PROTOCOL] = { NULL, EXIT_STATUS_FAILED, "{reason}" },
	[ERROR_OTHER] = { NULL, EXIT_STATUS_FAILED, "apqd answered with an error that apqctl does not know: {name}" },
};

void error_done(struct error *error)
{
	json_object_put(error->parameters);
	*error = (struct error){ 0 };
}

const char *error_name(enum error_code code)
{
	return table[code].name;
}

enum error_code error_from_name(const char *name)
{
	for (size_t i = 0; i < ERROR_CODES; i++)
		if (table[i].name && strcmp(table[i].name, name) == 0)
			return (enum error_code)i;
	return ERROR_OTHER;
}

enum exit_status error_exit_status(enum error_code code)
{
	return table[code].status;
}

/* " by process 4711 (qemu-system-s39), virtual machine web1", or nothing where nobody is known. */
static void print_users(FILE *out, struct json_object *users)
{
	size_t count = json_object_is_type(users, json_type_array) ? json_object_array_length(users) : 0;

	for (size_t i = 0; i < count; i++) {
		struct json_object *user = json_object_array_get_idx(users, i), *pid = NULL;
		const char *command = json_get_string(user, "command");
		const char *machine = json_get_string(user, "machine");

		json_object_object_get_ex(user, "pid", &pid);
		fprintf(out, "%s process %lld", i ? "," : " by", (long long)json_object_get_int64(pid));
		if (command)
			fprintf(out, " (%s)", command);
		if (machine)
			fprintf(out, ", virtual machine %s", machine);
	}
}

static void print_problems(FILE *out, struct json_object *problems)
{
	size_t count = json_object_is_type(problems, json_type_array) ?
			       json_object_array_length(problems) : 0;

	for (size_t i = 0; i < count; i++) {
		const char *message =
			json_get_string(json_object_array_get_idx(problems, i), "message");

		fprintf(out, "\n  %s", message ? message : "?");
	}
}

static void print_matches(FILE *out, struct json_object *matches)
{
	size_t count = json_object_is_type(matches, json_type_array) ?
			       json_object_array_length(matches) : 0;

	for (size_t i = 0; i < count; i++)
		fprintf(out, "\n  %s", json_object_get_string(json_object_array_get_idx(matches, i)));
}

/* "Device web1 (UUID)", with what follows it; without a device, what stands for it. */
static void print_label(FILE *out, struct json_object *parameters, const char *behind,
			const char *without)
{
	const char *device = json_get_string(parameters, "device");
	const char *name = json_get_string(parameters, "name");

	if (!device)
		fputs(without, out);
	else if (name)
		fprintf(out, "Device %s (%s)%s", name, device, behind);
	else
		fprintf(out, "Device %s%s", device, behind);
}

/* Old daemons give no reason. */
static void print_exists(FILE *out, struct json_object *parameters)
{
	const char *reason = json_get_string(parameters, "reason");
	const char *device = json_get_string(parameters, "device");

	if (reason)
		fputs(reason, out);
	else
		fprintf(out, "A device '%s' exists already, and is not as asked for. To see it, run: "
			     "'apqctl show %s'.", device ? device : "?", device ? device : "?");
}

/* Old daemons do not tell it. */
static void print_group(FILE *out, struct json_object *parameters)
{
	const char *group = json_get_string(parameters, "group");

	fputs(group ? group : "apqd", out);
}

/* A lock file that names no process has the number 0. */
static void print_holder(FILE *out, struct json_object *parameters)
{
	struct json_object *pid = NULL;
	const char *command = json_get_string(parameters, "command");

	json_object_object_get_ex(parameters, "pid", &pid);
	if (json_object_get_int(pid) == 0)
		fputs("A file that names no process", out);
	else
		fprintf(out, "Process %d (%s)", json_object_get_int(pid), command ? command : "unknown");
}

/* The lock of a process goes with the process. A file without one stays until somebody removes it. */
static void print_then(FILE *out, struct json_object *parameters)
{
	struct json_object *pid = NULL;

	json_object_object_get_ex(parameters, "pid", &pid);
	fputs(json_object_get_int(pid) == 0 ?
		      "If no other program configures adapters, run: 'rm /run/lock/s390apconfig.lock'." :
		      "Try again when it is done.", out);
}

/* Prints what is made of several parameters; whether key is such a one. */
static bool print_composed(FILE *out, const char *key, struct json_object *parameters)
{
	if (strcmp(key, "label") == 0)
		print_label(out, parameters, "", "The device");
	else if (strcmp(key, "subject") == 0)
		print_label(out, parameters, ": ", "");
	else if (strcmp(key, "exists") == 0)
		print_exists(out, parameters);
	else if (strcmp(key, "group") == 0)
		print_group(out, parameters);
	else if (strcmp(key, "holder") == 0)
		print_holder(out, parameters);
	else if (strcmp(key, "then") == 0)
		print_then(out, parameters);
	else
		return false;
	return true;
}

static void print_parameter(FILE *out, const char *key, const char *name,
			    struct json_object *parameters)
{
	struct json_object *value = NULL;

	if (strcmp(key, "name") == 0 && name) {
		fputs(name, out);
		return;
	}
	if (print_composed(out, key, parameters))
		return;
	if (json_object_is_type(parameters, json_type_object))
		json_object_object_get_ex(parameters, key, &value);
	if (strcmp(key, "users") == 0)
		print_users(out, value);
	else if (strcmp(key, "problems") == 0)
		print_problems(out, value);
	else if (strcmp(key, "matches") == 0)
		print_matches(out, value);
	else
		fputs(value ? json_object_get_string(value) : "unknown", out);
}

char *error_describe(enum error_code code, const char *name, struct json_object *parameters)
{
	const char *p = table[code].sentence;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	while (*p) {
		size_t plain = strcspn(p, "{");
		char key[32];

		fwrite(p, 1, plain, out);
		p += plain;
		if (*p == '{') {
			size_t length = strcspn(++p, "}");

			snprintf(key, sizeof(key), "%.*s", (int)length, p);
			print_parameter(out, key, name, parameters);
			p += length + 1;
		}
	}
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

/* Every setter ends here: takes parameters over, whose members may have failed for want of memory. */
static int set(struct error *ret, enum error_code code, struct json_object *parameters)
{
	if (!parameters)
		return -ENOMEM;
	error_done(ret);
	ret->code = code;
	ret->parameters = parameters;
	return -ECANCELED;
}

int error_set_code(struct error *ret, enum error_code code)
{
	return set(ret, code, json_object_new_object());
}

static int set_string(struct error *ret, enum error_code code, const char *key, const char *value)
{
	struct json_object *parameters = json_object_new_object();

	json_add_string(parameters, key, value);
	return set(ret, code, parameters);
}

int error_set_device(struct error *ret, enum error_code code, const char *device)
{
	return set_string(ret, code, "device", device);
}

int error_set_parameter(struct error *ret, const char *parameter)
{
	return set_string(ret, ERROR_INVALID_PARAMETER, "parameter", parameter);
}

int error_set_reason(struct error *ret, enum error_code code, const char *format, ...)
{
	CLEANUP_FREE char *reason = NULL;
	va_list values;

	va_start(values, format);
	reason = text_format(format, values);
	va_end(values);
	if (!reason)
		return -ENOMEM;
	return set_string(ret, code, "reason", reason);
}

int error_set_ambiguous(struct error *ret, const char *device, struct json_object *matches)
{
	struct json_object *parameters = json_object_new_object();

	json_add_string(parameters, "device", device);
	json_add(parameters, "matches", matches);
	return set(ret, ERROR_AMBIGUOUS_DEVICE, parameters);
}

int error_set_exists(struct error *ret, const char *device, const char *format, ...)
{
	struct json_object *parameters;
	CLEANUP_FREE char *reason = NULL;
	va_list values;

	va_start(values, format);
	reason = text_format(format, values);
	va_end(values);
	if (!reason)
		return -ENOMEM;
	parameters = json_object_new_object();
	json_add_string(parameters, "device", device);
	json_add_string(parameters, "reason", reason);
	return set(ret, ERROR_DEVICE_EXISTS, parameters);
}

void error_set_subject(struct error *error, const char *device, const char *name)
{
	if (error->code != ERROR_INTERRUPTS_UNAVAILABLE && error->code != ERROR_KERNEL_REFUSED &&
	    error->code != ERROR_STORE_FAILED)
		return;
	if (!json_get_string(error->parameters, "device"))
		json_add_string(error->parameters, "device", device);
	json_add_string(error->parameters, "name", name[0] ? name : NULL);
}

int error_set_conflict(struct error *ret, struct json_object *problems)
{
	struct json_object *parameters = json_object_new_object();

	json_add(parameters, "problems", problems);
	return set(ret, ERROR_CONFLICT, parameters);
}

int error_set_in_use(struct error *ret, const char *device, const char *name, struct json_object *users)
{
	struct json_object *parameters = json_object_new_object();

	json_add_string(parameters, "device", device);
	json_add_string(parameters, "name", name[0] ? name : NULL);
	json_add(parameters, "users", users);
	return set(ret, ERROR_DEVICE_IN_USE, parameters);
}

int error_set_locked(struct error *ret, int pid, const char *command)
{
	struct json_object *parameters = json_object_new_object();

	json_add_int(parameters, "pid", pid);
	json_add_string(parameters, "command", command);
	return set(ret, ERROR_LOCKED, parameters);
}

int error_set_limit(struct error *ret, const char *what, int limit)
{
	struct json_object *parameters = json_object_new_object();

	json_add_string(parameters, "what", what);
	json_add_int(parameters, "limit", limit);
	return set(ret, ERROR_LIMIT_REACHED, parameters);
}

int error_set_moved(struct error *ret, const char *expected, const char *revision)
{
	struct json_object *parameters = json_object_new_object();

	json_add_string(parameters, "expected", expected);
	json_add_string(parameters, "revision", revision);
	return set(ret, ERROR_MOVED, parameters);
}

int error_set_errno(struct error *ret, enum error_code code, const char *operation, int errnum,
		    const char *message)
{
	struct json_object *parameters = json_object_new_object();

	json_add_string(parameters, "operation", operation);
	json_add_int(parameters, "errno", errnum);
	json_add_string(parameters, "message", message);
	return set(ret, code, parameters);
}

const char *error_errno_name(int errnum)
{
	const char *name = strerrorname_np(errnum);

	return name ? name : "unknown";
}
