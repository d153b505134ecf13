/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * common/frame.c: messages out of a stream, however it is cut, and into one.
 */
#include <errno.h>
#include <sys/socket.h>

#include "common/cleanup.h"
#include "common/frame.h"
#include "tests/unit/check.h"

struct pair {
	int ours, theirs;
	struct frame_input input;
	struct frame_output output;
};

static void start(struct pair *pair, size_t max)
{
	int fds[2];

	CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	pair->ours = fds[0];
	pair->theirs = fds[1];
	frame_input_init(&pair->input, max);
	frame_output_init(&pair->output, max);
}

static void done(struct pair *pair)
{
	frame_input_done(&pair->input);
	frame_output_done(&pair->output);
	close(pair->ours);
	if (pair->theirs >= 0)
		close(pair->theirs);
}

static void send_all(const struct pair *pair, const char *bytes, size_t length)
{
	CHECK_INT(send(pair->theirs, bytes, length, 0), length);
}

/* Takes the next message and checks that it is the expected one. */
static void expect(struct pair *pair, const char *expected)
{
	const char *text;
	size_t length;

	CHECK_INT(frame_next(&pair->input, &text, &length), 1);
	CHECK_STR(text, expected);
	CHECK_INT(length, strlen(expected));
}

static void expect_none(struct pair *pair)
{
	const char *text;
	size_t length;

	CHECK_INT(frame_next(&pair->input, &text, &length), 0);
	CHECK(!frame_may_have_next(&pair->input));
}

static void test_split_at_every_byte(void)
{
	static const char stream[] = "{\"one\":1}\0\0{\"three\":3}";

	for (size_t cut = 1; cut < sizeof(stream); cut++) {
		struct pair pair;
		unsigned int messages = 0;
		const char *text;
		size_t length;

		start(&pair, 1024);
		for (size_t at = 0; at < sizeof(stream); at += cut) {
			size_t part = sizeof(stream) - at < cut ? sizeof(stream) - at : cut;

			send_all(&pair, stream + at, part);
			CHECK_INT(frame_read(&pair.input, pair.ours), part);
			while (frame_next(&pair.input, &text, &length) > 0) {
				static const char *const expected[] = { "{\"one\":1}", "",
									"{\"three\":3}" };

				CHECK(messages < 3);
				CHECK_STR(text, expected[messages++]);
			}
		}
		CHECK_INT(messages, 3);
		CHECK(!frame_is_partial(&pair.input));
		done(&pair);
	}
}

static void test_several_in_one_piece(void)
{
	struct pair pair;

	start(&pair, 1024);
	expect_none(&pair);
	send_all(&pair, "a\0bc\0\0de", 8);
	CHECK(!frame_may_have_next(&pair.input));
	CHECK_INT(frame_read(&pair.input, pair.ours), 8);
	CHECK(frame_may_have_next(&pair.input));
	expect(&pair, "a");
	expect(&pair, "bc");
	expect(&pair, "");
	expect_none(&pair);
	CHECK(frame_is_partial(&pair.input));
	send_all(&pair, "f\0", 2);
	CHECK_INT(frame_read(&pair.input, pair.ours), 2);
	expect(&pair, "def");
	expect_none(&pair);
	CHECK(!frame_is_partial(&pair.input));
	done(&pair);
}

static void test_answers_of_read(void)
{
	struct pair pair;

	start(&pair, 1024);
	CHECK_INT(frame_read(&pair.input, pair.ours), -EAGAIN);
	send_all(&pair, "x", 1);
	close(pair.theirs);
	pair.theirs = -1;
	CHECK_INT(frame_read(&pair.input, pair.ours), 1);
	expect_none(&pair);
	CHECK_INT(frame_read(&pair.input, pair.ours), -ENOTCONN);
	CHECK(frame_is_partial(&pair.input));
	done(&pair);
}

/* A message that never ends is stopped at the limit, within one read. */
static void test_limit_of_input(void)
{
	enum {
		MAX = 100000,
		PART = 1000
	};
	static char part[PART];
	struct pair pair;
	size_t got = 0;

	memset(part, 'x', sizeof(part));
	start(&pair, MAX);
	for (;;) {
		int r;

		send_all(&pair, part, sizeof(part));
		r = frame_read(&pair.input, pair.ours);
		if (r == -EMSGSIZE)
			break;
		CHECK_INT(r, PART);
		got += PART;
		expect_none(&pair);
		CHECK(got <= MAX + PART);
	}
	CHECK(got > MAX);
	CHECK(pair.input.size < 4 * MAX);
	done(&pair);
}

/* One that comes whole, in one read, is under the same limit. */
static void test_limit_of_whole_messages(void)
{
	struct pair pair;
	const char *text;
	size_t length;

	start(&pair, 4);
	send_all(&pair,
		 "1234\0"
		 "12345\0",
		 11);
	CHECK_INT(frame_read(&pair.input, pair.ours), 11);
	expect(&pair, "1234");
	CHECK_INT(frame_next(&pair.input, &text, &length), -EMSGSIZE);
	done(&pair);
}

/* However many come, what has been taken makes room. */
static void test_memory_stays_small(void)
{
	static char message[3000];
	struct pair pair;

	memset(message, 'y', sizeof(message) - 1);
	start(&pair, 4096);
	for (int i = 0; i < 1000; i++) {
		send_all(&pair, message, sizeof(message));
		CHECK_INT(frame_read(&pair.input, pair.ours), sizeof(message));
		expect(&pair, message);
	}
	CHECK(pair.input.size <= 64 << 10);
	done(&pair);
}

static void test_output(void)
{
	CLEANUP_JSON struct json_object *message = json_object_new_object();
	struct pair pair;
	char bytes[64];

	json_object_object_add(message, "a", json_object_new_string("x/y"));
	start(&pair, 30);
	CHECK_INT(frame_write(&pair.output, pair.ours), 1);
	CHECK_INT(frame_queue(&pair.output, message), 0);
	CHECK_INT(frame_waiting(&pair.output), 12);
	CHECK_INT(frame_queue(&pair.output, message), 0);
	/* a third would be over the limit: nothing of it is appended */
	CHECK_INT(frame_queue(&pair.output, message), -ENOBUFS);
	CHECK_INT(frame_waiting(&pair.output), 24);
	CHECK_INT(frame_write(&pair.output, pair.ours), 1);
	CHECK_INT(frame_waiting(&pair.output), 0);
	CHECK_INT(recv(pair.theirs, bytes, sizeof(bytes), 0), 24);
	CHECK(memcmp(bytes, "{\"a\":\"x/y\"}\0{\"a\":\"x/y\"}\0", 24) == 0);
	CHECK_INT(frame_queue(&pair.output, message), 0);
	done(&pair);
}

/* More than the socket takes: it goes on where it stopped, byte for byte. */
static void test_output_in_pieces(void)
{
	enum {
		LENGTH = 3000000
	};
	CLEANUP_JSON struct json_object *message = NULL;
	CLEANUP_FREE char *text = malloc(LENGTH + 1);
	struct pair pair;
	size_t got = 0, length;
	int r = 0, rounds = 0;

	for (size_t i = 0; i < LENGTH; i++)
		text[i] = (char)('a' + i % 23);
	text[LENGTH] = '\0';
	message = json_object_new_string(text);
	start(&pair, FRAME_REPLY_MAX);
	frame_input_init(&pair.input, FRAME_REPLY_MAX);
	CHECK_INT(frame_queue(&pair.output, message), 0);
	while (r == 0) {
		const char *back;

		r = frame_write(&pair.output, pair.ours);
		CHECK(r == 0 || r == 1);
		rounds++;
		while (frame_read(&pair.input, pair.theirs) > 0)
			;
		if (frame_next(&pair.input, &back, &length) > 0) {
			got = length;
			CHECK(memcmp(back + 1, text, LENGTH) == 0);
		}
	}
	CHECK_INT(got, LENGTH + 2);
	CHECK(rounds > 1);
	done(&pair);
}

static void test_peer_is_gone(void)
{
	CLEANUP_JSON struct json_object *message = json_object_new_object();
	struct pair pair;

	start(&pair, 100);
	close(pair.theirs);
	pair.theirs = -1;
	CHECK_INT(frame_queue(&pair.output, message), 0);
	CHECK_INT(frame_write(&pair.output, pair.ours), -EPIPE);
	done(&pair);
}

int main(void)
{
	RUN(test_split_at_every_byte);
	RUN(test_several_in_one_piece);
	RUN(test_answers_of_read);
	RUN(test_limit_of_input);
	RUN(test_limit_of_whole_messages);
	RUN(test_memory_stays_small);
	RUN(test_output);
	RUN(test_output_in_pieces);
	RUN(test_peer_is_gone);
	return 0;
}
