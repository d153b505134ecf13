/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes from a client to the whole daemon, which runs in this process on a simulated kernel.
 * Each call is answered as the interface says, the daemon comes to rest, knows what is on the disk and
 * in the kernel, and goes on to answer others.  fuzz-call does the same with the framing alone,
 * and much faster.
 *
 * For libFuzzer, tests/fuzz/daemon.dict has the words: -dict=tests/fuzz/daemon.dict.
 */
#include <errno.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "tests/fuzz/client.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/world.h"
#include "tests/sim/faults.h"

/* The first byte, so that "0" is the plain case: the bits in which it differs from "0". */
enum {
	SCENE_READER = 1 << 0,		/* the client may not change anything */
	SCENE_OLD_KERNEL = 1 << 1,
	SCENE_DEVICES = 1 << 2,		/* two are defined, one of them is started */
	SCENE_GUEST = 1 << 3,		/* ... and a guest has it */
	SCENE_BAD_FILES = 1 << 4,
	SCENE_NO_PASSTHROUGH = 1 << 5,
	SCENE_MANY_QUEUES = 1 << 6,	/* more than one reply may have */
	SCENE_LISTENER = 1 << 7,	/* another client hears of every change */
};

/* Longer ones only say the same more often. */
#define SIZE_MAX_USED 20000u

static struct sim_config config_of(uint8_t scene)
{
	struct sim_config config = sim_config_default();
	CLEANUP_FREE char *message = NULL;

	if (scene & SCENE_OLD_KERNEL)
		MUST(sim_config_set(&config, "kernel", "6.12", &message) == 0);
	if (scene & SCENE_NO_PASSTHROUGH)
		MUST(sim_config_set(&config, "without", "passthrough", &message) == 0);
	if (scene & SCENE_MANY_QUEUES)
		MUST(sim_config_set(&config, "cards", "17", &message) == 0 &&
		     sim_config_set(&config, "domains", "256", &message) == 0);
	return config;
}

static void put_files(struct world *world, uint8_t scene)
{
	static const char bad[] = "{\"mdev_type\":\"vfio_ap-passthrough\",\"attrs\":7}\n";

	if (scene & SCENE_DEVICES)
		world_put_devices(world);
	if (!(scene & SCENE_BAD_FILES))
		return;
	folder_put(world->root, WORLD_DEFINITIONS "33333333-3333-4333-8333-333333333333", bad,
		   sizeof(bad) - 1);
	folder_put(world->root, WORLD_DEFINITIONS "notes", bad, sizeof(bad) - 1);
	if (!(scene & SCENE_DEVICES))
		folder_put(world->root, "/etc/apqd/host.json", bad, sizeof(bad) - 1);
}

/* The second byte: one write to the kernel that fails, and how; "0" for none. */
static void make_fault(struct world *world, uint8_t byte)
{
	static const int errors[] = { EBUSY, EINVAL, EADDRNOTAVAIL, EIO };
	struct sim_fault fault = {
		.type = SIM_FAULT_FAIL,
		.attribute = byte % ATTRIBUTES,
		.value = errors[byte / ATTRIBUTES % 4],
		.after = byte / ATTRIBUTES / 4,
		.times = 1,
	};

	if (byte == 0)
		return;
	MUST(faults_add(sim_begin(world->sim), &fault) == 0);
	sim_commit(world->sim);
}

/* What it exports is what it takes. */
static void check_export(struct world *world)
{
	struct json_object *exported = NULL, *state = NULL, *parameters = json_object_new_object();
	struct json_object *unused = NULL;

	MUST(client_ask(world, true, VARLINK_INTERFACE ".Export", NULL, &exported) == 0);
	MUST(json_object_object_get_ex(exported, "state", &state));
	json_add(parameters, "state", json_object_get(state));
	json_add_bool(parameters, "dryRun", true);
	(void)client_ask(world, true, VARLINK_INTERFACE ".Apply", parameters, &unused);
	json_object_put(unused);
	json_object_put(exported);
}

static void talk(struct world *world, uint8_t scene, const char *bytes, size_t size)
{
	static const char listen[] = "{\"method\":\"" VARLINK_INTERFACE ".Monitor\",\"more\":true}";
	struct client client, listener;

	if (scene & SCENE_LISTENER) {
		client_connect(&listener, world, false, listen, sizeof(listen));
		client_talk(&listener);
	}
	client_connect(&client, world, !(scene & SCENE_READER), bytes, size);
	client_talk(&client);
	world_end_guest(world);
	client_end(&client);
	client_close(&client);
	if (scene & SCENE_LISTENER) {
		client_talk(&listener);
		client_end(&listener);
		client_close(&listener);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct json_object *host = NULL;
	struct sim_config config;
	struct world world;
	uint8_t scene;

	if (size < 2 || size > SIZE_MAX_USED)
		return 0;
	scene = data[0] ^ '0';
	config = config_of(scene);
	world_make(&world, &config);
	put_files(&world, scene);
	world_start(&world);
	if (scene & SCENE_GUEST)
		world_open_guest(&world);
	make_fault(&world, data[1] ^ '0');
	talk(&world, scene, (const char *)data + 2, size - 2);
	MUST(client_ask(&world, false, VARLINK_INTERFACE ".GetHost", NULL, &host) == 0);
	json_object_put(host);
	check_export(&world);
	world_check(&world);
	world_end(&world);
	return 0;
}
