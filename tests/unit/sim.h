/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A simulated machine for each test: its kernel as the daemon has it, and as it is inside.
 */
#ifndef APQD_TESTS_UNIT_SIM_H
#define APQD_TESTS_UNIT_SIM_H

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "daemon/kernel/kernel.h"
#include "tests/sim/file.h"
#include "tests/sim/holders.h"
#include "tests/unit/check.h"

#define UUID_A "aaaaaaaa-0000-4000-8000-000000000001"

/* A machine of its own for every test; removed by done(). */
struct fixture {
	char root[32];
	struct sim *sim;
	sd_event *loop;
	struct kernel *kernel;
	unsigned int events[KERNEL_EVENT_RESCAN + 1];
};

static inline void count_event(void *userdata, const struct kernel_event *event)
{
	struct fixture *fixture = userdata;

	fixture->events[event->type]++;
}

/* Makes the machine with one of kernel_options[], or (NULL) as it is without. */
static inline void start_with(struct fixture *fixture, const char *name, const char *value)
{
	struct sim_config config = sim_config_default();
	CLEANUP_FREE char *message = NULL;

	*fixture = (struct fixture){ .root = "/tmp/test-sim.XXXXXX" };
	CHECK(mkdtemp(fixture->root));
	if (name)
		CHECK_INT(sim_config_set(&config, name, value, &message), 0);
	CHECK_INT(sim_open(fixture->root, &config, &fixture->sim, &message), 1);
	CHECK_INT(sd_event_new(&fixture->loop), 0);
	CHECK_INT(kernel_open(fixture->root, fixture->loop, count_event, fixture, &fixture->kernel),
		  0);
}

static inline void start(struct fixture *fixture)
{
	start_with(fixture, NULL, NULL);
}

static inline void done(struct fixture *fixture)
{
	char command[80];

	kernel_close(fixture->kernel);
	sd_event_unref(fixture->loop);
	sim_close(fixture->sim);
	snprintf(command, sizeof(command), "rm -r %s", fixture->root);
	CHECK_INT(system(command), 0);
}

/* Runs the loop until nothing is left to do. */
static inline void run_loop(struct fixture *fixture)
{
	while (sd_event_run(fixture->loop, 0) > 0)
		;
}

static inline int write_value(struct fixture *fixture, enum attribute attribute, const char *value)
{
	struct attribute_write write = { .attribute = attribute };

	CHECK_INT(uuid_parse(UUID_A, &write.uuid), 0);
	strcpy(write.value, value);
	return kernel_write(fixture->kernel, &write);
}

static inline struct sim_counts counts_of(struct fixture *fixture)
{
	struct sim_counts counts;

	sim_lock(fixture->sim);
	counts = *sim_counts(fixture->sim);
	sim_unlock(fixture->sim);
	return counts;
}

/* A device with the queue 01.0001. */
static inline void make_device(struct fixture *fixture)
{
	CHECK_INT(write_value(fixture, ATTRIBUTE_APMASK, "-1"), 0);
	CHECK_INT(write_value(fixture, ATTRIBUTE_CREATE, UUID_A), 0);
	CHECK_INT(write_value(fixture, ATTRIBUTE_AP_CONFIG, "0x4,0x4,0x0"), 0);
}

static inline int wait_for(pid_t child)
{
	int status;

	CHECK_INT(waitpid(child, &status, 0), child);
	return status;
}

/* Another process with the device open; it has it when this returns. */
static inline pid_t start_guest(struct fixture *fixture)
{
	int pipes[2];
	char byte;
	pid_t child;

	CHECK_INT(pipe(pipes), 0);
	child = fork();
	CHECK(child >= 0);
	if (child == 0) {
		struct uuid uuid;
		uint64_t serial;
		int r = uuid_parse(UUID_A, &uuid);

		prctl(PR_SET_NAME, "a-vmm");
		if (r == 0)
			r = holders_open(sim_begin(fixture->sim), &uuid, &serial);
		sim_commit(fixture->sim);
		if (r < 0 || write(pipes[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	CHECK_INT(read(pipes[0], &byte, 1), 1);
	close(pipes[0]);
	close(pipes[1]);
	return child;
}

#endif
