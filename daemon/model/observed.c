/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/model/observed.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"

void observed_init(struct observed *observed)
{
	*observed = (struct observed){
		.host = { .max_adapter = -1, .max_domain = -1, .gisa = -1, .facility65 = -1 },
	};
}

void observed_done(struct observed *observed)
{
	for (size_t i = 0; i < observed->devices.count; i++)
		free(observed->devices.items[i]);
	uuid_list_done(&observed->devices);
	for (size_t i = 0; i < APQN_IDS; i++)
		free(observed->queue[i]);
	free(observed->changes.devices);
	observed_init(observed);
}

const struct observed_card *observed_find_card(const struct observed *observed, unsigned int adapter)
{
	return mask_test(&observed->cards, adapter) ? &observed->card[adapter] : NULL;
}

bool observed_has_queues(const struct observed *observed)
{
	for (unsigned int adapter = 0; adapter < APQN_IDS; adapter++)
		if (!mask_is_empty(&observed->queues[adapter]))
			return true;
	return false;
}

const struct observed_queue *observed_find_queue(const struct observed *observed, struct apqn apqn)
{
	if (!mask_test(&observed->queues[apqn.adapter], apqn.domain))
		return NULL;
	return &observed->queue[apqn.adapter][apqn.domain];
}

const struct observed_device *observed_find_device(const struct observed *observed,
						   const struct uuid *uuid)
{
	return uuid_list_find(&observed->devices, uuid);
}

const struct observed_device *observed_device_at(const struct observed *observed, size_t index)
{
	return observed->devices.items[index];
}

static bool host_equal(const struct observed_host *a, const struct observed_host *b)
{
	return a->override_leaked == b->override_leaked && a->poll_thread == b->poll_thread &&
	       a->poll_timeout == b->poll_timeout && a->has_boot_apmask == b->has_boot_apmask &&
	       a->has_boot_aqmask == b->has_boot_aqmask &&
	       mask_equal(&a->boot_apmask, &b->boot_apmask) &&
	       mask_equal(&a->boot_aqmask, &b->boot_aqmask) && strcmp(a->kernel, b->kernel) == 0 && a->ap_bus == b->ap_bus &&
	       a->passthrough == b->passthrough && a->no_module == b->no_module && strcmp(a->bus_features, b->bus_features) == 0 &&
	       strcmp(a->passthrough_features, b->passthrough_features) == 0 &&
	       a->has_ap_config == b->has_ap_config && a->has_override == b->has_override &&
	       a->max_adapter == b->max_adapter && a->max_domain == b->max_domain &&
	       a->configured_known == b->configured_known &&
	       matrix_equal(&a->configured, &b->configured) && mask_equal(&a->apmask, &b->apmask) &&
	       mask_equal(&a->aqmask, &b->aqmask) && a->bindings_complete == b->bindings_complete &&
	       a->interrupts == b->interrupts && a->gisa == b->gisa && a->facility65 == b->facility65;
}

void observed_put_host(struct observed *observed, const struct observed_host *host)
{
	struct observed_host new = *host;

	/* What the kernel has lost count of it does not find again before the next boot. */
	new.override_leaked |= observed->host.override_leaked;
	if (host_equal(&observed->host, &new))
		return;
	observed->host = new;
	observed->changes.host = observed->changes.any = true;
}

static bool card_equal(const struct observed_card *a, const struct observed_card *b)
{
	return a->adapter == b->adapter && strcmp(a->type, b->type) == 0 &&
	       a->hardware_type == b->hardware_type && a->mode == b->mode &&
	       a->configured == b->configured && a->checkstopped == b->checkstopped &&
	       a->online == b->online && a->depth == b->depth &&
	       a->max_message_size == b->max_message_size &&
	       strcmp(a->functions, b->functions) == 0 && a->requests == b->requests;
}

void observed_put_card(struct observed *observed, const struct observed_card *card)
{
	const struct observed_card *old = observed_find_card(observed, card->adapter);

	if (old && card_equal(old, card))
		return;
	observed->card[card->adapter] = *card;
	mask_set(&observed->cards, card->adapter);
	mask_set(&observed->changes.cards, card->adapter);
	observed->changes.any = true;
}

void observed_remove_card(struct observed *observed, unsigned int adapter)
{
	if (!mask_test(&observed->cards, adapter))
		return;
	mask_clear(&observed->cards, adapter);
	mask_set(&observed->changes.cards, adapter);
	observed->changes.any = true;
}

static bool queue_equal(const struct observed_queue *a, const struct observed_queue *b)
{
	return strcmp(a->driver, b->driver) == 0 && strcmp(a->override, b->override) == 0 &&
	       a->status == b->status && a->configured == b->configured &&
	       a->checkstopped == b->checkstopped && a->online == b->online &&
	       a->interrupt == b->interrupt;
}

static void count_queue(struct observed *observed, const struct observed_queue *queue,
			unsigned int number)
{
	if (strcmp(queue->driver, "vfio_ap") == 0)
		observed->with_vfio_ap += number;
	if (queue->status != QUEUE_STATUS_NONE)
		observed->with_status += number;
	if (observed->with_vfio_ap > 0)
		observed->no_status = observed->with_status == 0;
}

bool observed_has_hotplug(const struct observed *observed)
{
	return !observed->no_status;
}

int observed_put_queue(struct observed *observed, const struct observed_queue *queue)
{
	struct apqn apqn = queue->apqn;
	const struct observed_queue *old = observed_find_queue(observed, apqn);

	if (old && queue_equal(old, queue))
		return 0;
	if (!observed->queue[apqn.adapter]) {
		observed->queue[apqn.adapter] = calloc(APQN_IDS, sizeof(*queue));
		if (!observed->queue[apqn.adapter])
			return -ENOMEM;
	}
	observed->overrides += (queue->override[0] != '\0') - (old && old->override[0]);
	if (old)
		count_queue(observed, old, -1u);
	count_queue(observed, queue, 1);
	observed->queue[apqn.adapter][apqn.domain] = *queue;
	mask_set(&observed->queues[apqn.adapter], apqn.domain);
	mask_set(&observed->changes.queues[apqn.adapter], apqn.domain);
	observed->changes.any = true;
	return 0;
}

void observed_remove_queue(struct observed *observed, struct apqn apqn)
{
	if (!mask_test(&observed->queues[apqn.adapter], apqn.domain))
		return;
	/* driver_override_store() alone counts them, so one that goes with its queue stays counted. */
	if (observed->queue[apqn.adapter][apqn.domain].override[0] && !observed->host.override_leaked)
		observed->host.override_leaked = observed->changes.host = true;
	observed->overrides -= observed->queue[apqn.adapter][apqn.domain].override[0] != '\0';
	count_queue(observed, &observed->queue[apqn.adapter][apqn.domain], -1u);
	mask_clear(&observed->queues[apqn.adapter], apqn.domain);
	mask_set(&observed->changes.queues[apqn.adapter], apqn.domain);
	observed->changes.any = true;
}

static int note_device(struct observed_changes *changes, const struct uuid *uuid)
{
	for (size_t i = 0; i < changes->devices_count; i++)
		if (uuid_equal(&changes->devices[i], uuid))
			return 0;
	if (changes->devices_count == changes->devices_size) {
		size_t size = changes->devices_size ? 2 * changes->devices_size : 8;
		struct uuid *more = reallocarray(changes->devices, size, sizeof(*more));

		if (!more)
			return -ENOMEM;
		changes->devices = more;
		changes->devices_size = size;
	}
	changes->devices[changes->devices_count++] = *uuid;
	changes->any = true;
	return 0;
}

static bool device_equal(const struct observed_device *a, const struct observed_device *b)
{
	if (a->active_known != b->active_known || a->remembered != b->remembered ||
	    strcmp(a->identity, b->identity) != 0 || !matrix_equal(&a->active, &b->active) ||
	    a->guest_known != b->guest_known || !matrix_equal(&a->guest, &b->guest) ||
	    a->in_use != b->in_use || a->leaving != b->leaving || a->users_count != b->users_count)
		return false;
	for (size_t i = 0; i < a->users_count; i++)
		if (a->users[i].pid != b->users[i].pid ||
		    strcmp(a->users[i].command, b->users[i].command) != 0 ||
		    strcmp(a->users[i].machine, b->users[i].machine) != 0)
			return false;
	return true;
}

static int put_device(struct observed *observed, const struct observed_device *device)
{
	struct observed_device *known = uuid_list_find(&observed->devices, &device->uuid);
	CLEANUP_FREE struct observed_device *copy = NULL;
	int r;

	if (known && device_equal(known, device))
		return 0;
	if (!known && observed->devices.count == OBSERVED_DEVICES_MAX)
		return -E2BIG;
	r = note_device(&observed->changes, &device->uuid);
	if (r < 0)
		return r;
	if (known) {
		observed->unknown += known->active_known - device->active_known;
		*known = *device;
		return 0;
	}
	copy = malloc(sizeof(*copy));
	if (!copy)
		return -ENOMEM;
	*copy = *device;
	r = uuid_list_insert(&observed->devices, copy);
	if (r < 0)
		return r;
	observed->unknown += !device->active_known;
	copy = NULL;
	return 0;
}

static void replace_controls(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = '?';
}

/*
 * Whoever starts a process or a machine names it, and the names go into messages: what breaks a line, or steers
 * a terminal, is replaced where they come in, once for all.
 */
int observed_put_device(struct observed *observed, const struct observed_device *device)
{
	struct observed_device plain = *device;

	for (size_t i = 0; i < plain.users_count; i++) {
		replace_controls(plain.users[i].command);
		replace_controls(plain.users[i].machine);
	}
	return put_device(observed, &plain);
}

int observed_remove_device(struct observed *observed, const struct uuid *uuid)
{
	const struct observed_device *device = observed_find_device(observed, uuid);
	int r;

	if (!device)
		return 0;
	r = note_device(&observed->changes, uuid);
	if (r < 0)
		return r;
	observed->unknown -= !device->active_known;
	free(uuid_list_remove(&observed->devices, uuid));
	return 0;
}

void observed_forget_changes(struct observed *observed)
{
	struct observed_changes *changes = &observed->changes;

	*changes = (struct observed_changes){
		.devices = changes->devices,
		.devices_size = changes->devices_size,
	};
}

bool observed_queue_is_bound(const struct observed *observed, struct apqn apqn)
{
	const struct observed_queue *queue = observed_find_queue(observed, apqn);

	return queue && strcmp(queue->driver, "vfio_ap") == 0;
}
