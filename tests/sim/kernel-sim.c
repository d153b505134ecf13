/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The simulated body of daemon/kernel/kernel.h: it makes apqd-sim.  The daemon is one of
 * the programs that use the simulated kernel; no part of that kernel is in the daemon.
 */
#include "daemon/kernel/kernel.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/pidfd.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "tests/sim/faults.h"
#include "tests/sim/file.h"
#include "tests/sim/memory.h"
#include "tests/sim/observe.h"
#include "tests/sim/rules.h"
#include "tests/sim/wait.h"

#define LOOK_MICROSECONDS 100000

/* A process that has a device open: the loop hears when it ends. */
struct watch {
	struct sim_holder holder;	/* serial 0: free */
	sd_event_source *source;
};

struct kernel {
	struct sim *sim;
	kernel_event_fn event;
	void *userdata;
	sd_event *loop;			/* borrowed */
	sd_event_source *wake;
	uint64_t seen;			/* how many events were passed on */
	struct memory memory;		/* of devices; under sim_lock() */
	struct watch watches[SIM_HOLDERS_MAX];
};

DEFINE_CLEANUP(struct kernel *, kernel_close);

/* What kernel_set_option() collects before kernel_open(). */
static struct sim_config config;
static bool config_is_set;

int kernel_set_option(const char *name, const char *value, char **ret_message)
{
	if (!config_is_set)
		config = sim_config_default();
	config_is_set = true;
	return sim_config_set(&config, name, value, ret_message);
}

static int on_holder_end(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct kernel *kernel = userdata;

	(void)fd;
	(void)events;
	sd_event_source_set_enabled(source, SD_EVENT_OFF);
	/* locking closes what the dead had open, which wakes the loop as any change does */
	sim_lock(kernel->sim);
	sim_unlock(kernel->sim);
	return 0;
}

/* Instead of a pidfd under valgrind, which does not know them up to 3.20. */
static int on_look(sd_event_source *source, uint64_t now, void *userdata)
{
	struct kernel *kernel = userdata;

	(void)now;
	sim_lock(kernel->sim);
	sim_unlock(kernel->sim);
	sd_event_source_set_time_relative(source, LOOK_MICROSECONDS);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static void add_watch(struct kernel *kernel, struct watch *watch, const struct sim_holder *holder)
{
	int fd = pidfd_open(holder->pid, 0);

	watch->holder = *holder;
	if (fd < 0 && errno == ENOSYS)
		(void)!sd_event_add_time_relative(kernel->loop, &watch->source, CLOCK_MONOTONIC,
						  LOOK_MICROSECONDS, 0, on_look, kernel);
	if (fd < 0)
		return;
	if (sd_event_add_io(kernel->loop, &watch->source, fd, EPOLLIN, on_holder_end, kernel) < 0)
		close(fd);
	else
		sd_event_source_set_io_fd_own(watch->source, true);
}

/* Watches those who have a device open, and nobody else. */
static void update_watches(struct kernel *kernel, const struct sim_holder *holders)
{
	for (size_t i = 0; i < SIM_HOLDERS_MAX; i++) {
		struct watch *watch = &kernel->watches[i];

		if (watch->holder.serial == holders[i].serial &&
		    watch->holder.pid == holders[i].pid)
			continue;
		watch->source = sd_event_source_disable_unref(watch->source);
		watch->holder = (struct sim_holder){ 0 };
		if (holders[i].serial)
			add_watch(kernel, watch, &holders[i]);
	}
}

/* Takes the events that were not passed on yet; returns how many, or -1 when some are lost. */
static int take_events(struct kernel *kernel, struct kernel_event events[static SIM_EVENTS_MAX],
		       struct sim_holder holders[static SIM_HOLDERS_MAX])
{
	const struct sim_state *state = sim_lock(kernel->sim);
	int count = -1;

	if (state->events_count - kernel->seen <= SIM_EVENTS_MAX) {
		count = state->events_count - kernel->seen;
		for (int i = 0; i < count; i++)
			events[i] = state->events[(kernel->seen + i) % SIM_EVENTS_MAX];
	}
	kernel->seen = state->events_count;
	memcpy(holders, state->holders, sizeof(state->holders));
	sim_unlock(kernel->sim);
	return count;
}

static int on_wake(sd_event_source *source, int fd, uint32_t mask, void *userdata)
{
	struct sim_holder holders[SIM_HOLDERS_MAX];
	struct kernel_event events[SIM_EVENTS_MAX];
	struct kernel *kernel = userdata;
	char buffer[4096];
	int count;

	(void)source;
	(void)mask;
	while (read(fd, buffer, sizeof(buffer)) > 0)
		;
	count = take_events(kernel, events, holders);
	update_watches(kernel, holders);
	if (count < 0)
		kernel->event(kernel->userdata,
			      &(struct kernel_event){ .type = KERNEL_EVENT_RESCAN });
	for (int i = 0; i < count; i++)
		kernel->event(kernel->userdata, &events[i]);
	return 0;
}

static int watch_changes(struct kernel *kernel)
{
	CLEANUP_CLOSE int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	struct sim_holder holders[SIM_HOLDERS_MAX];
	const struct sim_state *state;
	int r;

	if (fd < 0 || inotify_add_watch(fd, sim_wake_path(kernel->sim), IN_MODIFY) < 0)
		return -errno;
	r = sd_event_add_io(kernel->loop, &kernel->wake, fd, EPOLLIN, on_wake, kernel);
	if (r < 0)
		return r;
	sd_event_source_set_io_fd_own(kernel->wake, true);
	(void)TAKE_FD(fd);
	state = sim_lock(kernel->sim);
	kernel->seen = state->events_count;
	memcpy(holders, state->holders, sizeof(holders));
	sim_unlock(kernel->sim);
	update_watches(kernel, holders);
	return 0;
}

/* A state that exists wins over the options, as a machine would. */
static void warn_other_config(struct sim *sim)
{
	const struct sim_state *state = sim_lock(sim);

	if (!sim_config_equal(&state->config, &config))
		fprintf(stderr,
			"apqd-sim: the options do not fit the simulated kernel that is there; it "
			"stays as it is: %u cards, %u domains, Linux %s.\n",
			state->config.cards, state->config.domains, state->config.kernel);
	sim_unlock(sim);
}

int kernel_open(const char *root, sd_event *loop, kernel_event_fn event, void *userdata,
		struct kernel **ret_kernel)
{
	CLEANUP(kernel_closep) struct kernel *kernel = calloc(1, sizeof(*kernel));
	struct sim_config defaults = sim_config_default();
	CLEANUP_FREE char *message = NULL;
	int r;

	if (!kernel)
		return -ENOMEM;
	kernel->event = event;
	kernel->userdata = userdata;
	kernel->loop = loop;
	r = sim_open(root, config_is_set ? &config : &defaults, &kernel->sim, &message);
	if (message)
		fprintf(stderr, "apqd-sim: %s\n", message);
	if (r < 0)
		return r;
	if (r == 0 && config_is_set)
		warn_other_config(kernel->sim);
	r = watch_changes(kernel);
	if (r < 0)
		return r;
	*ret_kernel = TAKE_PTR(kernel);
	return 0;
}

void kernel_close(struct kernel *kernel)
{
	if (!kernel)
		return;
	for (size_t i = 0; i < SIM_HOLDERS_MAX; i++)
		sd_event_source_disable_unref(kernel->watches[i].source);
	sd_event_source_disable_unref(kernel->wake);
	sim_close(kernel->sim);
	memory_done(&kernel->memory);
	free(kernel);
}

/* Counts what was read of a device. */
static void count_device(struct kernel *kernel, const struct sim_state *state,
			 const struct observed *observed, const struct uuid *uuid)
{
	const struct observed_device *device = observed_find_device(observed, uuid);
	struct sim_counts *counts = sim_counts(kernel->sim);

	if (!device || device->leaving)
		return;
	counts->ap_config += state->config.has_ap_config;
	counts->matrix += !state->config.has_ap_config && device->active_known && !device->remembered;
	counts->guest_matrix += device->guest_known;
}

int kernel_scan(struct kernel *kernel, struct observed *observed)
{
	const struct sim_state *state = sim_lock(kernel->sim);
	int r = observe_all(state, observed, &kernel->memory);

	for (uint32_t i = 0; i < state->devices_count; i++)
		count_device(kernel, state, observed, &state->devices[i].uuid);
	sim_unlock(kernel->sim);
	return r;
}

int kernel_read_host(struct kernel *kernel, struct observed *observed)
{
	observe_host(sim_lock(kernel->sim), observed);
	sim_unlock(kernel->sim);
	return 0;
}

int kernel_read_card(struct kernel *kernel, struct observed *observed, unsigned int adapter)
{
	if (adapter >= APQN_IDS)
		return -EINVAL;
	observe_card(sim_lock(kernel->sim), observed, adapter);
	sim_unlock(kernel->sim);
	return 0;
}

int kernel_read_queue(struct kernel *kernel, struct observed *observed, struct apqn apqn)
{
	int r = observe_queue(sim_lock(kernel->sim), observed, apqn);

	sim_unlock(kernel->sim);
	return r;
}

/* How a device's queues are used changes with it, and nothing else tells. */
static int read_queues(const struct sim_state *state, struct observed *observed,
		       const struct matrix *matrix)
{
	int result = 0;

	MATRIX_FOR_EACH_QUEUE(adapter, domain, matrix) {
		int r = observe_queue(state, observed, (struct apqn){ adapter, domain });

		result = result < 0 ? result : r;
	}
	return result;
}

int kernel_read_device(struct kernel *kernel, struct observed *observed, const struct uuid *uuid)
{
	const struct sim_state *state = sim_lock(kernel->sim);
	const struct observed_device *known = observed_find_device(observed, uuid);
	struct matrix before = known ? known->active : (struct matrix){ 0 };
	int r, result;

	result = observe_device(state, observed, uuid, &kernel->memory);
	count_device(kernel, state, observed, uuid);
	r = read_queues(state, observed, &before);
	result = result < 0 ? result : r;
	known = observed_find_device(observed, uuid);
	if (known && !matrix_equal(&known->active, &before)) {
		r = read_queues(state, observed, &known->active);
		result = result < 0 ? result : r;
	}
	sim_unlock(kernel->sim);
	return result;
}

void kernel_recall(struct kernel *kernel, const struct uuid *uuid, const char *identity,
		   const struct matrix *matrix)
{
	const struct sim_device *device = sim_get_device(sim_lock(kernel->sim), uuid);
	char now[OBSERVED_IDENTITY_SIZE] = "";

	if (device)
		memory_identity(device, now);
	if (device && strcmp(now, identity) == 0)
		memory_put(&kernel->memory, device, matrix);
	sim_unlock(kernel->sim);
}

void kernel_doubt(struct kernel *kernel, const struct uuid *uuid)
{
	const struct sim_device *device = sim_get_device(sim_lock(kernel->sim), uuid);

	if (device)
		memory_forget(&kernel->memory, device);
	sim_unlock(kernel->sim);
}

int kernel_read_matrix(struct kernel *kernel, const struct uuid *uuid, struct matrix *ret_matrix)
{
	const struct sim_state *state = sim_lock(kernel->sim);
	const struct sim_device *device = sim_get_device(state, uuid);
	int r = 0;

	if (!device || device->dying) {
		r = -ENOENT;
	} else if (!observe_can_read(state)) {
		r = -ENODATA;
	} else {
		if (state->config.has_ap_config)
			sim_counts(kernel->sim)->ap_config++;
		else
			sim_counts(kernel->sim)->matrix++;
		*ret_matrix = device->matrix;
	}
	sim_unlock(kernel->sim);
	return r;
}

int kernel_read_binding(struct kernel *kernel, struct apqn apqn,
			struct kernel_binding *ret_binding)
{
	const struct sim_state *state = sim_lock(kernel->sim);
	const struct sim_queue *queue = sim_get_queue(state, apqn);
	int r = queue && state->config.has_ap_bus ? 0 : -ENOENT;

	if (r == 0) {
		*ret_binding = (struct kernel_binding){ .status = observe_status(state, apqn) };
		strcpy(ret_binding->driver, sim_driver_names[queue->driver]);
	}
	sim_unlock(kernel->sim);
	return r;
}

static void sleep_milliseconds(unsigned int milliseconds)
{
	struct timespec left = {
		.tv_sec = milliseconds / 1000,
		.tv_nsec = milliseconds % 1000 * 1000000L,
	};

	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		;
}

static void wait_until_told(struct sim *sim)
{
	struct sim_counts *counts = sim_counts(sim);
	uint64_t told;
	bool waits = true;

	sim_lock(sim);
	told = counts->told;
	counts->blocked++;
	sim_unlock(sim);
	while (waits) {
		sleep_milliseconds(2);
		sim_lock(sim);
		waits = counts->told == told;
		sim_unlock(sim);
	}
}

/* As if an administrator had killed the daemon at this very write. */
static _Noreturn void crash(void)
{
	kill(getpid(), SIGKILL);
	for (;;)
		pause();
}

/* Of a device that the daemon made, and has alone written to, it knows all. */
static int write_ours(struct kernel *kernel, struct sim_state *state,
		      const struct attribute_write *write)
{
	struct sim_device *device = sim_find_device(state, &write->uuid);
	uint64_t before = device ? device->writes : 0, serial = device ? device->serial : 0;
	int r = rules_write(state, write);

	device = sim_find_device(state, &write->uuid);
	if (device && device->serial == serial)
		device->own_writes += device->writes - before;
	if (r == 0 && device)
		memory_write(&kernel->memory, device, write);
	return r;
}

/* The write itself; counted, and waited for where it blocks. */
static int write_now(struct kernel *kernel, const struct attribute_write *write, int error)
{
	struct sim_state *state = sim_begin(kernel->sim);
	const struct sim_device *device = sim_get_device(state, &write->uuid);
	uint64_t serial = device ? device->serial : 0;
	int r = error;

	if (r == 0)
		r = write_ours(kernel, state, write);
	if (r < 0)
		sim_counts(kernel->sim)->refused[write->attribute]++;
	else
		sim_counts(kernel->sim)->done[write->attribute]++;
	sim_commit(kernel->sim);
	/* Whoever comes second to a removal waits for its end too, as daemon/kernel/remove.c does. */
	if (r == -ENOENT && device && write->attribute == ATTRIBUTE_REMOVE)
		r = MDEV_WAIT;
	return r == MDEV_WAIT ? wait_until_gone(kernel->sim, serial) : r;
}

int kernel_write(struct kernel *kernel, const struct attribute_write *write)
{
	struct faults_hit hit;
	int r;

	if (write->attribute >= ATTRIBUTES)
		return -EINVAL;
	hit = faults_take(sim_begin(kernel->sim), write->attribute);
	sim_commit(kernel->sim);
	if (hit.crash_before)
		crash();
	/* other programs' writes go on meanwhile, so the delay holds no lock */
	sleep_milliseconds(hit.milliseconds);
	if (hit.block)
		wait_until_told(kernel->sim);
	r = write_now(kernel, write, hit.error);
	if (hit.crash_after)
		crash();
	return r;
}
