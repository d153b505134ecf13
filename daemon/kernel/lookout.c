/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/lookout.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "daemon/kernel/guest-names.h"

/* Most processes that a look names; if more are due, it looks at all processes. */
#define PROCESSES_MAX 16

/* VMMs with a /dev of their own that one look finds; the next one finds more. */
#define DEVS_MAX 64

/* After a look the thread rests so many times as long as it took, in microseconds not longer than this. */
#define REST_FACTOR 4u
#define REST_MAX 2000000u

/* Microseconds until the next look after one that failed. */
#define AGAIN 1000000u

/* The processes that a look is to read. */
struct task {
	bool all;
	pid_t after;			/* of all: behind this one */
	pid_t processes[PROCESSES_MAX];
	size_t count;
};

struct own_dev {
	pid_t pid;
	int fds[LOOKOUT_DIRECTORIES];
};

/* A look: what a thread is given, and what it found. */
struct look {
	struct worker_job job;
	struct lookout *lookout;
	struct task task;
	struct holders found;
	pid_t last;			/* of all: which was the last; 0: there are no more */
	struct own_dev devs[DEVS_MAX];
	size_t devs_count;
	uint64_t taken;			/* microseconds */
	int error;
};

struct lookout {
	struct worker *worker;
	struct lookout_events events;
	sd_event_source *timer;		/* on while a task waits for the end of a rest */
	struct holders holders;
	struct guest_names *names;
	struct task wanted;
	bool at_work;			/* a thread looks */
	unsigned int looks;		/* that have begun */
};

static uint64_t read_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* Compares where two links lead. */
static bool same_link(const char *a, const char *b)
{
	char text_a[64], text_b[64];
	ssize_t n = readlink(a, text_a, sizeof(text_a));

	return n > 0 && readlink(b, text_b, sizeof(text_b)) == n && memcmp(text_a, text_b, n) == 0;
}

/* A directory of another mount namespace, if it lies in memory: other file systems could let us wait. */
static int open_directory(pid_t pid, const char *path)
{
	char full[96];
	struct statfs statfs;
	int fd;

	snprintf(full, sizeof(full), "/proc/%d/root%s", pid, path);
	fd = open(full, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0 && (fstatfs(fd, &statfs) < 0 || statfs.f_type != TMPFS_MAGIC)) {
		close(fd);
		return -1;
	}
	return fd;
}

/* On a thread: a holders_vmm_fn.  Opens the /dev that the VMM has for itself, if it has. */
static void on_vmm(void *userdata, pid_t pid)
{
	static const char *const directories[LOOKOUT_DIRECTORIES] = { "/dev", VFIO_NODES_GROUPS,
								      VFIO_NODES_DEVICES };
	struct look *look = userdata;
	struct own_dev *dev = &look->devs[look->devs_count];
	char mount[32], user[32];

	snprintf(mount, sizeof(mount), "/proc/%d/ns/mnt", pid);
	snprintf(user, sizeof(user), "/proc/%d/ns/user", pid);
	/*
	 * Whoever makes a user namespace makes its mounts too, and could let us wait for a file system of
	 * theirs; other mount namespaces are root's.
	 */
	if (look->devs_count == DEVS_MAX || same_link(mount, "/proc/self/ns/mnt") ||
	    !same_link(user, "/proc/self/ns/user"))
		return;
	dev->pid = pid;
	for (size_t i = 0; i < LOOKOUT_DIRECTORIES; i++)
		dev->fds[i] = open_directory(pid, directories[i]);
	look->devs_count++;
}

/* On a thread. */
static void work(struct worker_job *job)
{
	struct look *look = (struct look *)job;
	const struct task *task = &look->task;
	uint64_t begin = read_clock();

	if (task->all)
		look->error = holders_walk(&look->found, task->after, on_vmm, look, &look->last);
	for (size_t i = 0; !task->all && look->error == 0 && i < task->count; i++)
		look->error = holders_look_at(&look->found, task->processes[i], on_vmm, look);
	look->taken = read_clock() - begin;
}

static void close_devs(struct look *look)
{
	for (size_t i = 0; i < look->devs_count; i++)
		for (size_t j = 0; j < LOOKOUT_DIRECTORIES; j++)
			if (look->devs[i].fds[j] >= 0)
				close(look->devs[i].fds[j]);
}

static void free_look(struct look *look)
{
	close_devs(look);
	holders_done(&look->found);
	free(look);
}

/* Tells of the nodes that some process has in one and not in the other. */
static void tell_missing(struct lookout *lookout, const struct holders *one,
			 const struct holders *other)
{
	for (size_t i = 0; i < one->count; i++) {
		const struct holders_entry *entry = &one->entries[i];

		if (!holders_has(other, entry->pid, entry->node))
			lookout->events.used(lookout->events.userdata, entry->node);
	}
}

static int copy_users(const struct holders *holders, struct holders *ret_copy)
{
	struct holders copy = { .count = holders->count, .size = holders->count };

	copy.entries = malloc(holders->count * sizeof(*holders->entries) + 1);
	if (!copy.entries)
		return -ENOMEM;
	if (holders->count > 0)
		memcpy(copy.entries, holders->entries, holders->count * sizeof(*holders->entries));
	*ret_copy = copy;
	return 0;
}

/* The part of what was found that is the process's own. */
static int take_process(struct lookout *lookout, const struct holders *found, pid_t pid)
{
	struct holders own = { 0 };
	size_t first = 0;
	int r;

	while (first < found->count && found->entries[first].pid != pid)
		first++;
	own.count = first;
	while (own.count < found->count && found->entries[own.count].pid == pid)
		own.count++;
	own = (struct holders){ .entries = found->entries + first, .count = own.count - first };
	r = copy_users(&own, &own);
	if (r < 0)
		return r;
	r = holders_replace(&lookout->holders, pid, pid, &own);
	holders_done(&own);
	return r;
}

static int take_found(struct lookout *lookout, struct look *look)
{
	const struct task *task = &look->task;
	int r = 0;

	if (task->all)
		return holders_replace(&lookout->holders, task->after + 1, look->last ? look->last : INT_MAX,
				     &look->found);
	for (size_t i = 0; r == 0 && i < task->count; i++)
		r = take_process(lookout, &look->found, task->processes[i]);
	return r;
}

static void set_timer(struct lookout *lookout, uint64_t rest)
{
	bool wanted = lookout->wanted.all || lookout->wanted.count > 0;

	sd_event_source_set_time_relative(lookout->timer, rest);
	sd_event_source_set_enabled(lookout->timer, wanted ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

static void want(struct lookout *lookout, const struct task *task)
{
	for (size_t i = 0; i < task->count; i++)
		lookout_at_process(lookout, task->processes[i]);
	if (task->all)
		lookout_at_all(lookout);
}

/*
 * Makes the findings of the look the present ones, and reports the differences.  Returns 0, or a
 * negative errno if nothing changed.
 */
static int take_look(struct lookout *lookout, struct look *look)
{
	struct holders before = { 0 };
	int r = look->error < 0 ? look->error : copy_users(&lookout->holders, &before);

	if (r < 0)
		return r;
	r = take_found(lookout, look);
	if (r == 0) {
		guest_names_update(lookout->names, &lookout->holders);
		tell_missing(lookout, &before, &lookout->holders);
		tell_missing(lookout, &lookout->holders, &before);
	}
	holders_done(&before);
	return r;
}

static void on_looked(struct worker_job *job)
{
	struct look *look = (struct look *)job;
	struct lookout *lookout = look->lookout;
	uint64_t rest = look->taken * REST_FACTOR < REST_MAX ? look->taken * REST_FACTOR : REST_MAX;

	if (take_look(lookout, look) < 0) {
		want(lookout, &look->task);
		rest = AGAIN;
	} else if (look->last > 0 && !lookout->wanted.all) {
		lookout->wanted = (struct task){ .all = true, .after = look->last };
	}
	for (size_t i = 0; i < look->devs_count; i++)
		if (lookout->events.found_dev(lookout->events.userdata, look->devs[i].pid,
					      look->devs[i].fds))
			lookout_at_process(lookout, look->devs[i].pid);
	free_look(look);
	/* Only now: what was asked for meanwhile waits for the rest. */
	lookout->at_work = false;
	set_timer(lookout, rest);
}

static int begin(struct lookout *lookout)
{
	struct look *look = calloc(1, sizeof(*look));
	int r;

	if (!look)
		return -ENOMEM;
	look->job = (struct worker_job){ .work = work, .done = on_looked };
	look->lookout = lookout;
	look->task = lookout->wanted;
	r = worker_run(lookout->worker, &look->job);
	if (r < 0) {
		free(look);
		return r;
	}
	lookout->at_work = true;
	lookout->looks++;
	lookout->wanted = (struct task){ 0 };
	return 0;
}

static int on_timer(sd_event_source *source, uint64_t now, void *userdata)
{
	struct lookout *lookout = userdata;

	(void)source;
	(void)now;
	if (begin(lookout) < 0)
		set_timer(lookout, AGAIN);
	return 0;
}

/* At once, unless a look is under way or the thread rests. */
static void start(struct lookout *lookout)
{
	int enabled = SD_EVENT_OFF;
	uint64_t end = 0, now = read_clock();

	if (lookout->at_work)
		return;
	sd_event_source_get_enabled(lookout->timer, &enabled);
	if (enabled != SD_EVENT_OFF)
		return;
	/* The time that was set last is when its rest ends. */
	sd_event_source_get_time(lookout->timer, &end);
	if (end > now)
		set_timer(lookout, end - now);
	else if (begin(lookout) < 0)
		set_timer(lookout, AGAIN);
}

void lookout_at_all(struct lookout *lookout)
{
	lookout->wanted = (struct task){ .all = true };
	start(lookout);
}

void lookout_at_process(struct lookout *lookout, pid_t pid)
{
	struct task *wanted = &lookout->wanted;

	for (size_t i = 0; i < wanted->count; i++)
		if (wanted->processes[i] == pid)
			return;
	if (wanted->all && wanted->after < pid)
		return;
	if (wanted->all || wanted->count == PROCESSES_MAX)
		*wanted = (struct task){ .all = true };
	else
		wanted->processes[wanted->count++] = pid;
	start(lookout);
}

void lookout_at_users(struct lookout *lookout, const struct vfio_nodes *nodes)
{
	for (size_t i = 0; i < lookout->holders.count; i++) {
		const struct holders_entry *entry = &lookout->holders.entries[i];

		if (entry->node != 0 && (entry->node == nodes->group || entry->node == nodes->device))
			lookout_at_process(lookout, entry->pid);
	}
}

static void on_named(void *userdata, pid_t pid)
{
	struct lookout *lookout = userdata;

	for (size_t i = 0; i < lookout->holders.count; i++)
		if (lookout->holders.entries[i].pid == pid)
			lookout->events.used(lookout->events.userdata, lookout->holders.entries[i].node);
}

int lookout_open(sd_event *loop, struct worker *worker, const struct lookout_events *events,
		 struct lookout **ret_lookout)
{
	struct lookout *lookout = calloc(1, sizeof(*lookout));
	int r;

	if (!lookout)
		return -ENOMEM;
	*lookout = (struct lookout){ .worker = worker, .events = *events };
	r = guest_names_new(worker, on_named, lookout, &lookout->names);
	if (r >= 0)
		r = sd_event_add_time(loop, &lookout->timer, CLOCK_MONOTONIC, 0, 1000, on_timer, lookout);
	if (r >= 0)
		r = sd_event_source_set_enabled(lookout->timer, SD_EVENT_OFF);
	if (r < 0) {
		lookout_close(lookout);
		return r;
	}
	*ret_lookout = lookout;
	return 0;
}

void lookout_close(struct lookout *lookout)
{
	if (!lookout)
		return;
	sd_event_source_disable_unref(lookout->timer);
	guest_names_free(lookout->names);
	holders_done(&lookout->holders);
	free(lookout);
}

bool lookout_is_at_work(const struct lookout *lookout)
{
	return lookout->at_work || guest_names_is_asking(lookout->names);
}

unsigned int lookout_count(const struct lookout *lookout)
{
	return lookout->looks;
}

void lookout_fill_users(const struct lookout *lookout, const struct vfio_nodes *nodes,
			struct observed_device *device)
{
	const struct holders *holders = &lookout->holders;
	pid_t last = 0;

	device->users_count = 0;
	for (size_t i = 0; i < holders->count && device->users_count < OBSERVED_USERS_MAX; i++) {
		const struct holders_entry *entry = &holders->entries[i];
		struct observed_user *user = &device->users[device->users_count];

		if (entry->node == 0 || entry->pid == last ||
		    (entry->node != nodes->group && entry->node != nodes->device))
			continue;
		last = entry->pid;
		/* A guest that has ended must not hold up a stop until the next look has found that. */
		if (holders_is_gone(entry->pid))
			continue;
		*user = (struct observed_user){ .pid = entry->pid };
		memcpy(user->command, entry->command, sizeof(user->command));
		snprintf(user->machine, sizeof(user->machine), "%s",
			 guest_names_find(lookout->names, entry->pid, entry->start));
		device->users_count++;
	}
}

const struct holders *lookout_users(const struct lookout *lookout)
{
	return &lookout->holders;
}
