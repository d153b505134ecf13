/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/engine/manager.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "daemon/log.h"
#include "daemon/engine/manager-internal.h"
#include "daemon/model/resolve.h"
#include "daemon/store/state-lock.h"

/* Of inotify strerror() says nothing that helps. */
static const char *reason(const char *what, int error)
{
	if (strncmp(what, "watch", 5) != 0)
		return strerror(-error);
	if (error == -EMFILE)
		return "no file descriptor or no inotify instance is left. Raise fs.inotify.max_user_instances of "
		       "sysctl";
	if (error == -ENOSPC)
		return "no inotify watch is left. Raise fs.inotify.max_user_watches of sysctl";
	return strerror(-error);
}

static int explain(char **ret_message, const char *what, int error)
{
	if (asprintf(ret_message, "Could not %s: %s.", what, reason(what, error)) < 0)
		*ret_message = NULL;
	return error;
}

static int open_store(struct manager *manager, const char *root, char **ret_message)
{
	CLEANUP_FREE char *path = NULL;
	int r = state_lock_take(root, &manager->state_lock, ret_message);

	/* Before anything is read, or finished for a killed daemon. */
	if (r < 0)
		return r;
	r = store_open(root, &manager->store, &path);
	if (r < 0) {
		if (asprintf(ret_message, "Could not open the folder %s: %s.", path ? path : "?",
			     strerror(-r)) < 0)
			*ret_message = NULL;
		return r;
	}
	r = lock_new(root, &manager->lock);
	if (r < 0)
		return explain(ret_message, "open the folder of the AP configuration lock", r);
	/* Watch before reading: what changes in between is then seen twice, not never. */
	r = store_watch(manager->store, manager->loop, refresh_on_store_event, manager);
	if (r < 0)
		return explain(ret_message, "watch the folders of the definitions", r);
	r = store_load(manager->store, &manager->desired);
	manager->failed.disk = manager->failed_at_start = store_has_unread(manager->store);
	return r < 0 ? explain(ret_message, "read the definitions", r) : 0;
}

static int open_kernel(struct manager *manager, const char *root, char **ret_message)
{
	int r = kernel_open(root, manager->loop, refresh_on_kernel_event, manager, &manager->kernel);

	if (r < 0)
		return explain(ret_message, "watch the kernel", r);
	remember_recall(manager);
	r = kernel_scan(manager->kernel, &manager->observed);
	return r < 0 ? explain(ret_message, "read the state of the kernel", r) : 0;
}

static const char *name_device(const void *userdata, const struct uuid *uuid)
{
	const struct manager *manager = userdata;

	return desired_name(&manager->desired, uuid);
}

int manager_new(const char *root, sd_event *loop, struct manager **ret_manager, char **ret_message)
{
	struct manager *manager = calloc(1, sizeof(*manager));
	int r;

	if (!manager)
		return explain(ret_message, "start", -ENOMEM);
	manager->loop = sd_event_ref(loop);
	observed_init(&manager->observed);
	manager->desired = DESIRED_NONE;
	manager->desired.starting = true;
	manager->state_lock = -1;
	log_set_namer(name_device, manager);
	r = worker_new(loop, &manager->worker);
	if (r < 0)
		explain(ret_message, "prepare threads", r);
	if (r == 0)
		r = refresh_start(manager);
	if (r == 0)
		r = jobs_start(manager);
	if (r == 0)
		r = open_store(manager, root, ret_message);
	if (r == 0)
		r = open_kernel(manager, root, ret_message);
	if (r < 0) {
		manager_free(manager);
		return r;
	}
	*ret_manager = manager;
	return 0;
}

int manager_start(struct manager *manager, const struct manager_listener *listener)
{
	int r;

	manager->listener = listener;
	observed_forget_changes(&manager->observed);
	remember_all(manager);
	r = reconcile_start(manager);
	refresh_set_timers(manager);
	return r;
}

void manager_free(struct manager *manager)
{
	if (!manager)
		return;
	log_set_namer(NULL, NULL);
	/* First what calls us, then what it would find. */
	refresh_done(manager);
	jobs_done(manager);
	if (!manager->staging)
		store_close(manager->store);
	lock_free(manager->lock);
	worker_free(manager->worker);
	kernel_close(manager->kernel);
	free(manager->host.failure);
	observed_done(&manager->observed);
	desired_done(&manager->desired);
	sd_event_unref(manager->loop);
	/* Last: threads may have been at work until now. */
	if (manager->state_lock >= 0)
		close(manager->state_lock);
	free(manager);
}

void manager_reload(struct manager *manager)
{
	refresh_on_store_event(manager, NULL);
}

bool manager_has_reloaded(const struct manager *manager)
{
	return !manager->marks.disk;
}

void manager_look(struct manager *manager, const struct uuid *uuid)
{
	refresh_silent(manager, uuid);
}

const struct observed *manager_observed(const struct manager *manager)
{
	return &manager->observed;
}

const struct desired *manager_desired(const struct manager *manager)
{
	return &manager->desired;
}

const struct metrics *manager_metrics(const struct manager *manager)
{
	return &manager->metrics;
}

/* A new UUID: one that a name is a prefix of would make that name mean two devices. */
static int make_uuid(const struct manager *manager, struct uuid *ret_uuid)
{
	int r = uuid_make(ret_uuid);

	for (unsigned int i = 0; r == 0 && i < 16; i++) {
		if (!resolve_begins_with_name(&manager->desired, ret_uuid))
			return 0;
		r = uuid_make(ret_uuid);
	}
	return r;
}

int manager_submit(struct manager *manager, const struct request *request, manager_done_fn done,
		   void *userdata)
{
	struct job *job = calloc(1, sizeof(*job));
	int r = job ? make_uuid(manager, &job->new_uuid) : -ENOMEM;

	if (r < 0) {
		if (request->state)
			state_done(request->state);
		free(request->state);
		free(job);
		return r;
	}
	job->manager = manager;
	job->kind = JOB_CLIENT;
	job->request = *request;
	job->done = done;
	job->userdata = userdata;
	job_submit(job);
	return 0;
}

static void forget(struct job *list, const void *userdata)
{
	for (struct job *job = list; job; job = job->next)
		if (job->userdata == userdata)
			job->done = NULL;
}

void manager_forget(struct manager *manager, void *userdata)
{
	forget(manager->queue, userdata);
	forget(manager->detached, userdata);
	if (manager->current && manager->current->userdata == userdata)
		manager->current->done = NULL;
}

bool manager_waits_for_guest(const struct manager *manager, const void *userdata)
{
	for (const struct job *job = manager->detached; job; job = job->next)
		if (job->userdata == userdata)
			return change_stops(&job->pending.change);
	return false;
}

void manager_keep_note(struct manager *manager, const struct device_note *note)
{
	int r = store_write_note(manager->store, note);

	if (r < 0)
		log_message(LOG_WARNING, &note->uuid,
			    "Could not keep what is known of the device until the next boot: %s.",
			    strerror(-r));
}

uint64_t manager_now(const struct manager *manager)
{
	uint64_t now = 0;

	return sd_event_now(manager->loop, CLOCK_MONOTONIC, &now) < 0 ? 0 : now;
}
