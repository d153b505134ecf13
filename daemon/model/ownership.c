/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/model/ownership.h"

#include <string.h>

enum ownership_kind ownership_kind(const struct observed *observed)
{
	if (!observed->host.ap_bus)
		return OWNERSHIP_DEFAULT;
	if (observed->host.has_override && observed->overrides > 0)
		return OWNERSHIP_OVERRIDES;
	for (unsigned int id = 0; id < APQN_IDS; id++)
		if (!mask_test(&observed->host.apmask, id) || !mask_test(&observed->host.aqmask, id))
			return OWNERSHIP_MASKS;
	return OWNERSHIP_DEFAULT;
}

bool ownership_is_hosts(const struct observed *observed, struct apqn apqn)
{
	const struct observed_queue *queue = observed_find_queue(observed, apqn);

	/* The kernel knows only queues that have a driver (ap_get_qdev()), whatever their override. */
	if (queue && queue->driver[0] && queue->override[0])
		return strcmp(queue->driver, "vfio_ap") != 0;
	return mask_test(&observed->host.apmask, apqn.adapter) &&
	       mask_test(&observed->host.aqmask, apqn.domain);
}

bool ownership_masks_are_strict(const struct observed *observed)
{
	if (observed->host.has_override)
		return true;
	for (unsigned int adapter = 0; adapter < APQN_IDS; adapter++)
		if (!mask_is_empty(&observed->queues[adapter]))
			return false;
	return true;
}

bool ownership_is_overridden(const struct observed *observed, struct apqn apqn)
{
	const struct observed_queue *queue = observed_find_queue(observed, apqn);

	return queue && strcmp(queue->override, "vfio_ap") == 0;
}

struct mask_choice ownership_others_bits(const struct observed *observed, const struct desired *desired)
{
	const struct host_policy *policy = &desired->policy;
	struct mask_choice others = {
		.adapters = mask_complement(&observed->host.apmask),
		.domains = mask_complement(&observed->host.aqmask),
	};

	if (!observed->host.ap_bus)
		return (struct mask_choice){ 0 };
	return policy->has_masks ? mask_choice_minus(&others, &policy->masks) : others;
}

const struct observed_device *ownership_find_device(const struct observed *observed,
						    struct apqn apqn)
{
	for (size_t i = 0; i < observed->devices.count; i++)
		if (matrix_has_queue(&observed_device_at(observed, i)->active, apqn))
			return observed_device_at(observed, i);
	return NULL;
}

void ownership_find_devices(const struct observed *observed, unsigned int adapter,
			    const struct observed_device *ret_devices[static APQN_IDS])
{
	memset(ret_devices, 0, APQN_IDS * sizeof(*ret_devices));
	/* From the end, so that of two that share a queue the first has it, as above. */
	for (size_t i = observed->devices.count; i-- > 0;) {
		const struct observed_device *device = observed_device_at(observed, i);

		if (mask_test(&device->active.adapters, adapter))
			MASK_FOR_EACH(domain, &device->active.domains)
				ret_devices[domain] = device;
	}
}

enum queue_trouble ownership_trouble(const struct observed *observed, struct apqn apqn)
{
	const struct observed_queue *queue = observed_find_queue(observed, apqn);
	const struct observed_card *card = observed_find_card(observed, apqn.adapter);

	if (!queue)
		return QUEUE_ABSENT;
	if (!observed_queue_is_bound(observed, apqn))
		return QUEUE_NOT_BOUND;
	if (queue->checkstopped || (card && card->checkstopped))
		return QUEUE_CHECKSTOPPED;
	if (!queue->configured || (card && !card->configured))
		return QUEUE_DECONFIGURED;
	return QUEUE_FINE;
}

/* Returns true if all the device's queues on the adapter have vfio_ap as their driver. */
static bool adapter_passes(const struct observed *observed, unsigned int adapter,
			   const struct mask *domains)
{
	MASK_FOR_EACH(domain, domains)
		if (!observed_queue_is_bound(observed, (struct apqn){ adapter, domain }))
			return false;
	return true;
}

bool ownership_is_in_use(const struct observed *observed, const struct observed_device *device,
			 struct apqn apqn)
{
	struct mask domains = device->active.domains;

	/* Before Linux 6.0 a guest keeps what it got when it began. */
	if (!observed_has_hotplug(observed))
		return device->in_use && matrix_has_queue(&device->active, apqn);
	if (!device->in_use || device->guest_known)
		return device->in_use && matrix_has_queue(&device->guest, apqn);
	if (observed->host.configured_known)
		domains = mask_and(&domains, &observed->host.configured.domains);
	return mask_test(&domains, apqn.domain) &&
	       adapter_passes(observed, apqn.adapter, &domains);
}

void ownership_interrupt_queues(const struct observed *observed,
				const struct observed_device *device, struct queue_set *set)
{
	if (!device || !device->in_use)
		return;
	MATRIX_FOR_EACH_QUEUE(adapter, domain, &device->active) {
		struct apqn apqn = { adapter, domain };
		const struct observed_queue *queue = observed_find_queue(observed, apqn);

		if (queue && observed_queue_is_bound(observed, apqn) && queue->interrupt == 1)
			queue_set_add(set, apqn);
	}
}

static bool adapter_works(const struct observed *observed, unsigned int adapter,
			  const struct mask *domains)
{
	if (mask_is_empty(domains))
		return true;
	MASK_FOR_EACH(domain, domains)
		if (ownership_trouble(observed, (struct apqn){ adapter, domain }) == QUEUE_FINE)
			return true;
	return false;
}

struct matrix ownership_effective(const struct observed *observed,
				  const struct observed_device *device)
{
	const struct observed_host *host = &observed->host;
	struct matrix result = device->active;

	if (host->configured_known) {
		result.adapters = mask_and(&result.adapters, &host->configured.adapters);
		result.domains = mask_and(&result.domains, &host->configured.domains);
		result.control_domains =
			mask_and(&result.control_domains, &host->configured.control_domains);
	}
	if (device->guest_known) {
		result.adapters = device->guest.adapters;
		result.domains = device->guest.domains;
	} else {
		MASK_FOR_EACH(adapter, &device->active.adapters)
			if (!adapter_passes(observed, adapter, &result.domains))
				mask_clear(&result.adapters, adapter);
	}
	MASK_FOR_EACH(adapter, &device->active.adapters)
		if (!adapter_works(observed, adapter, &result.domains))
			mask_clear(&result.adapters, adapter);
	return result;
}
