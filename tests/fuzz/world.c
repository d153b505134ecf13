/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/fuzz/world.h"

#include <signal.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "daemon/api/subscribe.h"
#include "daemon/engine/manager-internal.h"
#include "daemon/report/describe.h"
#include "daemon/model/ownership.h"
#include "tests/fuzz/fuzz.h"
#include "tests/sim/holders.h"

/* More rounds than any input of the corpus needs a hundredth of. */
#define ROUNDS_MAX 100000u

/* How long a thread may take that writes to the simulated kernel, in microseconds. */
#define PATIENCE 30000000u

void world_make(struct world *world, const struct sim_config *config)
{
	CLEANUP_FREE char *message = NULL;

	*world = (struct world){ 0 };
	signal(SIGPIPE, SIG_IGN);
	folder_make(world->root);
	MUST(sim_open(world->root, config, &world->sim, &message) == 1);
}

void world_put_devices(struct world *world)
{
	static const char device_1[] =
		"{\"mdev_type\":\"vfio_ap-passthrough\",\"start\":\"auto\",\"attrs\":["
		"{\"assign_adapter\":\"1\"},{\"assign_domain\":\"2\"},{\"assign_domain\":\"3\"}]}\n";
	static const char device_2[] =
		"{\"mdev_type\":\"vfio_ap-passthrough\",\"start\":\"manual\",\"attrs\":["
		"{\"assign_adapter\":\"2\"},{\"assign_domain\":\"2\"}]}\n";
	static const char own_2[] = "{\"name\":\"web2\"}\n";
	static const char policy[] = "{\"ownership\":\"masks\",\"reserved\":"
				     "{\"queues\":[\"01.0002-0003\"]}}\n";

	folder_put(world->root, WORLD_DEFINITIONS WORLD_DEVICE_1, device_1, sizeof(device_1) - 1);
	folder_put(world->root, WORLD_DEFINITIONS WORLD_DEVICE_2, device_2, sizeof(device_2) - 1);
	folder_put(world->root, WORLD_OWN WORLD_DEVICE_2 ".json", own_2, sizeof(own_2) - 1);
	folder_put(world->root, "/etc/apqd/host.json", policy, sizeof(policy) - 1);
}

static void on_ready(void *userdata)
{
	(void)userdata;
}

void world_start(struct world *world)
{
	struct server_config config = { .group = "", .idle_timeout = 3600, .fd = -1 };
	CLEANUP_FREE char *socket = NULL, *message = NULL;

	MUST(asprintf(&socket, "%s/run/apqd/io.apqd.Manager", world->root) > 0);
	config.socket = socket;
	MUST(sd_event_new(&world->loop) == 0);
	MUST(manager_new(world->root, world->loop, &world->manager, &message) == 0);
	MUST(server_new(world->loop, world->manager, &config, &world->server, &message) == 0);
	world->listener = (struct manager_listener){ .changed = subscribe_changed,
						     .ready = on_ready,
						     .userdata = world->server };
	MUST(manager_start(world->manager, &world->listener) == 0);
	world_run(world);
	/* With it, what was done to the host is looked at again a second later, before it is ready. */
	MUST(world->manager->ready || world->manager->desired.policy.enforce);
}

void world_open_guest(struct world *world)
{
	struct uuid uuid;

	MUST(uuid_parse(WORLD_DEVICE_1, &uuid) == 0);
	if (holders_open(sim_begin(world->sim), &uuid, &world->guest) < 0)
		world->guest = 0;
	sim_commit(world->sim);
	world_run(world);
}

static bool is_at_work(const struct world *world)
{
	const struct manager *manager = world->manager;

	return manager->current || (manager->detached && !world->guest);
}

void world_run(struct world *world)
{
	for (unsigned int rounds = 0;; rounds++) {
		bool at_work = is_at_work(world);
		int r = sd_event_run(world->loop, at_work ? PATIENCE : 0);

		MUST(rounds < ROUNDS_MAX && r >= 0);
		MUST(r > 0 || !at_work);
		if (r == 0)
			return;
	}
}

void world_end_guest(struct world *world)
{
	if (!world->guest)
		return;
	holders_close(sim_begin(world->sim), world->guest);
	sim_commit(world->sim);
	world->guest = 0;
	world_run(world);
}

static void check_same(struct json_object *known, struct json_object *is)
{
	bool same;

	MUST(known && is);
	/* Made by the same code, equal things have equal texts. */
	same = strcmp(json_text(known, NULL), json_text(is, NULL)) == 0;
	if (!same)
		fprintf(stderr, "known: %s\nis: %s\n", json_text(known, NULL), json_text(is, NULL));
	MUST(same);
	json_object_put(known);
	json_object_put(is);
}

static void check_disk(const struct manager *manager)
{
	struct desired desired = DESIRED_NONE;

	MUST(store_load(manager->store, &desired) == 0);
	MUST(manager->desired.definitions.count == desired.definitions.count);
	/* What was chosen for a policy that cannot be written holds all the same. */
	if (!manager->host.kept.has_reservation) {
		check_same(state_describe(&manager->desired, NULL), state_describe(&desired, NULL));
		MUST(host_policy_equal(&manager->desired.policy, &desired.policy));
	}
	desired_done(&desired);
}

static struct json_object *queue_of(const struct observed *observed, struct apqn apqn)
{
	return describe_queue(observed, apqn, ownership_find_device(observed, apqn));
}

static void check_kernel(const struct manager *manager)
{
	const struct observed *known = &manager->observed;
	struct observed is;

	observed_init(&is);
	MUST(kernel_scan(manager->kernel, &is) == 0);
	MUST(mask_equal(&known->cards, &is.cards));
	MUST(known->devices.count == is.devices.count);
	for (size_t i = 0; i < is.devices.count; i++)
		check_same(describe_device(known, &manager->desired, &observed_device_at(&is, i)->uuid),
			   describe_device(&is, &manager->desired, &observed_device_at(&is, i)->uuid));
	for (unsigned int adapter = 0; adapter < APQN_IDS; adapter++) {
		MUST(mask_equal(&known->queues[adapter], &is.queues[adapter]));
		MASK_FOR_EACH(domain, &is.queues[adapter])
			check_same(queue_of(known, (struct apqn){ adapter, domain }),
				   queue_of(&is, (struct apqn){ adapter, domain }));
	}
	observed_done(&is);
}

void world_check(struct world *world)
{
	check_disk(world->manager);
	check_kernel(world->manager);
	MUST(!world->manager->applying && !world->manager->staging);
	MUST(!world->server->connections);
}

void world_end(struct world *world)
{
	world_end_guest(world);
	server_free(world->server);
	manager_free(world->manager);
	sd_event_unref(world->loop);
	sim_close(world->sim);
	folder_remove(world->root);
}
