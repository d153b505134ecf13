/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GetMetrics: all numbers of one moment, of the model and of the socket.
 */
#include "common/json.h"
#include "daemon/api/handlers.h"
#include "daemon/varlink/server.h"
#include "daemon/report/metrics.h"

void metrics_answer(struct connection *connection, struct json_object *parameters)
{
	const struct server *server = connection->server;
	struct json_object *reply = json_object_new_object();
	struct json_object *metrics;

	(void)parameters;
	manager_look(server->manager, NULL);
	metrics = metrics_describe(manager_observed(server->manager),
				   manager_desired(server->manager),
				   manager_metrics(server->manager));
	if (!metrics) {
		json_object_put(reply);
		connection_break(connection, "out of memory");
		return;
	}
	json_add_string(metrics, "version", PACKAGE_VERSION);
	json_add_int(metrics, "startTime", server->tally.start);
	json_add(metrics, "calls", tally_describe_calls(&server->tally, methods_name));
	json_add_int(metrics, "connections", server->count);
	json_add_int(metrics, "connectionsAccepted", (int64_t)server->tally.accepted);
	json_add_int(metrics, "connectionsRefused", (int64_t)server->tally.refused);
	json_add_int(metrics, "subscribers", server->news.readers);
	json_add_int(metrics, "eventsMade", (int64_t)server->news.made);
	json_add_int(metrics, "eventBytesSent", (int64_t)server->news.sent);
	json_add(reply, "metrics", metrics);
	connection_reply(connection, reply, false);
}
