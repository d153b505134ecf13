/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/fuzz/reply.h"

#include "common/cleanup.h"
#include "common/error.h"
#include "common/idl.h"
#include "common/json.h"
#include "common/utf8.h"
#include "daemon/varlink/interface.h"
#include "tests/fuzz/fuzz.h"

/* The interface of a full name, and the member's own name; NULL where there is none. */
static const struct idl *find_interface(const char *name, const char **ret_member)
{
	static struct idl *known[2];
	const char *dot = strrchr(name, '.');
	unsigned int line;

	if (!known[0])
		MUST(idl_parse(interface_manager, &known[0], &line) == 0 &&
		     idl_parse(interface_service, &known[1], &line) == 0);
	for (size_t i = 0; dot && i < 2; i++) {
		const char *interface = idl_name(known[i]);

		*ret_member = dot + 1;
		if (strlen(interface) == (size_t)(dot - name) &&
		    strncmp(interface, name, strlen(interface)) == 0)
			return known[i];
	}
	return NULL;
}

static bool only_reads(const char *member)
{
	static const char *const readers[] = { "Get", "List", "Export", "Explain", "Monitor" };

	for (size_t i = 0; i < sizeof(readers) / sizeof(*readers); i++)
		if (strncmp(member, readers[i], strlen(readers[i])) == 0)
			return true;
	return false;
}

static void check_success(const struct varlink_call *call, const struct varlink_reply *reply,
			  bool may_change)
{
	char path[IDL_PATH_SIZE];
	const char *member;
	const struct idl *idl = find_interface(call->method, &member);

	MUST(idl && idl_has(idl, IDL_METHOD, member));
	MUST(may_change || only_reads(member));
	MUST(!call->upgrade && (!reply->continues || call->more));
	MUST(idl_check(idl, IDL_METHOD, member, IDL_INPUT, call->parameters, path) == 0);
	if (idl_check(idl, IDL_METHOD, member, IDL_OUTPUT, reply->parameters, path) < 0) {
		fprintf(stderr, "%s: %s of the reply is not as the interface says\n", member, path);
		abort();
	}
}

/* Also what apqctl makes of it must be a sentence. */
static void check_error(const struct varlink_reply *reply)
{
	enum error_code code = error_from_name(reply->error);
	CLEANUP_FREE char *text = error_describe(code, reply->error, reply->parameters);
	char path[IDL_PATH_SIZE];
	const char *member;
	const struct idl *idl = find_interface(reply->error, &member);

	MUST(!reply->continues && code != ERROR_OTHER);
	MUST(idl && idl_has(idl, IDL_ERROR, member));
	MUST(idl_check(idl, IDL_ERROR, member, IDL_CONTENT, reply->parameters, path) == 0);
	MUST(text && *text && utf8_fitting(text, strlen(text)) == (int)strlen(text));
}

void reply_check(const struct varlink_call *call, const struct varlink_reply *reply, bool may_change)
{
	if (reply->error)
		check_error(reply);
	else
		check_success(call, reply, may_change);
}
