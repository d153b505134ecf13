/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/host.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/listing.h"
#include "common/cleanup.h"
#include "common/json.h"

/* What is read before its objects are looked into. */
struct raw {
	struct host host;
	struct json_object *reserved, *interrupts, *wanted;
};

static const struct json_field host_fields[] = {
	JSON_FIELD(struct raw, host.kernel, "kernel", JSON_KIND_STRING, JSON_REQUIRED),
	JSON_FIELD(struct raw, host.ready, "ready", JSON_KIND_BOOL, JSON_REQUIRED),
	JSON_FIELD(struct raw, host.reason, "reason", JSON_KIND_STRING, 0),
	JSON_FIELD(struct raw, host.bus_features, "busFeatures", JSON_KIND_OBJECT, 0),
	JSON_FIELD(struct raw, host.passthrough_features, "passthroughFeatures", JSON_KIND_OBJECT,
		   0),
	JSON_FIELD(struct raw, host.max_adapter, "maxAdapter", JSON_KIND_INT, JSON_REQUIRED),
	JSON_FIELD(struct raw, host.max_domain, "maxDomain", JSON_KIND_INT, JSON_REQUIRED),
	JSON_FIELD(struct raw, host.configured, "configured", JSON_KIND_MATRIX, JSON_REQUIRED),
	JSON_FIELD(struct raw, host.host_adapters, "hostAdapters", JSON_KIND_MASK, JSON_REQUIRED),
	JSON_FIELD(struct raw, host.host_domains, "hostDomains", JSON_KIND_MASK, JSON_REQUIRED),
	JSON_FIELD(struct raw, host.others.adapters, "otherAdapters", JSON_KIND_MASK, 0),
	JSON_FIELD(struct raw, host.others.domains, "otherDomains", JSON_KIND_MASK, 0),
	JSON_FIELD(struct raw, host.importable, "importable", JSON_KIND_STRING, 0),
	JSON_FIELD(struct raw, host.queues, "queues", JSON_KIND_INT, 0),
	JSON_FIELD(struct raw, host.host_queues, "hostQueues", JSON_KIND_INT, 0),
	JSON_FIELD(struct raw, host.ownership, "ownership", JSON_KIND_STRING, JSON_REQUIRED),
	JSON_FIELD(struct raw, reserved, "reserved", JSON_KIND_OBJECT, 0),
	JSON_FIELD(struct raw, host.mechanism, "mechanism", JSON_KIND_STRING, 0),
	JSON_FIELD(struct raw, host.bindings_complete, "bindingsComplete", JSON_KIND_BOOL,
		   JSON_REQUIRED),
	JSON_FIELD(struct raw, interrupts, "interrupts", JSON_KIND_OBJECT, JSON_REQUIRED),
	JSON_FIELD(struct raw, host.problems, "problems", JSON_KIND_OBJECT, 0),
};

#define SETTINGS_FIELDS(member)                                                             \
	JSON_FIELD(struct raw, host.interrupts.member.gisa, "gisa", JSON_KIND_TRISTATE, 0), \
		JSON_FIELD(struct raw, host.interrupts.member.poll_thread, "pollThread",    \
			   JSON_KIND_TRISTATE, 0),                                          \
		JSON_FIELD(struct raw, host.interrupts.member.poll_timeout, "pollTimeout",  \
			   JSON_KIND_INT, 0)

static const struct json_field interrupts_fields[] = {
	JSON_FIELD(struct raw, host.interrupts.host, "host", JSON_KIND_BOOL, 0),
	JSON_FIELD(struct raw, host.interrupts.facility65, "facility65", JSON_KIND_TRISTATE, 0),
	JSON_FIELD(struct raw, host.interrupts.forwarding, "forwarding", JSON_KIND_BOOL,
		   JSON_REQUIRED),
	JSON_FIELD(struct raw, host.interrupts.reason, "reason", JSON_KIND_STRING, 0),
	SETTINGS_FIELDS(now),
	JSON_FIELD(struct raw, wanted, "wanted", JSON_KIND_OBJECT, 0),
};

static const struct json_field wanted_fields[] = { SETTINGS_FIELDS(wanted) };

#define NO_SETTINGS                    \
	((struct interrupts_settings){ \
		.gisa = -1, .poll_thread = -1, .poll_timeout = JSON_INT_NULL })

int host_read(struct json_object *parameters, struct host *ret_host)
{
	struct raw raw = { .host.interrupts = {
				   .facility65 = -1, .now = NO_SETTINGS, .wanted = NO_SETTINGS } };
	struct json_object *object = NULL;
	const char *bad;

	raw.host.queues = raw.host.host_queues = -1;
	json_object_object_get_ex(parameters, "host", &object);
	if (json_read(object, host_fields, ARRAY_SIZE(host_fields), false, &raw, &bad) < 0 ||
	    json_read(raw.interrupts, interrupts_fields, ARRAY_SIZE(interrupts_fields), false, &raw,
		      &bad) < 0)
		return -EBADMSG;
	if (raw.wanted &&
	    json_read(raw.wanted, wanted_fields, ARRAY_SIZE(wanted_fields), false, &raw, &bad) < 0)
		return -EBADMSG;
	if (reserved_read(raw.reserved, &raw.host.reserved) < 0)
		return -EBADMSG;
	*ret_host = raw.host;
	return 0;
}

struct json_object *host_interrupts(struct json_object *parameters)
{
	struct json_object *host = NULL, *interrupts = NULL;

	json_object_object_get_ex(parameters, "host", &host);
	json_object_object_get_ex(host, "interrupts", &interrupts);
	return interrupts;
}

bool interrupts_differ(const struct interrupts *interrupts)
{
	const struct interrupts_settings *now = &interrupts->now, *wanted = &interrupts->wanted;

	return (wanted->gisa >= 0 && wanted->gisa != now->gisa) ||
	       (wanted->poll_thread >= 0 && wanted->poll_thread != now->poll_thread) ||
	       (wanted->poll_timeout != JSON_INT_NULL && wanted->poll_timeout != now->poll_timeout);
}

void interrupts_print_forwarding(const struct interrupts *interrupts)
{
	if (interrupts->forwarding) {
		listing_line("Interrupts", "can be forwarded to guests", STYLE_GOOD);
		return;
	}
	listing_name("Interrupts");
	output_text("cannot be forwarded to guests: ", STYLE_WARN);
	output_text(interrupts->reason ? interrupts->reason : "the reason is not known",
		    STYLE_PLAIN);
	putchar('\n');
}

char *interrupts_describe(const struct interrupts_settings *settings)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	if (settings->gisa >= 0)
		fprintf(out, "kvm.use_gisa %s", settings->gisa ? "on" : "off");
	if (settings->poll_thread >= 0)
		fprintf(out, "%spoll thread %s", ftell(out) > 0 ? ", " : "",
			settings->poll_thread ? "on" : "off");
	if (settings->poll_timeout != JSON_INT_NULL)
		fprintf(out, "%spoll timeout %" PRId64 " ns", ftell(out) > 0 ? ", " : "",
			settings->poll_timeout);
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}
