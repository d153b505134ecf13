/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/api/subscribe.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "common/cleanup.h"
#include "common/json-text.h"
#include "common/uuid-set.h"

/*
 * Things that may have changed wait here until their turn: one write of a mask can touch tens of
 * thousands of queues, and each of them is an event.
 */
struct waiting {
	bool host;
	struct mask cards;
	struct mask queues[APQN_IDS];
	struct uuid_set devices;
};

struct monitor_state {
	sd_event_source *make;		/* on while something waits */
	struct waiting waiting;
	struct uuid_set devices_now;	/* those of waiting that are being looked at, from next_device on */
	size_t next_device;
};

/* In one turn, beside USER_TURN: so many bytes of events are made. */
#define TURN_MAX (64u << 10)

/* The present state is told in parts of so many devices, each when the one before it is out. */
#define PART_MAX 64u

/* Which device a new subscriber was told of last; those behind it are told as they are then. */
struct present {
	struct uuid last;
};

void subscribe_changed(void *userdata, enum manager_thing thing, struct apqn apqn,
		       const struct uuid *uuid)
{
	struct server *server = userdata;
	struct waiting *waiting = &server->monitor->waiting;

	switch (thing) {
	case MANAGER_HOST:
		waiting->host = true;
		break;
	case MANAGER_CARD:
		mask_set(&waiting->cards, apqn.adapter);
		break;
	case MANAGER_QUEUE:
		mask_set(&waiting->queues[apqn.adapter], apqn.domain);
		break;
	case MANAGER_DEVICE:
		/* Without memory to wait, at once. */
		if (uuid_set_add(&waiting->devices, uuid) < 0)
			announce_device(server, uuid);
		break;
	}
	sd_event_source_set_enabled(server->monitor->make, SD_EVENT_ON);
}

/* Looks at the first card that waits; returns whether there was one. */
static bool take_card(struct server *server)
{
	struct mask *cards = &server->monitor->waiting.cards;
	unsigned int adapter = mask_next(cards, 0);

	if (adapter == APQN_IDS)
		return false;
	mask_clear(cards, adapter);
	announce_card(server, adapter);
	return true;
}

static bool take_queue(struct server *server)
{
	for (unsigned int adapter = 0; adapter < APQN_IDS; adapter++) {
		struct mask *domains = &server->monitor->waiting.queues[adapter];
		unsigned int domain = mask_next(domains, 0);

		if (domain == APQN_IDS)
			continue;
		mask_clear(domains, domain);
		announce_queue(server, (struct apqn){ adapter, domain });
		return true;
	}
	return false;
}

static bool take_device(struct server *server)
{
	struct monitor_state *state = server->monitor;

	if (state->next_device == state->devices_now.count) {
		uuid_set_done(&state->devices_now);
		state->devices_now = state->waiting.devices;
		state->waiting.devices = (struct uuid_set){ 0 };
		state->next_device = 0;
	}
	if (state->next_device == state->devices_now.count)
		return false;
	announce_device(server, &state->devices_now.items[state->next_device++]);
	return true;
}

/* Looks at the next thing that waits, and tells of it what is new; returns whether there was one. */
static bool take_next(struct server *server)
{
	if (server->monitor->waiting.host) {
		server->monitor->waiting.host = false;
		announce_host(server);
		return true;
	}
	return take_card(server) || take_queue(server) || take_device(server);
}

/* Nobody may miss an event without a word, and whoever has not read those of long ago gives way. */
static void drop_some(struct server *server)
{
	bool lost = server->announced.lost;

	server->announced.lost = false;
	for (struct connection *c = server->connections; lost && c; c = c->next)
		if (c->monitors)
			connection_break(c, "out of memory");
	if (news_kept(&server->news) <= SUBSCRIBE_WAITING_MAX)
		return;
	for (struct connection *c = server->connections; c; c = c->next)
		if (news_behind(&server->news, &c->news) > SUBSCRIBE_WAITING_MAX)
			connection_break(c, "it does not read its events");
}

/* Wakes the subscribers, which send the news in their own turns. */
static void wake_subscribers(struct server *server)
{
	struct connection *next;

	for (struct connection *c = server->connections; c; c = next) {
		next = c->next;
		if (c->monitors)
			connection_wake(c);
	}
}

/* A turn like a user's: between two of them every user has one. */
static int on_make(sd_event_source *source, void *userdata)
{
	struct server *server = userdata;
	uint64_t begin = user_begin_turn(), end = server->news.end + TURN_MAX;
	bool more = true;

	drop_some(server);
	while (more && server->news.end < end && !user_turn_is_over(begin))
		more = take_next(server);
	if (!more && !server->announced.lost)
		sd_event_source_set_enabled(source, SD_EVENT_OFF);
	wake_subscribers(server);
	return 0;
}

void subscribe_flush(struct server *server)
{
	struct connection *next;

	while (take_next(server))
		;
	for (struct connection *c = server->connections; c; c = next) {
		next = c->next;
		if (!c->monitors)
			continue;
		c->user->budget = SIZE_MAX;
		connection_continue(c);
	}
}

int subscribe_start(struct server *server)
{
	int r;

	server->monitor = calloc(1, sizeof(*server->monitor));
	if (!server->monitor)
		return -ENOMEM;
	r = news_init(&server->news);
	if (r >= 0)
		r = sd_event_add_defer(server->loop, &server->monitor->make, on_make, server);
	if (r >= 0)
		r = sd_event_source_set_priority(server->monitor->make, SERVER_PRIORITY);
	if (r >= 0)
		r = sd_event_source_set_enabled(server->monitor->make, SD_EVENT_OFF);
	if (r < 0)
		return r;
	announce_start(server);
	return 0;
}

void subscribe_end(struct server *server)
{
	struct monitor_state *state = server->monitor;

	if (!state)
		return;
	announce_end(server);
	uuid_set_done(&state->waiting.devices);
	uuid_set_done(&state->devices_now);
	news_done(&server->news);
	sd_event_source_disable_unref(state->make);
	free(state);
	server->monitor = NULL;
}

static void produce_present(struct connection *connection)
{
	const struct announced *announced = &connection->server->announced;
	struct present *present = connection->production;
	size_t first = uuid_list_after(&announced->devices, &present->last);
	size_t end = announced->devices.count - first > PART_MAX ? first + PART_MAX : announced->devices.count;

	for (size_t i = first; i < end; i++) {
		const struct announced_device *told = announced->devices.items[i];
		CLEANUP_JSON struct json_object *device = json_of_text(told->text);

		if (!device) {
			connection_break(connection, "out of memory");
			return;
		}
		connection_reply(connection, announce_make_event(announced, "deviceAdded", "device", device), true);
		present->last = told->uuid;
	}
	if (end < announced->devices.count)
		return;
	connection->produce = NULL;
	connection->told = NULL;
	connection_reply(connection, announce_make_event(announced, "ready", NULL, NULL), true);
}

void subscribe_add(struct connection *connection)
{
	struct present *present = calloc(1, sizeof(*present));

	connection->production = present;
	if (!present) {
		connection_break(connection, "out of memory");
		return;
	}
	connection->monitors = true;
	connection->told = &present->last;
	/* A client that wants no answer gets no events either. */
	if (!connection->oneway)
		news_enter(&connection->server->news, &connection->news);
	connection->produce = produce_present;
	produce_present(connection);
}
