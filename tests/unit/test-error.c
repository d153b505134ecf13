/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * common/error.c: every error's name, exit status and sentence; the parameters fit the interface.
 */
#include <errno.h>

#include "common/cleanup.h"
#include "common/error.h"
#include "common/idl.h"
#include "common/json.h"
#include "daemon/varlink/interface.h"
#include "tests/unit/check.h"

static struct json_object *parse(const char *text)
{
	struct json_object *value = NULL;

	CHECK_INT(json_parse(text, strlen(text), &value, NULL), 0);
	return value;
}

/* Every code with parameters as they really are, and what an administrator then reads. */
static const struct {
	enum error_code code;
	const char *name;
	enum exit_status status;
	const char *parameters, *sentence;
} golden[] = {
	{ ERROR_NONE, NULL, 0, "{}", "Done." },
	{ ERROR_NO_SUCH_DEVICE, "io.apqd.Manager.NoSuchDevice", 3, "{\"device\":\"web1\"}",
	  "No such device: 'web1'. To see all devices, run: 'apqctl list'." },
	{ ERROR_AMBIGUOUS_DEVICE, "io.apqd.Manager.AmbiguousDevice", 3,
	  "{\"device\":\"a\",\"matches\":[\"a (u1)\",\"u2\"]}",
	  "'a' can mean more than one device, so nothing was done. Give the whole UUID of one of these:\n  a (u1)"
	  "\n  u2" },
	{ ERROR_DEVICE_EXISTS, "io.apqd.Manager.DeviceExists", 4, "{\"device\":\"web1\"}",
	  "A device 'web1' exists already, and is not as asked for. To see it, run: 'apqctl show web1'." },
	{ ERROR_DEVICE_EXISTS, "io.apqd.Manager.DeviceExists", 4,
	  "{\"device\":\"web1\",\"reason\":\"The name is taken.\"}", "The name is taken." },
	{ ERROR_DEVICE_IN_USE, "io.apqd.Manager.DeviceInUse", 4,
	  "{\"device\":\"d\",\"users\":[{\"pid\":4711,\"command\":\"qemu-system-s39\",\"machine\":\"web1\"},"
	  "{\"pid\":12,\"command\":\"x\",\"machine\":null}]}",
	  "Device d is in use by process 4711 (qemu-system-s39), virtual machine web1, process 12 (x): nothing was "
	  "changed. End the guest first, or repeat the command with --force, which takes queues away from it." },
	{ ERROR_DEVICE_IN_USE, "io.apqd.Manager.DeviceInUse", 4, "{\"device\":\"d\",\"users\":[]}",
	  "Device d is in use: nothing was changed. End the guest first, or repeat the command with "
	  "--force, which takes queues away from it." },
	{ ERROR_DEVICE_IN_USE, "io.apqd.Manager.DeviceInUse", 4,
	  "{\"device\":\"d\",\"users\":[],\"name\":\"web1\"}",
	  "Device web1 (d) is in use: nothing was changed. End the guest first, or repeat the command "
	  "with --force, which takes queues away from it." },
	{ ERROR_CONFLICT, "io.apqd.Manager.Conflict", 4,
	  "{\"problems\":[{\"code\":\"a\",\"message\":\"One.\",\"queues\":[],\"device\":null},"
	  "{\"code\":\"b\",\"message\":\"Two.\",\"queues\":[],\"device\":null}]}",
	  "Nothing was changed, because of this:\n  One.\n  Two." },
	{ ERROR_INTERRUPTS_UNAVAILABLE, "io.apqd.Manager.InterruptsUnavailable", 1,
	  "{\"reason\":\"kvm is not loaded.\"}",
	  "The device requires interrupts, and the host cannot forward them: kvm is not loaded." },
	{ ERROR_INTERRUPTS_UNAVAILABLE, "io.apqd.Manager.InterruptsUnavailable", 1,
	  "{\"reason\":\"kvm is not loaded.\",\"device\":\"d\",\"name\":\"web1\"}",
	  "Device web1 (d) requires interrupts, and the host cannot forward them: kvm is not loaded." },
	{ ERROR_UNSUPPORTED, "io.apqd.Manager.Unsupported", 1, "{\"reason\":\"No, and why.\"}",
	  "No, and why." },
	{ ERROR_LOCKED, "io.apqd.Manager.Locked", 1, "{\"pid\":17,\"command\":\"chzdev\"}",
	  "Process 17 (chzdev) holds the AP configuration lock /run/lock/s390apconfig.lock: nothing was "
	  "changed. Try again when it is done." },
	{ ERROR_LOCKED, "io.apqd.Manager.Locked", 1, "{\"pid\":17,\"command\":null}",
	  "Process 17 (unknown) holds the AP configuration lock /run/lock/s390apconfig.lock: nothing was "
	  "changed. Try again when it is done." },
	{ ERROR_KERNEL_REFUSED, "io.apqd.Manager.KernelRefused", 1,
	  "{\"operation\":\"write x\",\"errno\":98,\"message\":\"a queue is in another device.\"}",
	  "The kernel refused to write x: a queue is in another device." },
	{ ERROR_KERNEL_REFUSED, "io.apqd.Manager.KernelRefused", 1,
	  "{\"operation\":\"write x\",\"errno\":98,\"message\":\"a queue is in another device.\","
	  "\"device\":\"d\",\"name\":null}",
	  "Device d: The kernel refused to write x: a queue is in another device." },
	{ ERROR_STORE_FAILED, "io.apqd.Manager.StoreFailed", 1,
	  "{\"operation\":\"write /etc/x\",\"errno\":28,\"message\":\"No space left on device. Nothing was changed.\"}",
	  "Could not write /etc/x: No space left on device. Nothing was changed." },
	{ ERROR_BAD_DEFINITION, "io.apqd.Manager.BadDefinition", 1,
	  "{\"reason\":\"The file is bad.\"}", "The file is bad." },
	{ ERROR_LIMIT_REACHED, "io.apqd.Manager.LimitReached", 1,
	  "{\"what\":\"definitions\",\"limit\":4096}",
	  "There are too many definitions: apqd keeps at most 4096. Remove some first." },
	{ ERROR_MOVED, "io.apqd.Manager.Moved", 4, "{\"expected\":\"1-2\",\"revision\":\"3-4\"}",
	  "Nothing was changed. The host is no longer as revision 1-2 says: another client or program "
	  "changed it. To see the difference and the revision of now, repeat the command with --dry-run and "
	  "without --revision." },
	{ ERROR_INTERFACE_NOT_FOUND, "org.varlink.service.InterfaceNotFound", 1,
	  "{\"interface\":\"a.b\"}",
	  "apqd does not support 'a.b'; apqd and apqctl are different versions." },
	{ ERROR_METHOD_NOT_FOUND, "org.varlink.service.MethodNotFound", 1, "{\"method\":\"a.b.C\"}",
	  "apqd does not support 'a.b.C'; apqd and apqctl are different versions." },
	{ ERROR_METHOD_NOT_IMPLEMENTED, "org.varlink.service.MethodNotImplemented", 1,
	  "{\"method\":\"a.b.C\"}", "apqd does not implement 'a.b.C'." },
	{ ERROR_INVALID_PARAMETER, "org.varlink.service.InvalidParameter", 2,
	  "{\"parameter\":\"name\"}", "apqd did not accept the value of 'name'." },
	{ ERROR_PERMISSION_DENIED, "org.varlink.service.PermissionDenied", 5, "{}",
	  "Permission denied: only root and members of the group apqd can make changes. Run the command with "
	  "sudo, or join the group." },
	{ ERROR_PERMISSION_DENIED, "org.varlink.service.PermissionDenied", 5,
	  "{\"group\":\"operators\"}",
	  "Permission denied: only root and members of the group operators can make changes. Run the command with "
	  "sudo, or join the group." },
	{ ERROR_EXPECTED_MORE, "org.varlink.service.ExpectedMore", 1, "{}",
	  "This method answers in several parts: call it with 'more'." },
	{ ERROR_USAGE, NULL, 2, "{\"reason\":\"So not.\"}", "So not." },
	{ ERROR_NOT_REACHABLE, NULL, 6, "{\"reason\":\"apqd is down.\"}", "apqd is down." },
	{ ERROR_PROTOCOL, NULL, 1, "{\"reason\":\"It is garbage.\"}", "It is garbage." },
	{ ERROR_OTHER, NULL, 1, "{}",
	  "apqd answered with an error that apqctl does not know: x.y.Z" },
};

static void test_golden(void)
{
	bool seen[ERROR_CODES] = { false };

	for (size_t i = 0; i < ARRAY_SIZE(golden); i++) {
		CLEANUP_JSON struct json_object *parameters = parse(golden[i].parameters);
		CLEANUP_FREE char *sentence = error_describe(golden[i].code, "x.y.Z", parameters);
		const char *name = error_name(golden[i].code);

		CHECK_STR(sentence, golden[i].sentence);
		CHECK_INT(error_exit_status(golden[i].code), golden[i].status);
		CHECK(!name == !golden[i].name);
		if (name) {
			CHECK_STR(name, golden[i].name);
			CHECK_INT(error_from_name(name), golden[i].code);
		}
		seen[golden[i].code] = true;
	}
	for (size_t i = 0; i < ERROR_CODES; i++)
		CHECK(seen[i]);
}

static void test_names(void)
{
	CHECK_INT(error_from_name(""), ERROR_OTHER);
	CHECK_INT(error_from_name("io.apqd.Manager."), ERROR_OTHER);
	CHECK_INT(error_from_name("io.apqd.Manager.conflict"), ERROR_OTHER);
	CHECK_STR(error_errno_name(EADDRINUSE), "EADDRINUSE");
	CHECK_STR(error_errno_name(100000), "unknown");
}

/* A daemon of another version may send anything: it must be printed somehow. */
static void test_strange_parameters(void)
{
	static const char *const texts[] = {
		"null",
		"5",
		"[]",
		"{}",
		"{\"users\":5,\"problems\":{},\"device\":[1],\"reason\":null}",
		"{\"users\":[5,null,{}],\"problems\":[null,\"x\",{\"message\":7}]}",
	};

	for (int code = 0; code < ERROR_CODES; code++) {
		for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
			CLEANUP_JSON struct json_object *parameters = parse(texts[i]);
			CLEANUP_FREE char *sentence = error_describe(code, NULL, parameters);

			CHECK(sentence && sentence[0]);
			CHECK(!strchr(sentence, '{') || strchr(texts[i], '{'));
		}
	}
}

struct interfaces {
	struct idl *manager, *service;
};

static void check_interface(const struct idl *idl, const char *prefix, const struct error *error)
{
	const char *name = error_name(error->code);
	char path[IDL_PATH_SIZE];

	if (strncmp(name, prefix, strlen(prefix)) == 0 &&
	    idl_check(idl, IDL_ERROR, name + strlen(prefix), IDL_CONTENT, error->parameters,
		      path) != 0)
		CHECK_FAIL("%s: bad parameter %s", name, path);
}

static void check_interfaces(const struct interfaces *interfaces, const struct error *error)
{
	check_interface(interfaces->manager, "io.apqd.Manager.", error);
	check_interface(interfaces->service, "org.varlink.service.", error);
}

/* What the setters make is what the interface promises. */
static void test_setters(void)
{
	CLEANUP_ERROR struct error error = { 0 };
	struct interfaces interfaces;
	unsigned int line;

	CHECK_INT(idl_parse(interface_manager, &interfaces.manager, &line), 0);
	CHECK_INT(idl_parse(interface_service, &interfaces.service, &line), 0);
	CHECK_INT(error_set_device(&error, ERROR_NO_SUCH_DEVICE, "x"), -ECANCELED);
	check_interfaces(&interfaces, &error);
	CHECK_INT(error_set_device(&error, ERROR_DEVICE_EXISTS, "x"), -ECANCELED);
	check_interfaces(&interfaces, &error);
	CHECK_INT(error_set_reason(&error, ERROR_UNSUPPORTED, "%d", 5), -ECANCELED);
	check_interfaces(&interfaces, &error);
	CHECK_INT(error_set_reason(&error, ERROR_BAD_DEFINITION, "x"), -ECANCELED);
	check_interfaces(&interfaces, &error);
	CHECK_INT(error_set_reason(&error, ERROR_INTERRUPTS_UNAVAILABLE, "x"), -ECANCELED);
	check_interfaces(&interfaces, &error);
	CHECK_INT(error_set_parameter(&error, "x"), -ECANCELED);
	check_interfaces(&interfaces, &error);
	CHECK_INT(error_set_conflict(&error, json_object_new_array()), -ECANCELED);
	check_interfaces(&interfaces, &error);
	CHECK_INT(error_set_in_use(&error, "x", "", json_object_new_array()), -ECANCELED);
	check_interfaces(&interfaces, &error);
	CHECK_INT(error_set_locked(&error, 5, "x"), -ECANCELED);
	check_interfaces(&interfaces, &error);
	CHECK_INT(error_set_locked(&error, 5, NULL), -ECANCELED);
	check_interfaces(&interfaces, &error);
	CHECK_INT(error_set_limit(&error, "x", 5), -ECANCELED);
	check_interfaces(&interfaces, &error);
	CHECK_INT(error_set_errno(&error, ERROR_KERNEL_REFUSED, "x", 5, "y"), -ECANCELED);
	check_interfaces(&interfaces, &error);
	CHECK_INT(error_set_errno(&error, ERROR_STORE_FAILED, "x", 5, "y"), -ECANCELED);
	check_interfaces(&interfaces, &error);
	CHECK_INT(error_set_code(&error, ERROR_PERMISSION_DENIED), -ECANCELED);
	check_interfaces(&interfaces, &error);
	CHECK_INT(error_set_code(&error, ERROR_EXPECTED_MORE), -ECANCELED);
	check_interfaces(&interfaces, &error);
	idl_free(interfaces.manager);
	idl_free(interfaces.service);
	error_done(&error);
	CHECK_INT(error.code, ERROR_NONE);
	CHECK(!error.parameters);
	CHECK_INT(error_set_reason(&error, ERROR_UNSUPPORTED, "%s-%d", "x", 5), -ECANCELED);
	CHECK_STR(json_text(error.parameters, NULL), "{\"reason\":\"x-5\"}");
	CHECK_INT(error.code, ERROR_UNSUPPORTED);
}

int main(void)
{
	RUN(test_golden);
	RUN(test_names);
	RUN(test_strange_parameters);
	RUN(test_setters);
	return 0;
}
