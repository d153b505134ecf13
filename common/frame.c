/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/frame.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/json.h"

/* The room for one read; also the least that a buffer grows by. */
#define STEP (16u << 10)

void frame_input_init(struct frame_input *input, size_t max)
{
	*input = (struct frame_input){ .max = max };
}

void frame_input_done(struct frame_input *input)
{
	free(input->data);
	*input = (struct frame_input){ .max = input->max };
}

/* Moves what is kept to the front and makes room for at least room bytes behind it. */
static int make_room(char **data, size_t *size, size_t *start, size_t *end, size_t room)
{
	size_t kept = *end - *start, grown;
	char *bigger;

	if (*start > 0) {
		memmove(*data, *data + *start, kept);
		*start = 0;
		*end = kept;
	}
	if (*size - kept >= room)
		return 0;
	/* Doubling keeps the copying linear in what arrives. */
	grown = *size * 2 > kept + room ? *size * 2 : kept + room;
	bigger = realloc(*data, grown);
	if (!bigger)
		return -ENOMEM;
	*data = bigger;
	*size = grown;
	return 0;
}

int frame_read(struct frame_input *input, int fd)
{
	ssize_t n;
	int r;

	if (input->scanned == input->end && input->end - input->start > input->max)
		return -EMSGSIZE;
	input->scanned -= input->start;
	r = make_room(&input->data, &input->size, &input->start, &input->end, STEP);
	if (r < 0) {
		input->scanned += input->start;
		return r;
	}
	do {
		n = recv(fd, input->data + input->end, STEP, MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if (n == 0)
		return -ENOTCONN;
	input->end += (size_t)n;
	return (int)n;
}

int frame_next(struct frame_input *input, const char **ret_text, size_t *ret_length)
{
	char *nul = input->end > input->scanned ?
			    memchr(input->data + input->scanned, '\0', input->end - input->scanned) :
			    NULL;

	if (!nul) {
		input->scanned = input->end;
		return 0;
	}
	/* One read may bring the end of a message with what is too much of it. */
	if ((size_t)(nul - (input->data + input->start)) > input->max)
		return -EMSGSIZE;
	*ret_text = input->data + input->start;
	*ret_length = (size_t)(nul - *ret_text);
	input->start = input->scanned = (size_t)(nul - input->data) + 1;
	return 1;
}

bool frame_may_have_next(const struct frame_input *input)
{
	return input->scanned < input->end;
}

bool frame_is_partial(const struct frame_input *input)
{
	return input->end > input->start;
}

void frame_output_init(struct frame_output *output, size_t max)
{
	*output = (struct frame_output){ .max = max };
}

void frame_output_done(struct frame_output *output)
{
	free(output->data);
	*output = (struct frame_output){ .max = output->max, .written = output->written };
}

int frame_queue(struct frame_output *output, struct json_object *message)
{
	size_t length;
	const char *text = json_text(message, &length);
	int r;

	if (!text)
		return -ENOMEM;
	if (frame_waiting(output) + length + 1 > output->max)
		return -ENOBUFS;
	r = make_room(&output->data, &output->size, &output->start, &output->end, length + 1);
	if (r < 0)
		return r;
	memcpy(output->data + output->end, text, length + 1);
	output->end += length + 1;
	return 0;
}

size_t frame_waiting(const struct frame_output *output)
{
	return output->end - output->start;
}

int frame_write(struct frame_output *output, int fd)
{
	while (frame_waiting(output) > 0) {
		ssize_t n = send(fd, output->data + output->start, frame_waiting(output),
				 MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? 0 : -errno;
		output->start += (size_t)n;
		output->written += (size_t)n;
	}
	/* A burst must not hold its memory for as long as the connection lives. */
	free(output->data);
	output->data = NULL;
	output->size = output->start = output->end = 0;
	return 1;
}
