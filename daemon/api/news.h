/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events on their way to many readers.  An event is made to text and framed once, and kept once, until
 * every reader has sent it; a reader is only a place among the events.
 */
#ifndef APQD_DAEMON_API_NEWS_H
#define APQD_DAEMON_API_NEWS_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/macro.h"
#include "common/uuid.h"

struct news_item;

struct news {
	struct news_item *first;	/* the oldest that is kept */
	struct news_item *last;		/* the empty place for the next one; never NULL after news_init() */
	uint64_t end;			/* bytes that were ever added */
	uint64_t made;			/* events that were ever made to text */
	uint64_t sent;			/* bytes that were ever sent, to all readers */
	unsigned int readers;
};

/* All zero: not a reader. */
struct news_reader {
	struct news_item *at;		/* the item of which something is still to be sent */
	size_t offset;			/* so much of it is out */
};

/* Returns 0 or -ENOMEM. */
MUST_CHECK int news_init(struct news *news);

/* Nobody may read any more.  Takes one that is all zero too. */
void news_done(struct news *news);

/*
 * Makes the message to text, and adds that and its NUL; uuid is the device that it is about, or NULL.
 * Returns 0 or -ENOMEM.
 */
MUST_CHECK int news_add(struct news *news, struct json_object *message, const struct uuid *uuid);

/* The bytes that are kept. */
size_t news_kept(const struct news *news);

/* The reader is to get what is added from now on. */
void news_enter(struct news *news, struct news_reader *reader);

/*
 * Takes the reader out, and frees the news that no other reader needs.  Does nothing for one that
 * has not entered.
 */
void news_leave(struct news *news, struct news_reader *reader);

/* Returns the number of bytes that the reader has not read; 0 for one that has not entered. */
size_t news_behind(const struct news *news, const struct news_reader *reader);

/*
 * Sends the reader's next bytes, at most *budget, of which those that are sent are taken off.  Passes over
 * events of devices behind `told` in the order of UUIDs, unless it is NULL.
 * Returns 1 when all is out, 0 when the socket or the budget is full, or a negative errno.
 */
MUST_CHECK int news_send(struct news *news, struct news_reader *reader, int fd,
			 const struct uuid *told, size_t *budget);

#endif
