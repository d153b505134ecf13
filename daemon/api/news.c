/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/api/news.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "common/json.h"

/* So many events go out by one call of the system. */
#define PIECES 64u

struct news_item {
	struct news_item *next;		/* NULL: this is the empty place */
	char *text;			/* with its NUL */
	size_t length;			/* of both */
	uint64_t begin;			/* bytes that were added before it */
	unsigned int readers;		/* whose next it is */
	bool of_device;
	struct uuid uuid;		/* if it is of a device */
};

int news_init(struct news *news)
{
	struct news_item *item = calloc(1, sizeof(*item));

	if (!item)
		return -ENOMEM;
	*news = (struct news){ .first = item, .last = item };
	return 0;
}

/* Frees what every reader has read. */
static void forget_read(struct news *news)
{
	while (news->first != news->last && news->first->readers == 0) {
		struct news_item *item = news->first;

		news->first = item->next;
		free(item->text);
		free(item);
	}
}

void news_done(struct news *news)
{
	while (news->first) {
		struct news_item *item = news->first;

		news->first = item->next;
		free(item->text);
		free(item);
	}
	*news = (struct news){ 0 };
}

int news_add(struct news *news, struct json_object *message, const struct uuid *uuid)
{
	struct news_item *next = calloc(1, sizeof(*next)), *item = news->last;
	size_t length = 0;
	const char *text = next ? json_text(message, &length) : NULL;
	char *copy = text ? malloc(length + 1) : NULL;

	if (!copy) {
		free(next);
		return -ENOMEM;
	}
	memcpy(copy, text, length + 1);
	item->text = copy;
	item->length = length + 1;
	item->begin = news->end;
	item->of_device = uuid != NULL;
	if (uuid)
		item->uuid = *uuid;
	item->next = next;
	news->last = next;
	news->end += length + 1;
	news->made++;
	forget_read(news);
	return 0;
}

size_t news_kept(const struct news *news)
{
	return news->first == news->last ? 0 : (size_t)(news->end - news->first->begin);
}

void news_enter(struct news *news, struct news_reader *reader)
{
	*reader = (struct news_reader){ .at = news->last };
	news->last->readers++;
	news->readers++;
}

void news_leave(struct news *news, struct news_reader *reader)
{
	if (!reader->at)
		return;
	reader->at->readers--;
	news->readers--;
	*reader = (struct news_reader){ 0 };
	forget_read(news);
}

size_t news_behind(const struct news *news, const struct news_reader *reader)
{
	if (!reader->at || reader->at == news->last)
		return 0;
	return (size_t)(news->end - reader->at->begin) - reader->offset;
}

static void step(struct news_reader *reader)
{
	reader->at->readers--;
	reader->at = reader->at->next;
	reader->at->readers++;
	reader->offset = 0;
}

static bool is_passed_over(const struct news_item *item, const struct uuid *told)
{
	return told && item->of_device && uuid_compare(&item->uuid, told) > 0;
}

/* The next bytes, up to one that is passed over; returns how many pieces they are. */
static unsigned int gather(const struct news *news, const struct news_reader *reader,
			   const struct uuid *told, size_t max, struct iovec *pieces)
{
	size_t offset = reader->offset;
	unsigned int n = 0;

	for (const struct news_item *item = reader->at;
	     item != news->last && n < PIECES && max > 0 && !(offset == 0 && is_passed_over(item, told));
	     item = item->next, n++) {
		size_t length = item->length - offset < max ? item->length - offset : max;

		pieces[n] = (struct iovec){ .iov_base = item->text + offset, .iov_len = length };
		max -= length;
		offset = 0;
	}
	return n;
}

static void advance(struct news_reader *reader, size_t sent)
{
	while (sent > 0) {
		size_t left = reader->at->length - reader->offset;

		if (sent < left) {
			reader->offset += sent;
			return;
		}
		sent -= left;
		step(reader);
	}
}

int news_send(struct news *news, struct news_reader *reader, int fd, const struct uuid *told,
	      size_t *budget)
{
	int r = 1;

	while (reader->at && reader->at != news->last) {
		struct iovec pieces[PIECES];
		struct msghdr message = { .msg_iov = pieces };
		ssize_t n;

		if (reader->offset == 0 && is_passed_over(reader->at, told)) {
			step(reader);
			continue;
		}
		message.msg_iovlen = gather(news, reader, told, *budget, pieces);
		n = message.msg_iovlen > 0 ? sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) : 0;
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			r = n == 0 || errno == EAGAIN ? 0 : -errno;
			break;
		}
		*budget -= (size_t)n;
		news->sent += (uint64_t)n;
		advance(reader, (size_t)n);
	}
	forget_read(news);
	return r;
}
