/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * daemon/api/news.c: an event is made to text and kept once, however many read it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/json.h"
#include "daemon/api/news.h"
#include "tests/unit/check.h"

#define READERS 100

struct reader {
	struct news_reader place;
	int ours, theirs;
};

static void start(struct news *news, struct reader *readers, size_t count)
{
	CHECK_INT(news_init(news), 0);
	for (size_t i = 0; i < count; i++) {
		int fds[2];

		CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), 0);
		readers[i] = (struct reader){ .ours = fds[0], .theirs = fds[1] };
		news_enter(news, &readers[i].place);
	}
}

static void end(struct news *news, struct reader *readers, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		news_leave(news, &readers[i].place);
		close(readers[i].ours);
		close(readers[i].theirs);
	}
	CHECK_INT(news->readers, 0);
	CHECK_INT(news_kept(news), 0);
	news_done(news);
}

static void add(struct news *news, int number, const char *uuid)
{
	struct json_object *message = json_object_new_object();
	struct uuid of = { 0 };

	json_add_int(message, "n", number);
	if (uuid)
		CHECK_INT(uuid_parse(uuid, &of), 0);
	CHECK_INT(news_add(news, message, uuid ? &of : NULL), 0);
	json_object_put(message);
}

static int send_to(struct news *news, struct reader *reader, const struct uuid *told)
{
	size_t budget = SIZE_MAX;

	return news_send(news, &reader->place, reader->ours, told, &budget);
}

/* Reads all that is there, with a '|' for each NUL, and compares. */
static void expect(const struct reader *reader, const char *expected)
{
	char text[4096];
	ssize_t n = recv(reader->theirs, text, sizeof(text) - 1, 0);

	n = n < 0 ? 0 : n;
	for (ssize_t i = 0; i < n; i++)
		if (text[i] == '\0')
			text[i] = '|';
	text[n] = '\0';
	CHECK_STR(text, expected);
}

static void test_once_for_all(void)
{
	static struct reader readers[READERS];
	struct news news;

	start(&news, readers, READERS);
	for (int i = 0; i < 50; i++)
		add(&news, 10 + i, NULL);
	CHECK_INT(news.made, 50);
	CHECK_INT(news_kept(&news), 50 * sizeof("{\"n\":10}"));
	for (size_t i = 0; i < READERS; i++) {
		CHECK_INT(news_behind(&news, &readers[i].place), news_kept(&news));
		CHECK_INT(send_to(&news, &readers[i], NULL), 1);
		CHECK_INT(news_behind(&news, &readers[i].place), 0);
	}
	CHECK_INT(news.made, 50);
	CHECK_INT(news.sent, READERS * 50 * sizeof("{\"n\":10}"));
	CHECK_INT(news_kept(&news), 0);
	end(&news, readers, READERS);
}

static void test_each_has_its_place(void)
{
	struct reader readers[2];
	struct news news;

	start(&news, readers, 2);
	add(&news, 1, NULL);
	CHECK_INT(send_to(&news, &readers[0], NULL), 1);
	add(&news, 2, NULL);
	expect(&readers[0], "{\"n\":1}|");
	CHECK_INT(send_to(&news, &readers[1], NULL), 1);
	expect(&readers[1], "{\"n\":1}|{\"n\":2}|");
	/* a late one gets what comes from now on */
	news_leave(&news, &readers[1].place);
	news_enter(&news, &readers[1].place);
	add(&news, 3, NULL);
	CHECK_INT(send_to(&news, &readers[1], NULL), 1);
	expect(&readers[1], "{\"n\":3}|");
	/* one that goes lets go of what only it had not read */
	CHECK(news_kept(&news) > 0);
	news_leave(&news, &readers[0].place);
	CHECK_INT(news_kept(&news), 0);
	CHECK_INT(news_behind(&news, &readers[0].place), 0);
	end(&news, readers, 2);
}

static void test_budget(void)
{
	struct reader reader;
	struct news news;
	size_t budget = 5;

	start(&news, &reader, 1);
	add(&news, 1, NULL);
	add(&news, 2, NULL);
	CHECK_INT(news_send(&news, &reader.place, reader.ours, NULL, &budget), 0);
	CHECK_INT(budget, 0);
	expect(&reader, "{\"n\":");
	CHECK_INT(news_send(&news, &reader.place, reader.ours, NULL, &budget), 0);
	expect(&reader, "");
	budget = 6;
	CHECK_INT(news_send(&news, &reader.place, reader.ours, NULL, &budget), 0);
	expect(&reader, "1}|{\"n");
	budget = 100;
	CHECK_INT(news_send(&news, &reader.place, reader.ours, NULL, &budget), 1);
	CHECK_INT(budget, 95);
	expect(&reader, "\":2}|");
	end(&news, &reader, 1);
}

static void test_full_socket(void)
{
	struct reader readers[2];
	struct news news;
	int n = 0;

	start(&news, readers, 2);
	do {
		add(&news, n++, NULL);
	} while (send_to(&news, &readers[0], NULL) == 1);
	/* the other one does not wait for it */
	CHECK(news_behind(&news, &readers[0].place) > 0);
	CHECK(send_to(&news, &readers[1], NULL) >= 0);
	close(readers[0].theirs);
	readers[0].theirs = open("/dev/null", O_RDONLY | O_CLOEXEC);
	CHECK_INT(send_to(&news, &readers[0], NULL), -EPIPE);
	end(&news, readers, 2);
}

/* Devices behind the one that was told last are told later, as they are then. */
static void test_passes_over(void)
{
	static const char *const uuids[] = { "a1111111-1111-4111-8111-111111111111",
					     "b2222222-2222-4222-8222-222222222222",
					     "c3333333-3333-4333-8333-333333333333" };
	struct reader reader;
	struct uuid told = { 0 };
	struct news news;

	start(&news, &reader, 1);
	for (int i = 0; i < 3; i++)
		add(&news, i, uuids[i]);
	add(&news, 3, NULL);
	CHECK_INT(uuid_parse(uuids[1], &told), 0);
	CHECK_INT(send_to(&news, &reader, &told), 1);
	expect(&reader, "{\"n\":0}|{\"n\":1}|{\"n\":3}|");
	add(&news, 4, uuids[2]);
	CHECK_INT(send_to(&news, &reader, &told), 1);
	expect(&reader, "");
	CHECK_INT(news_kept(&news), 0);
	end(&news, &reader, 1);
}

int main(void)
{
	RUN(test_once_for_all);
	RUN(test_each_has_its_place);
	RUN(test_budget);
	RUN(test_full_socket);
	RUN(test_passes_over);
	return 0;
}
