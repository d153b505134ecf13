/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes from a client: cut into messages, read as calls, checked against the interface.  What
 * is answered must be a message that a strict client accepts.  And any bytes from a daemon, perhaps
 * of another version: a client makes a sentence of an error, whatever is in it.
 */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/error.h"
#include "common/frame.h"
#include "common/idl.h"
#include "common/json.h"
#include "common/utf8.h"
#include "common/varlink.h"
#include "daemon/varlink/interface.h"
#include "tests/fuzz/fuzz.h"

static struct idl *interface(void)
{
	static struct idl *idl;
	unsigned int line;

	if (!idl)
		MUST(idl_parse(interface_manager, &idl, &line) == 0);
	return idl;
}

static void check_reply(struct error *error)
{
	struct json_object *reply =
		varlink_make_error(error_name(error->code), json_object_get(error->parameters));
	CLEANUP_FREE char *sentence = error_describe(error->code, NULL, error->parameters);
	struct json_object *back = NULL;
	struct varlink_reply envelope;
	size_t length;
	const char *text = json_text(reply, &length);

	MUST(json_parse(text, length, &back, NULL) == 0);
	MUST(varlink_read_reply(back, &envelope) == 0 && envelope.error && sentence);
	json_object_put(back);
	json_object_put(reply);
}

static void take_reply(struct json_object *message)
{
	CLEANUP_FREE char *sentence = NULL;
	struct varlink_reply reply;

	if (varlink_read_reply(message, &reply) < 0 || !reply.error)
		return;
	sentence = error_describe(error_from_name(reply.error), reply.error, reply.parameters);
	MUST(sentence && *sentence);
	MUST(utf8_fitting(sentence, strlen(sentence)) == (int)strlen(sentence));
}

static void take_message(const char *text, size_t length)
{
	CLEANUP_JSON struct json_object *message = NULL;
	CLEANUP_ERROR struct error error = { 0 };
	struct varlink_call call;
	char path[IDL_PATH_SIZE];
	const char *member;

	if (json_parse(text, length, &message, NULL) < 0)
		return;
	take_reply(message);
	if (varlink_read_call(message, &call) < 0)
		return;
	MUST(call.method && call.more + call.oneway + call.upgrade <= 1);
	member = strrchr(call.method, '.');
	member = member ? member + 1 : call.method;
	if (!idl_has(interface(), IDL_METHOD, member))
		MUST(error_set_device(&error, ERROR_NO_SUCH_DEVICE, call.method) == -ECANCELED);
	else if (idl_check(interface(), IDL_METHOD, member, IDL_INPUT, call.parameters, path) < 0)
		MUST(error_set_parameter(&error, path) == -ECANCELED);
	if (error.code)
		check_reply(&error);
}

/* The first byte says in pieces of how many bytes the rest arrives. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t piece = size > 0 && data[0] ? data[0] : 1000, sent = size > 0, messages = 0,
	       nuls = 0;
	struct frame_input input;
	int fds[2];

	/* what a socket holds without a reader, and a little more than one read takes */
	if (size > 20000)
		return 0;
	MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
	frame_input_init(&input, 10000);
	for (size_t i = sent; i < size; i++)
		nuls += data[i] == '\0';
	while (sent < size) {
		size_t part = size - sent < piece ? size - sent : piece, length;
		const char *text;
		int r;

		MUST(send(fds[1], data + sent, part, 0) == (ssize_t)part);
		sent += part;
		r = frame_read(&input, fds[0]);
		if (r == -EMSGSIZE)
			break;
		MUST(r == (int)part);
		while ((r = frame_next(&input, &text, &length)) > 0) {
			MUST(strlen(text) == length && length <= 10000);
			take_message(text, length);
			messages++;
		}
		if (r == -EMSGSIZE)
			break;
		if (sent == size)
			MUST(messages == nuls);
	}
	frame_input_done(&input);
	close(fds[0]);
	close(fds[1]);
	return 0;
}
