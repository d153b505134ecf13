/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Varlink's framing, for both ends: JSON texts that each end with a NUL byte on a stream
 * socket.  Input is cut into messages whatever the pieces it comes in; output waits until
 * the socket takes it.  Both are limited.
 */
#ifndef APQD_COMMON_FRAME_H
#define APQD_COMMON_FRAME_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/macro.h"

/* The longest message that either end accepts by default. */
#define FRAME_CALL_MAX (128u << 10)	/* a call to the daemon: the largest that only asks is under 16 KiB */
#define FRAME_CHANGE_MAX (16u << 20)	/* of who may change things: Apply of 4096 devices is some MiB */
#define FRAME_REPLY_MAX (16u << 20)	/* a reply: what sd-varlink accepts as well */

struct frame_input {
	char *data;
	size_t size;		/* allocated */
	size_t start;		/* of the first byte that is not consumed */
	size_t end;		/* behind the last byte that was read */
	size_t scanned;		/* no NUL lies before this */
	size_t max;		/* the longest message */
};

struct frame_output {
	char *data;
	size_t size, start, end;
	size_t max;		/* the most that may wait */
	uint64_t written;	/* bytes, since the beginning */
};

void frame_input_init(struct frame_input *input, size_t max);
void frame_input_done(struct frame_input *input);

/*
 * Reads once from fd.  Returns how many bytes came (never 0), -EAGAIN when there is nothing
 * now, -ENOTCONN at the end of the stream, -EMSGSIZE when an unfinished message is over the
 * limit, or another negative errno.
 */
MUST_CHECK int frame_read(struct frame_input *input, int fd);

/*
 * Takes the next whole message: 1 and its text (without the NUL, valid until the next
 * frame_read()), 0 when there is none, or -EMSGSIZE when it is over the limit.
 */
MUST_CHECK int frame_next(struct frame_input *input, const char **ret_text, size_t *ret_length);

/* Returns true if frame_next() may find one: bytes are there that it has not looked through. */
bool frame_may_have_next(const struct frame_input *input);

/* Returns true if a message has begun and not ended. */
bool frame_is_partial(const struct frame_input *input);

void frame_output_init(struct frame_output *output, size_t max);
void frame_output_done(struct frame_output *output);

/*
 * Appends one message and its NUL.  Returns 0, -ENOMEM, or -ENOBUFS when more than the
 * limit would wait; then nothing is appended.
 */
MUST_CHECK int frame_queue(struct frame_output *output, struct json_object *message);

/* How many bytes wait. */
size_t frame_waiting(const struct frame_output *output);

/* Writes what the socket takes.  Returns 1 when all is out, 0 when some waits, or a negative errno. */
MUST_CHECK int frame_write(struct frame_output *output, int fd);

#endif
