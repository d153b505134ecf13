/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/varlink.h"

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/json.h"

/* A member of an envelope that the table does not name is allowed only to vendors. */
static int check_foreign(struct json_object *message, const struct json_field *fields, size_t count)
{
	json_object_object_foreach(message, key, value) {
		size_t i = 0;

		(void)value;
		while (i < count && strcmp(fields[i].name, key) != 0)
			i++;
		if (i == count && !strchr(key, '.'))
			return -EBADMSG;
	}
	return 0;
}

static int read_envelope(struct json_object *message, const struct json_field *fields, size_t count,
			 void *target)
{
	const char *bad;

	if (json_read(message, fields, count, false, target, &bad) < 0)
		return -EBADMSG;
	return check_foreign(message, fields, count);
}

int varlink_read_call(struct json_object *message, struct varlink_call *ret_call)
{
	static const struct json_field fields[] = {
		JSON_FIELD(struct varlink_call, method, "method", JSON_KIND_STRING, JSON_REQUIRED),
		JSON_FIELD(struct varlink_call, parameters, "parameters", JSON_KIND_OBJECT, 0),
		JSON_FIELD(struct varlink_call, more, "more", JSON_KIND_BOOL, 0),
		JSON_FIELD(struct varlink_call, oneway, "oneway", JSON_KIND_BOOL, 0),
		JSON_FIELD(struct varlink_call, upgrade, "upgrade", JSON_KIND_BOOL, 0),
	};
	struct varlink_call call = { 0 };
	int r = read_envelope(message, fields, ARRAY_SIZE(fields), &call);

	if (r < 0)
		return r;
	if (call.more + call.oneway + call.upgrade > 1 ||
	    (call.parameters && !json_object_is_type(call.parameters, json_type_object)))
		return -EBADMSG;
	*ret_call = call;
	return 0;
}

int varlink_read_reply(struct json_object *message, struct varlink_reply *ret_reply)
{
	static const struct json_field fields[] = {
		JSON_FIELD(struct varlink_reply, error, "error", JSON_KIND_STRING, 0),
		JSON_FIELD(struct varlink_reply, parameters, "parameters", JSON_KIND_OBJECT, 0),
		JSON_FIELD(struct varlink_reply, continues, "continues", JSON_KIND_BOOL, 0),
	};
	struct varlink_reply reply = { 0 };
	int r = read_envelope(message, fields, ARRAY_SIZE(fields), &reply);

	if (r < 0)
		return r;
	if ((reply.error && reply.continues) ||
	    (reply.parameters && !json_object_is_type(reply.parameters, json_type_object)))
		return -EBADMSG;
	*ret_reply = reply;
	return 0;
}

/* An envelope of one string, the parameters, and one flag each where it is set. */
static struct json_object *make(const char *key, const char *name, struct json_object *parameters,
				const char *flag)
{
	CLEANUP_JSON struct json_object *message = json_object_new_object();
	CLEANUP_JSON struct json_object *held = parameters;

	if (!message || (key && json_add_string(message, key, name) < 0))
		return NULL;
	if (held && json_add(message, "parameters", TAKE_PTR(held)) < 0)
		return NULL;
	if (flag && json_add_bool(message, flag, true) < 0)
		return NULL;
	return TAKE_PTR(message);
}

struct json_object *varlink_make_call(const char *method, struct json_object *parameters, bool more,
				      bool oneway)
{
	return make("method", method, parameters, more ? "more" : oneway ? "oneway" : NULL);
}

struct json_object *varlink_make_reply(struct json_object *parameters, bool continues)
{
	/* Some clients insist on parameters even where there are none to tell. */
	return make(NULL, NULL, parameters ? parameters : json_object_new_object(),
		    continues ? "continues" : NULL);
}

struct json_object *varlink_make_error(const char *error, struct json_object *parameters)
{
	return make("error", error, parameters ? parameters : json_object_new_object(), NULL);
}
