/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The methods of the socket: which there are, who may call them, and what each does.
 */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/varlink.h"
#include "daemon/api/handlers.h"
#include "daemon/varlink/interface.h"
#include "daemon/varlink/server.h"
#include "daemon/api/subscribe.h"
#include "daemon/report/describe.h"
#include "daemon/model/resolve.h"

enum access {
	ACCESS_READ,
	ACCESS_CHANGE,
};

static const struct observed *observed_of(const struct connection *connection)
{
	return manager_observed(connection->server->manager);
}

static const struct desired *desired_of(const struct connection *connection)
{
	return manager_desired(connection->server->manager);
}

static void reply_with(struct connection *connection, const char *key, struct json_object *value)
{
	struct json_object *parameters = json_object_new_object();

	json_add(parameters, key, value);
	connection_reply(connection, parameters, false);
}

static void fail(struct connection *connection, struct error *error)
{
	connection_error(connection, error);
	error_done(error);
}

static void get_info(struct connection *connection, struct json_object *parameters)
{
	struct json_object *info = json_object_new_object();
	struct json_object *interfaces = json_object_new_array();

	(void)parameters;
	json_object_array_add(interfaces, json_object_new_string(VARLINK_SERVICE_INTERFACE));
	json_object_array_add(interfaces, json_object_new_string(VARLINK_INTERFACE));
	json_add_string(info, "vendor", "apqd");
	json_add_string(info, "product", "apqd");
	json_add_string(info, "version", PACKAGE_VERSION);
	json_add_string(info, "url", PACKAGE_URL);
	json_add(info, "interfaces", interfaces);
	connection_reply(connection, info, false);
}

static void get_interface_description(struct connection *connection, struct json_object *parameters)
{
	const char *name = json_get_string(parameters, "interface");
	struct error error = { .code = ERROR_INTERFACE_NOT_FOUND };

	if (strcmp(name, VARLINK_INTERFACE) == 0) {
		reply_with(connection, "description", json_object_new_string(interface_manager));
	} else if (strcmp(name, VARLINK_SERVICE_INTERFACE) == 0) {
		reply_with(connection, "description", json_object_new_string(interface_service));
	} else {
		error.parameters = json_object_new_object();
		json_add_string(error.parameters, "interface", name);
		fail(connection, &error);
	}
}

static void get_host(struct connection *connection, struct json_object *parameters)
{
	(void)parameters;
	reply_with(connection, "host",
		   describe_host(observed_of(connection), desired_of(connection)));
}

static void list_cards(struct connection *connection, struct json_object *parameters)
{
	const struct observed *observed = observed_of(connection);
	struct json_object *list = json_object_new_array();

	(void)parameters;
	manager_look(connection->server->manager, NULL);
	MASK_FOR_EACH(adapter, &observed->cards)
		json_object_array_add(list, describe_card(observed, adapter));
	reply_with(connection, "cards", list);
}

int methods_find_device(struct connection *connection, const char *text, struct uuid *ret_uuid)
{
	CLEANUP_ERROR struct error error = { 0 };

	if (resolve_or_explain(observed_of(connection), desired_of(connection), text, ret_uuid, &error) == 0)
		return 0;
	connection_error(connection, &error);
	return -ENOENT;
}

static void get_device(struct connection *connection, struct json_object *parameters)
{
	struct uuid uuid;

	if (methods_find_device(connection, json_get_string(parameters, "device"), &uuid) < 0)
		return;
	manager_look(connection->server->manager, &uuid);
	reply_with(connection, "device",
		   describe_device(observed_of(connection), desired_of(connection), &uuid));
}

static void monitor(struct connection *connection, struct json_object *parameters)
{
	CLEANUP_ERROR struct error error = { 0 };

	(void)parameters;
	if (connection->more) {
		subscribe_add(connection);
		return;
	}
	error_set_code(&error, ERROR_EXPECTED_MORE);
	connection_error(connection, &error);
}

#define SERVICE "org.varlink.service."
#define MANAGER "io.apqd.Manager."

static const struct method {
	const char *name;
	enum access access;	/* stands before the handler, so that no method can do without */
	void (*handle)(struct connection *connection, struct json_object *parameters);
} methods[] = {
	{ SERVICE "GetInfo", ACCESS_READ, get_info },
	{ SERVICE "GetInterfaceDescription", ACCESS_READ, get_interface_description },
	{ MANAGER "GetHost", ACCESS_READ, get_host },
	{ MANAGER "ListCards", ACCESS_READ, list_cards },
	{ MANAGER "ListQueues", ACCESS_READ, queues_list },
	{ MANAGER "ListDevices", ACCESS_READ, devices_list },
	{ MANAGER "GetDevice", ACCESS_READ, get_device },
	{ MANAGER "Export", ACCESS_READ, state_export },
	{ MANAGER "Explain", ACCESS_READ, explain_answer_device },
	{ MANAGER "ExplainInstruction", ACCESS_READ, explain_answer_instruction },
	{ MANAGER "GetMetrics", ACCESS_READ, metrics_answer },
	{ MANAGER "Monitor", ACCESS_READ, monitor },
	{ MANAGER "Define", ACCESS_CHANGE, changes_define },
	{ MANAGER "Undefine", ACCESS_CHANGE, changes_undefine },
	{ MANAGER "Start", ACCESS_CHANGE, changes_start },
	{ MANAGER "Stop", ACCESS_CHANGE, changes_stop },
	{ MANAGER "Assign", ACCESS_CHANGE, changes_assign },
	{ MANAGER "Unassign", ACCESS_CHANGE, changes_unassign },
	{ MANAGER "Modify", ACCESS_CHANGE, changes_modify },
	{ MANAGER "Reserve", ACCESS_CHANGE, changes_reserve },
	{ MANAGER "Release", ACCESS_CHANGE, changes_release },
	{ MANAGER "Import", ACCESS_CHANGE, changes_import },
	{ MANAGER "SetInterrupts", ACCESS_CHANGE, changes_set_interrupts },
	{ MANAGER "Apply", ACCESS_CHANGE, state_apply },
	{ MANAGER "Reload", ACCESS_CHANGE, reload_files },
};

static_assert(ARRAY_SIZE(methods) <= TALLY_METHODS, "each method needs its place in a tally");

const char *methods_name(unsigned int number)
{
	return number < ARRAY_SIZE(methods) ? strrchr(methods[number].name, '.') + 1 : NULL;
}

static const struct method *find_method(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++)
		if (strcmp(methods[i].name, name) == 0)
			return &methods[i];
	return NULL;
}

static void refuse(struct connection *connection, enum error_code code, const char *key,
		   const char *value)
{
	CLEANUP_ERROR struct error error = { .code = code, .parameters = json_object_new_object() };

	if (key)
		json_add_string(error.parameters, key, value);
	connection_error(connection, &error);
}

/* The interface of a full method name, or NULL after the refusal. */
static const struct idl *find_interface(struct connection *connection, const char *name,
					const char **ret_method)
{
	const struct idl *known[] = { connection->server->manager_idl,
				      connection->server->service_idl };
	const char *dot = strrchr(name, '.');
	size_t length = dot ? (size_t)(dot - name) : strlen(name);
	char interface[256];

	snprintf(interface, sizeof(interface), "%.*s", (int)(length < 255 ? length : 255), name);
	for (size_t i = 0; dot && i < ARRAY_SIZE(known); i++) {
		if (strcmp(idl_name(known[i]), interface) == 0) {
			*ret_method = dot + 1;
			return known[i];
		}
	}
	refuse(connection, ERROR_INTERFACE_NOT_FOUND, "interface", interface);
	return NULL;
}

void methods_dispatch(struct connection *connection, struct json_object *call)
{
	const char *name = json_get_string(call, "method"), *member;
	struct json_object *parameters = NULL, *upgrade = NULL;
	const struct idl *idl = find_interface(connection, name, &member);
	const struct method *method;
	char path[IDL_PATH_SIZE];

	if (!idl)
		return;
	method = find_method(name);
	if (!idl_has(idl, IDL_METHOD, member)) {
		refuse(connection, ERROR_METHOD_NOT_FOUND, "method", name);
		return;
	}
	json_object_object_get_ex(call, "upgrade", &upgrade);
	if (!method || (upgrade && json_object_get_boolean(upgrade))) {
		refuse(connection, ERROR_METHOD_NOT_IMPLEMENTED, "method", name);
		return;
	}
	connection->method = (unsigned int)(method - methods);
	json_object_object_get_ex(call, "parameters", &parameters);
	if (idl_check(idl, IDL_METHOD, member, IDL_INPUT, parameters, path) < 0)
		refuse(connection, ERROR_INVALID_PARAMETER, "parameter", path);
	else if (method->access != ACCESS_READ && !connection->peer.may_change)
		refuse(connection, ERROR_PERMISSION_DENIED, "group",
		       group_name(connection->server->group));
	else
		method->handle(connection, parameters);
}

void methods_forget(struct connection *connection)
{
	manager_forget(connection->server->manager, connection);
}
