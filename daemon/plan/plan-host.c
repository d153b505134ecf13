/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The steps that change the host: masks, driver overrides, interrupt settings.  In this order:
 *
 *   overrides that go before masks may be written (the kernel takes no mask while one is set)
 *   bits of apmask, then of aqmask, that become 0
 *   bits of apmask, then of aqmask, that become 1
 *   queues handed back, then queues handed over, by driver_override
 *
 * While the masks are written a queue so is free if it was before or will be after, and no other
 * queue changes hands even for a moment.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/model/ownership.h"
#include "daemon/plan/plan-host.h"
#include "daemon/plan/steps.h"
#include "daemon/plan/reserve.h"
#include "daemon/model/under-way.h"
#include "daemon/model/unknown.h"

static bool is_full(const struct mask *mask)
{
	return mask_count(mask) == APQN_IDS;
}

static void add_mask(struct plan *plan, enum attribute attribute, const struct mask *from,
		     const struct mask *to)
{
	char old[MASK_TEXT_SIZE], new[MASK_TEXT_SIZE];

	if (!mask_equal(from, to))
		plan_set_undo(plan_add_write(plan, NULL, attribute, mask_format(to, new)), attribute,
			      mask_format(from, old));
}

/* What a device has when the host's turn comes: what it is to lose, it has let go by then. */
static struct matrix left_by(const struct change *change, const struct observed_device *device)
{
	const struct device_change *of = change_find(change, &device->uuid);

	if (!of || !of->live)
		return device->active;
	return of->started ? matrix_and(&device->active, &of->active) : (struct matrix){ 0 };
}

/* What the kernel will answer by EBUSY, or apply.c in its place. */
struct busy {
	const struct observed *observed;
	const struct desired *desired;
	const struct host_change *host;
	struct mask adapters, domains;	/* those that the host gets */
	bool strict;
	struct plan *plan;
};

/* Adds those of the matrix that the host cannot get while a device has them. */
static void find_busy(const struct busy *busy, const struct matrix *matrix, struct queue_set *set)
{
	const struct host_change *host = busy->host;

	MATRIX_FOR_EACH_QUEUE(adapter, domain, matrix) {
		bool hosts = mask_test(&host->apmask, adapter) && mask_test(&host->aqmask, domain);
		bool axis = mask_test(&busy->adapters, adapter) || mask_test(&busy->domains, domain);

		/* Of overrides the kernel itself does not look after devices. */
		if (axis ? hosts || busy->strict :
			   hosts && queue_set_has(&host->give, (struct apqn){ adapter, domain }))
			queue_set_add(set, (struct apqn){ adapter, domain });
	}
}

/* coming: what the device gets by a change that is at work, or NULL. */
static void check_busy(const struct busy *busy, const struct uuid *uuid, const struct matrix *left,
		       const struct matrix *coming)
{
	CLEANUP_FREE struct queue_set *set = calloc(1, sizeof(*set));
	CLEANUP_FREE char *queues = NULL, *name = NULL;

	if (!set) {
		busy->plan->no_memory = true;
		return;
	}
	find_busy(busy, left, set);
	if (coming)
		find_busy(busy, coming, set);
	if (queue_set_is_empty(set))
		return;
	queues = queue_set_format(set);
	name = desired_label(busy->desired, uuid);
	problems_add(&busy->plan->conflicts, PROBLEM_CONFLICT, uuid, set,
		     "Device %s has %s, and what a device has is not given back to the host (EBUSY): stop "
		     "the device, or unassign them, first.",
		     name ? name : uuid->text, queues ? queues : "some of the queues");
}

static void foresee_busy(const struct observed *observed, const struct desired *desired,
			 const struct change *change, struct plan *plan)
{
	const struct host_change *host = &change->host;
	const struct busy busy = {
		.observed = observed,
		.desired = desired,
		.host = host,
		.adapters = mask_minus(&host->apmask, &observed->host.apmask),
		.domains = mask_minus(&host->aqmask, &observed->host.aqmask),
		.strict = ownership_masks_are_strict(observed),
		.plan = plan,
	};
	struct under_way_walk walk = { 0 };
	const struct device_change *of;

	for (size_t i = 0; i < observed->devices.count; i++) {
		const struct observed_device *device = observed_device_at(observed, i);
		struct matrix left = left_by(change, device);
		bool own = change_find(change, &device->uuid) != NULL;

		check_busy(&busy, &device->uuid, &left,
			   own ? NULL : under_way_matrix(desired, &device->uuid));
	}
	while ((of = under_way_next(desired, change, &walk)))
		if (of->live && of->started && !observed_find_device(observed, &of->uuid))
			check_busy(&busy, &of->uuid, &of->active, NULL);
}

/* The queues that would become the host's though a device that is not known may have them. */
static void find_unknown(const struct observed *observed, const struct host_change *host,
			 struct queue_set *set)
{
	const struct observed_device *devices[APQN_IDS];

	for (unsigned int adapter = 0; adapter < APQN_IDS; adapter++) {
		ownership_find_devices(observed, adapter, devices);
		for (unsigned int domain = 0; domain < APQN_IDS; domain++) {
			struct apqn apqn = { (uint8_t)adapter, (uint8_t)domain };

			if (!devices[domain] && unknown_may_have(observed, apqn) &&
			    host_change_leaves_to_host(observed, host, apqn))
				queue_set_add(set, apqn);
		}
	}
}

/* Before Linux 6.0 the kernel itself does not look after the devices when a mask is written. */
static void refuse_unknown(const struct observed *observed, const struct desired *desired,
			   const struct change *change, struct plan *plan)
{
	CLEANUP_FREE struct queue_set *set = NULL;
	CLEANUP_FREE char *queues = NULL;

	if (observed->unknown == 0)
		return;
	set = calloc(1, sizeof(*set));
	if (!set) {
		plan->no_memory = true;
		return;
	}
	find_unknown(observed, &change->host, set);
	if (queue_set_is_empty(set))
		return;
	queues = queue_set_format(set);
	for (size_t i = 0; i < observed->devices.count; i++) {
		const struct observed_device *device = observed_device_at(observed, i);
		CLEANUP_FREE char *name = NULL;

		if (device->active_known)
			continue;
		name = desired_label(desired, &device->uuid);
		problems_add(&plan->conflicts, PROBLEM_MATRIX_UNKNOWN, &device->uuid, set,
			     "Device %s may have %s: this kernel cannot list what it has, and a queue that goes "
			     "to the host is taken from its guest. To stop the device, run: 'apqctl stop %s'.",
			     name ? name : device->uuid.text, queues ? queues : "some of the queues",
			     device->uuid.text);
	}
}

static void add_masks(const struct observed *observed, const struct host_change *host,
		      struct plan *plan)
{
	const struct mask *apmask = &observed->host.apmask, *aqmask = &observed->host.aqmask;
	struct mask less_ap = mask_and(apmask, &host->apmask);
	struct mask less_aq = mask_and(aqmask, &host->aqmask);

	add_mask(plan, ATTRIBUTE_APMASK, apmask, &less_ap);
	add_mask(plan, ATTRIBUTE_AQMASK, aqmask, &less_aq);
	add_mask(plan, ATTRIBUTE_APMASK, &less_ap, &host->apmask);
	add_mask(plan, ATTRIBUTE_AQMASK, &less_aq, &host->aqmask);
}

static void add_hand_over(struct plan *plan, const struct observed_queue *queue, bool to_guests, bool rebind)
{
	struct step *step = plan_add_step(plan, STEP_HAND_OVER, NULL);

	if (!step)
		return;
	step->apqn = queue->apqn;
	step->bound = queue->driver[0];
	step->to_guests = to_guests;
	step->rebind = rebind;
	step->has_undo = true;
}

/*
 * Only what is there and has vfio_ap's name in it: other overrides are other programs'.  An
 * override can be gone already while the queue has not changed hands: writing it rebinds nothing.
 * Masks that become full rebind by themselves what has no override.
 */
static bool is_to_be_given(const struct observed *observed, const struct observed_queue *queue,
			   const struct host_change *host)
{
	if (queue->override[0])
		return strcmp(queue->override, "vfio_ap") == 0;
	return is_full(&observed->host.apmask) && is_full(&observed->host.aqmask) &&
	       (queue->driver[0] ? strcmp(queue->driver, "vfio_ap") == 0 : host->cut_off);
}

static void add_given(const struct observed *observed, const struct host_change *host, bool rebind,
		      struct plan *plan)
{
	QUEUE_SET_FOR_EACH(adapter, domain, &host->give) {
		struct apqn apqn = { adapter, domain };
		const struct observed_queue *queue = observed_find_queue(observed, apqn);

		if (queue && is_to_be_given(observed, queue, host))
			add_hand_over(plan, queue, false, rebind);
	}
}

static void add_taken(const struct observed *observed, const struct host_change *host,
		      struct plan *plan)
{
	QUEUE_SET_FOR_EACH(adapter, domain, &host->take) {
		struct apqn apqn = { adapter, domain };
		const struct observed_queue *queue = observed_find_queue(observed, apqn);

		bool is_bound = queue && strcmp(queue->driver, "vfio_ap") == 0;

		/* Full masks do not move it on the way, so what is bound already stays so. */
		if (queue && (strcmp(queue->override, "vfio_ap") != 0 || !is_bound))
			add_hand_over(plan, queue, true,
				      !is_bound || !is_full(&observed->host.apmask) ||
					      !is_full(&observed->host.aqmask));
	}
}

static void add_number(struct plan *plan, enum attribute attribute, int64_t from, int64_t to)
{
	char old[24], new[24];

	snprintf(old, sizeof(old), "%" PRId64, from);
	snprintf(new, sizeof(new), "%" PRId64, to);
	if (from != to)
		plan_set_undo(plan_add_write(plan, NULL, attribute, new), attribute, old);
}

/* What is not there (kvm is not loaded) is set as soon as it is. */
static void add_interrupts(const struct observed *observed, const struct interrupts_wish *wish,
			   struct plan *plan)
{
	const struct observed_host *host = &observed->host;

	if (wish->gisa >= 0 && host->gisa >= 0)
		add_number(plan, ATTRIBUTE_USE_GISA, host->gisa, wish->gisa);
	/* A bus that takes interrupts starts no thread, and says nothing (ap_poll_thread_start()). */
	if (wish->poll_thread >= 0 && host->poll_thread >= 0 &&
	    !(wish->poll_thread == 1 && host->interrupts))
		add_number(plan, ATTRIBUTE_POLL_THREAD, host->poll_thread, wish->poll_thread);
	if (wish->poll_timeout != JSON_INT_NULL && host->poll_timeout != JSON_INT_NULL)
		add_number(plan, ATTRIBUTE_POLL_TIMEOUT, host->poll_timeout, wish->poll_timeout);
}

void plan_host(const struct observed *observed, const struct desired *desired,
	       const struct change *change, struct plan *plan)
{
	const struct host_change *host = &change->host;

	if (host->ownership) {
		bool rebind = is_full(&host->apmask) && is_full(&host->aqmask);

		foresee_busy(observed, desired, change, plan);
		refuse_unknown(observed, desired, change, plan);
		if (!rebind)
			add_given(observed, host, false, plan);
		add_masks(observed, host, plan);
		if (rebind)
			add_given(observed, host, true, plan);
		add_taken(observed, host, plan);
	}
	if (host->set_interrupts)
		add_interrupts(observed, &host->interrupts, plan);
}
