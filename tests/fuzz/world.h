/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The whole daemon on a simulated kernel, in this process and in a folder of its own: made for one
 * input, so that the next one finds nothing of it.
 */
#ifndef APQD_TESTS_FUZZ_WORLD_H
#define APQD_TESTS_FUZZ_WORLD_H

#include "daemon/varlink/server.h"
#include "daemon/engine/manager.h"
#include "tests/fuzz/folder.h"
#include "tests/sim/file.h"

/* What world_put_devices() defines: the first starts by itself, the second is called web2. */
#define WORLD_DEVICE_1 "11111111-1111-4111-8111-111111111111"
#define WORLD_DEVICE_2 "22222222-2222-4222-8222-222222222222"

#define WORLD_DEFINITIONS "/etc/mdevctl.d/matrix/"
#define WORLD_OWN "/etc/apqd/devices.d/"

struct world {
	char root[FOLDER_PATH_SIZE];
	struct sim *sim;
	uint64_t guest;		/* the serial of the device that this process has open; 0: none */
	sd_event *loop;
	struct manager *manager;
	struct server *server;
	struct manager_listener listener;
};

/* A folder and a kernel in it; then files may be put there, and the daemon be started. */
void world_make(struct world *world, const struct sim_config *config);

/* The files of two definitions, and of a policy that reserves what the first needs. */
void world_put_devices(struct world *world);

/* Starts the daemon, and waits until it is at rest. */
void world_start(struct world *world);

/* A guest opens the first device, if that is there. */
void world_open_guest(struct world *world);

/*
 * Runs the loop until there is nothing to do and no change under way but those that wait for the guest,
 * and none at all without the guest.  It has to come to rest.
 */
void world_run(struct world *world);

/* The guest ends, and so do the changes that waited for it. */
void world_end_guest(struct world *world);

/* What the daemon believes is what the disk and the kernel say when they are read anew. */
void world_check(struct world *world);

/* Ends the daemon, and takes the folder away. */
void world_end(struct world *world);

#endif
