/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads the kernel into observed: everything, or one thing (see kernel.h).
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "daemon/kernel/active.h"
#include "daemon/kernel/card.h"
#include "daemon/kernel/device.h"
#include "daemon/kernel/events.h"
#include "daemon/kernel/host.h"
#include "daemon/kernel/kernel-sysfs.h"
#include "daemon/kernel/kvm.h"
#include "daemon/kernel/vfio-nodes.h"
#include "daemon/kernel/queue.h"
#include "daemon/kernel/sysfs.h"

/* What can be read is put, whatever failed before: the first failure is what is told. */
static int first_failure(int result, int r)
{
	return result < 0 ? result : r;
}

/* The AP bus went as a module: then the kernel tells nothing of the cards. */
static void remove_all_ap(struct observed *observed)
{
	struct mask cards = observed->cards;

	MASK_FOR_EACH(adapter, &cards)
		observed_remove_card(observed, adapter);
	for (unsigned int adapter = 0; adapter < APQN_IDS; adapter++) {
		struct mask domains = observed->queues[adapter];

		MASK_FOR_EACH(domain, &domains)
			observed_remove_queue(observed, (struct apqn){ adapter, domain });
	}
}

static void on_kvm_answer(void *userdata, int aqic)
{
	struct kernel *kernel = userdata;
	int8_t answer = aqic < 0 ? -1 : (int8_t)aqic;
	/* Something has changed while it was asked: the next reading asks again. */
	bool is_news = answer != kernel->facility65 || kernel->kvm_stale;

	kernel->kvm_asked = false;
	kernel->kvm_stale |= io_is_of_the_moment(-aqic);
	kernel->facility65 = answer;
	if (is_news)
		kernel->event(kernel->userdata, &(struct kernel_event){ .type = KERNEL_EVENT_HOST });
}

/* The answer makes an event, if it is another than before. */
static void ask_kvm(struct kernel *kernel)
{
	if (!kernel->kvm_stale || kernel->kvm_asked)
		return;
	kernel->kvm_asked = kvm_ask_aqic(kernel->worker, on_kvm_answer, kernel) == 0;
	kernel->kvm_stale = !kernel->kvm_asked;
}

int kernel_read_host(struct kernel *kernel, struct observed *observed)
{
	struct observed_host host;
	int watched = events_watch_host(kernel);	/* first: then no change is missed */
	int r = host_read(&host);

	if (r < 0)
		return r;
	ask_kvm(kernel);
	host.facility65 = kernel->facility65;
	if (!host.ap_bus)
		remove_all_ap(observed);
	observed_put_host(observed, &host);
	return watched;
}

int kernel_read_card(struct kernel *kernel, struct observed *observed, unsigned int adapter)
{
	struct observed_card card;
	int r = card_read(adapter, &card);

	(void)kernel;
	if (r == 0)
		observed_put_card(observed, &card);
	else if (r == -ENOENT)
		observed_remove_card(observed, adapter);
	return r == -ENOENT ? 0 : r;
}

/*
 * A queue that comes, goes or changes hands changes what the guest of its device has, at
 * the latest when the AP bus is through with all of them; nothing else will tell.
 */
static int hint_at_device(struct kernel *kernel, const struct observed *observed, struct apqn apqn)
{
	for (size_t i = 0; i < observed->devices.count; i++) {
		const struct observed_device *device = observed_device_at(observed, i);
		int r;

		if (!device->active_known || !matrix_has_queue(&device->active, apqn))
			continue;
		r = recheck_add(kernel->recheck, &device->uuid, RECHECK_QUEUE);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Reads one queue without a thought of the device that it may be in. */
static int read_queue(struct kernel *kernel, struct observed *observed, struct apqn apqn)
{
	struct observed_queue queue;
	int watched = 0, r;

	/* only its driver_override is written by others without a uevent */
	if (observed->host.has_override)
		watched = events_watch_queue(kernel, apqn);
	r = queue_read(apqn, &queue);
	if (r == -ENOENT) {
		events_forget_queue(kernel, apqn);
		observed_remove_queue(observed, apqn);
		return 0;
	}
	if (r == 0)
		r = observed_put_queue(observed, &queue);
	return first_failure(r, watched);
}

/*
 * Returns true if what a guest has could be another than before; either may be NULL: no such
 * queue.
 */
static bool changed_hands(const struct observed_queue *before, const struct observed_queue *after)
{
	if (!before || !after)
		return before != after;
	return strcmp(before->driver, after->driver) != 0 || before->status != after->status;
}

int kernel_read_queue(struct kernel *kernel, struct observed *observed, struct apqn apqn)
{
	const struct observed_queue *known = observed_find_queue(observed, apqn);
	struct observed_queue before;
	int r;

	if (known)
		before = *known;
	r = read_queue(kernel, observed, apqn);
	if (changed_hands(known ? &before : NULL, observed_find_queue(observed, apqn)))
		r = first_failure(r, hint_at_device(kernel, observed, apqn));
	return r;
}

/* Reads again how the queues of a matrix are used, but not those in besides, which may be NULL. */
static int reread_queues(struct kernel *kernel, struct observed *observed,
			 const struct matrix *matrix, const struct matrix *besides)
{
	int result = 0;

	MATRIX_FOR_EACH_QUEUE(adapter, domain, matrix) {
		struct apqn apqn = { .adapter = adapter, .domain = domain };
		const struct observed_queue *known = observed_find_queue(observed, apqn);
		struct observed_queue queue;
		int r;

		if (!known || known->status == QUEUE_STATUS_NONE ||
		    (besides && matrix_has_queue(besides, apqn)))
			continue;
		queue = *known;
		r = queue_read_use(&queue);
		if (r == 0)
			r = observed_put_queue(observed, &queue);
		else if (r == -ENOENT)
			r = read_queue(kernel, observed, apqn);
		result = first_failure(result, r);
	}
	return result;
}

static bool any_in_use(const struct observed *observed, const struct matrix *matrix)
{
	MATRIX_FOR_EACH_QUEUE(adapter, domain, matrix) {
		struct apqn apqn = { .adapter = adapter, .domain = domain };
		const struct observed_queue *queue = observed_find_queue(observed, apqn);

		if (queue && queue->status == QUEUE_STATUS_IN_USE)
			return true;
	}
	return false;
}

/*
 * Reads what the device has by itself; with look_at_users: these are looked at again, for they may have
 * ended, and what turns out makes an event.  Returns 0, -ENOENT, or another negative errno.
 */
static int read_facts(struct kernel *kernel, struct observed *observed, const struct uuid *uuid,
		      bool look_at_users, struct observed_device *ret_device)
{
	struct observed_device device = { .uuid = *uuid };
	CLEANUP_CLOSE int fd = device_open(uuid);
	struct sysfs_dir dir = { .fd = fd };
	struct vfio_nodes nodes;
	int r;

	if (fd < 0)
		return fd;
	r = active_read(kernel, observed, uuid, &dir, &device);
	if (r < 0 && r != -ENODATA)
		return r;
	device.active_known = r == 0;
	if (device.active_known) {
		r = device_read_guest(&dir, &device.active, &device.guest);
		if (r < 0 && r != -ENODATA)
			return r;
		device.guest_known = r == 0;
	}
	vfio_nodes_read(&dir, &nodes);
	if (look_at_users)
		lookout_at_users(kernel->lookout, &nodes);
	lookout_fill_users(kernel->lookout, &nodes, &device);
	if (dir.failure < 0)
		return dir.failure;
	*ret_device = device;
	return 0;
}

/* What can still be said of a device that is being removed: what it had, and who keeps it. */
static int read_leaving(struct kernel *kernel, const struct observed_device *known,
			const struct uuid *uuid, struct observed_device *ret_device)
{
	char path[DEVICE_PATH_SIZE];
	CLEANUP_CLOSE int fd = sysfs_open(device_path(uuid, path));
	struct sysfs_dir dir = { .fd = fd };
	struct observed_device device = { .uuid = *uuid };
	struct vfio_nodes nodes;

	if (fd < 0)
		return fd;
	if (known)
		device = *known;
	device.leaving = true;
	device.users_count = 0;
	vfio_nodes_read(&dir, &nodes);
	lookout_fill_users(kernel->lookout, &nodes, &device);
	*ret_device = device;
	return dir.failure;
}

/* with_queues: how its queues are used is not up to date. */
static int read_device(struct kernel *kernel, struct observed *observed, const struct uuid *uuid,
		       bool with_queues)
{
	const struct observed_device *known = observed_find_device(observed, uuid);
	struct matrix before = { 0 };
	struct observed_device device = { 0 };
	bool gone;
	int watched, r, result;

	if (known && known->active_known)
		before = known->active;
	watched = events_watch_device(kernel, uuid);
	r = read_facts(kernel, observed, uuid, with_queues, &device);
	if (r == -ENOENT) {
		int leaving = device_is_leaving(uuid);

		if (leaving != 0)
			r = leaving < 0 ? leaving : read_leaving(kernel, known, uuid, &device);
	}
	gone = r == -ENOENT;
	if (r < 0 && !gone)
		return r;
	result = gone ? 0 : watched;
	if (with_queues) {
		r = reread_queues(kernel, observed, &device.active, NULL);
		result = first_failure(result, r);
		r = reread_queues(kernel, observed, &before, &device.active);
		result = first_failure(result, r);
	}
	if (gone) {
		events_forget_device(kernel, uuid);
		memory_forget(kernel->memory, uuid);
		return first_failure(result, observed_remove_device(observed, uuid));
	}
	device.in_use = device.users_count > 0 || any_in_use(observed, &device.active);
	return first_failure(result, observed_put_device(observed, &device));
}

int kernel_read_device(struct kernel *kernel, struct observed *observed, const struct uuid *uuid)
{
	return read_device(kernel, observed, uuid, true);
}

struct scan {
	struct kernel *kernel;
	struct observed *observed;
	int result;
};

static void note(struct scan *scan, int r)
{
	scan->result = first_failure(scan->result, r);
}

/* Reads a card that was not known before. */
static int scan_card(void *userdata, const char *name)
{
	struct scan *scan = userdata;
	unsigned int adapter;
	char rest;

	if (sscanf(name, "card%2x%c", &adapter, &rest) == 1 &&
	    !observed_find_card(scan->observed, adapter))
		note(scan, kernel_read_card(scan->kernel, scan->observed, adapter));
	return 0;
}

/* Reads a device that was not known before; another driver's (vfio_ccw has some) is no device. */
static int scan_mdev(void *userdata, const char *name)
{
	struct scan *scan = userdata;
	struct uuid uuid;

	if (uuid_parse(name, &uuid) == 0 && !observed_find_device(scan->observed, &uuid))
		note(scan, read_device(scan->kernel, scan->observed, &uuid, false));
	return 0;
}

/* Reads again the cards that are known, those that are gone fall out, and then the new ones. */
static void scan_cards(struct scan *scan)
{
	struct mask cards = scan->observed->cards;

	MASK_FOR_EACH(adapter, &cards)
		note(scan, kernel_read_card(scan->kernel, scan->observed, adapter));
	note(scan, udev_enumerate_names(scan->kernel->udev, "ap", "card*", scan_card, scan));
}

/* Reads the queues that there are or were. */
static void scan_queues(struct scan *scan)
{
	for (unsigned int adapter = 0; adapter < APQN_IDS; adapter++) {
		struct mask domains = { 0 };
		int r = 0;

		if (mask_test(&scan->observed->cards, adapter))
			r = card_read_queues(adapter, &domains);
		note(scan, r == -ENOENT ? 0 : r);
		domains = mask_or(&domains, &scan->observed->queues[adapter]);
		MASK_FOR_EACH(domain, &domains)
			note(scan, read_queue(scan->kernel, scan->observed,
					      (struct apqn){ adapter, domain }));
	}
}

/* Reads the known devices again, or only those of them whose matrix is unknown. */
static void scan_known(struct scan *scan, bool unknown)
{
	/* from the end, for one that is gone makes those behind it move up */
	for (size_t i = scan->observed->devices.count; i-- > 0;) {
		struct uuid uuid = observed_device_at(scan->observed, i)->uuid;

		if (!unknown || !observed_device_at(scan->observed, i)->active_known)
			note(scan, read_device(scan->kernel, scan->observed, &uuid, false));
	}
}

/* The same for devices as for cards. */
static void scan_devices(struct scan *scan)
{
	unsigned int unknown;

	scan_known(scan, false);
	note(scan, udev_enumerate_names(scan->kernel->udev, "mdev", "*", scan_mdev, scan));
	/*
	 * Each matrix narrows down those that are still unknown, so this repeats as long as it
	 * helps.
	 */
	do {
		unknown = scan->observed->unknown;
		if (unknown > 0)
			scan_known(scan, true);
	} while (scan->observed->unknown < unknown);
}

/*
 * The first scan is before anything runs: what is asked of KVM and of processes is waited for, but not for
 * long, for whoever lets it hang.
 */
#define FIRST_WAIT 2000
#define FIRST_STEP 50

static void wait_for_answers(struct kernel *kernel)
{
	for (int waited = 0; waited < FIRST_WAIT; waited += FIRST_STEP) {
		if (!lookout_is_at_work(kernel->lookout) && !kernel->kvm_asked)
			return;
		worker_wait(kernel->worker, FIRST_STEP);
	}
}

int kernel_scan(struct kernel *kernel, struct observed *observed)
{
	struct scan scan = { .kernel = kernel, .observed = observed };
	bool is_first = !kernel->scanned;

	kernel->scanned = true;
	if (is_first) {
		ask_kvm(kernel);
		lookout_at_all(kernel->lookout);
		wait_for_answers(kernel);
	}
	watch_sweep_begin(kernel->watch);
	note(&scan, kernel_read_host(kernel, observed));
	scan_cards(&scan);
	scan_queues(&scan);
	scan_devices(&scan);
	/* no device, no VMM: the walk over all processes would find nothing */
	if (!is_first && observed->devices.count > 0)
		lookout_at_all(kernel->lookout);
	watch_sweep_end(kernel->watch);
	return scan.result;
}
