/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/engine/apply.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"

/* All that the thread touches, besides the kernel. */
struct apply {
	struct worker_job job;		/* first: the worker knows only this */
	struct kernel *kernel;
	struct step *steps;
	size_t count;
	struct change expected;		/* only its devices */
	struct apply_result result;
	apply_done_fn done;
	void *userdata;
};

static int write_queue(struct apply *apply, enum attribute attribute, struct apqn apqn,
		       const char *value, struct attribute_write *ret_failed)
{
	struct attribute_write write = { .attribute = attribute, .apqn = apqn };
	int r;

	snprintf(write.value, sizeof(write.value), "%s", value);
	r = kernel_write(apply->kernel, &write);
	if (r < 0)
		*ret_failed = write;
	return r;
}

/* Unbinds the queue from whatever has it, and has the bus find the driver that is now right. */
static int rebind(struct apply *apply, struct apqn apqn, bool to_guests,
		  struct attribute_write *ret_failed)
{
	struct kernel_binding binding;
	char name[APQN_TEXT_SIZE];
	int r = kernel_read_binding(apply->kernel, apqn, &binding);
	bool is_guests = r == 0 && strcmp(binding.driver, "vfio_ap") == 0;

	apqn_format(apqn, name);
	if (r == 0 && to_guests && is_guests)
		return 0;
	/* The kernel itself would not mind (there is no check): a guest must never lose a queue so. */
	if (r == 0 && is_guests && binding.status != QUEUE_STATUS_UNASSIGNED)
		r = -EBUSY;
	if (r == 0 && binding.driver[0])
		r = write_queue(apply, ATTRIBUTE_UNBIND, apqn, name, ret_failed);
	if (r == 0)
		r = write_queue(apply, ATTRIBUTE_DRIVERS_PROBE, apqn, name, ret_failed);
	if (r == 0)
		r = kernel_read_binding(apply->kernel, apqn, &binding);
	if (r == 0 && (strcmp(binding.driver, "vfio_ap") == 0) != to_guests)
		r = -EIO;
	return r;
}

/* A queue that could not be rebound goes back to where it was; that it cannot is told. */
static void take_back(struct apply *apply, const struct step *step, bool to_guests)
{
	struct attribute_write failed = { .attribute = ATTRIBUTE_DRIVERS_PROBE, .apqn = step->apqn };
	int r;

	apqn_format(step->apqn, failed.value);
	r = write_queue(apply, ATTRIBUTE_DRIVER_OVERRIDE, step->apqn, to_guests ? "vfio_ap" : "\n",
			&failed);
	if (r == 0)
		r = rebind(apply, step->apqn, to_guests, &failed);
	if (r < 0 && r != -ENOENT && apply->result.undo_error == 0) {
		apply->result.undo_error = r;
		apply->result.undo_failed = failed;
	}
}

/*
 * One queue from the host's drivers to vfio_ap, or back.  The order is the kernel's: writing
 * driver_override rebinds nothing.  A queue that goes meanwhile is no failure: where it comes
 * back to is decided then.
 */
static int hand_over(struct apply *apply, const struct step *step, bool to_guests,
		     struct attribute_write *ret_failed)
{
	const char *to = to_guests ? "vfio_ap" : "\n";
	int r;

	*ret_failed = (struct attribute_write){ .attribute = ATTRIBUTE_DRIVER_OVERRIDE,
						.apqn = step->apqn };
	snprintf(ret_failed->value, sizeof(ret_failed->value), "%s", to);
	r = write_queue(apply, ATTRIBUTE_DRIVER_OVERRIDE, step->apqn, to, ret_failed);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	/* To take a queue back from the host it must be rebound, however it came to it. */
	if (!step->rebind && !to_guests)
		return 0;
	r = rebind(apply, step->apqn, to_guests, ret_failed);
	if (r < 0 && r != -ENOENT)
		take_back(apply, step, !to_guests);
	return r == -ENOENT ? 0 : r;
}

/*
 * Names only the bits that change, since another program may write others at the same time.  More
 * than fits into one write is written in pieces, of which all are made or none.
 */
static int write_mask(struct apply *apply, enum attribute attribute, const struct mask *from,
		      const struct mask *to)
{
	struct mask reached = *from;

	while (!mask_equal(&reached, to)) {
		struct attribute_write write = { .attribute = attribute };
		struct mask next = mask_format_change(&reached, to, write.value, sizeof(write.value));
		int r = kernel_write(apply->kernel, &write);

		if (r < 0) {
			if (!mask_equal(&reached, from))
				(void)!write_mask(apply, attribute, &reached, from);
			return r;
		}
		reached = next;
	}
	return 0;
}

static int write_step(struct apply *apply, const struct attribute_write *write,
		      const struct attribute_write *undo)
{
	struct mask from, to;

	if ((write->attribute == ATTRIBUTE_APMASK || write->attribute == ATTRIBUTE_AQMASK) &&
	    mask_parse(write->value, strlen(write->value), &to) == 0 &&
	    mask_parse(undo->value, strlen(undo->value), &from) == 0)
		return write_mask(apply, write->attribute, &from, &to);
	return kernel_write(apply->kernel, write);
}

static int carry_out(struct apply *apply, const struct step *step, bool forward,
		     struct attribute_write *ret_failed)
{
	int r;

	if (step->kind == STEP_HAND_OVER)
		return hand_over(apply, step, step->to_guests == forward, ret_failed);
	*ret_failed = forward ? step->write : step->undo;
	r = write_step(apply, ret_failed, forward ? &step->undo : &step->write);
	/* Somebody else removed it first: just what was wanted. */
	return r == -ENOENT && ret_failed->attribute == ATTRIBUTE_REMOVE ? 0 : r;
}

/* Whether one of the first count steps made the device. */
static bool is_made(const struct apply *apply, size_t count, const struct uuid *uuid)
{
	for (size_t i = 0; i < count; i++)
		if (apply->steps[i].kind == STEP_WRITE &&
		    apply->steps[i].write.attribute == ATTRIBUTE_CREATE &&
		    uuid_equal(&apply->steps[i].write.uuid, uuid))
			return true;
	return false;
}

/* From the step before the failed one back to the first; goes on after a failure. */
static void undo(struct apply *apply, size_t count)
{
	/* A queue whose handing over failed half way was unbound. */
	apply->result.moved = steps_move_queues(apply->steps, count) ||
			      (apply->result.error && apply->steps[count].kind == STEP_HAND_OVER &&
			       apply->result.failed.attribute == ATTRIBUTE_DRIVERS_PROBE);
	while (count-- > 0) {
		const struct step *step = &apply->steps[count];
		struct attribute_write failed;
		int r;

		apply->result.stays |= !step->has_undo;
		if (!step->has_undo)
			continue;
		r = carry_out(apply, step, false, &failed);
		/* Somebody else has removed what these steps had made: there is nothing to undo in it. */
		if (r == -ENOENT && is_made(apply, count, &failed.uuid))
			continue;
		if (r < 0 && apply->result.undo_error == 0) {
			apply->result.undo_error = r;
			apply->result.undo_failed = failed;
		}
	}
}

/* Returns 1 where the device is as the change wants it, 0 where it is not, or why it cannot be read. */
static int is_as_expected(struct apply *apply, const struct device_change *device)
{
	struct matrix found;
	int r;

	if (!device->live)
		return 1;
	r = kernel_read_matrix(apply->kernel, &device->uuid, &found);
	if (r == -ENOENT)
		return !device->started;
	/* What cannot be read without harm was written step by step, each with an answer. */
	if (r == -ENODATA)
		return device->started;
	if (r < 0)
		return r;
	return device->started && matrix_equal(&found, &device->active);
}

static void read_back(struct apply *apply)
{
	for (size_t i = 0; i < apply->expected.count; i++) {
		int r = is_as_expected(apply, &apply->expected.devices[i]);

		if (r > 0)
			continue;
		apply->result.differs = true;
		apply->result.read_error = r;
		return;
	}
}

static void work(struct worker_job *job)
{
	struct apply *apply = (struct apply *)job;

	for (size_t i = 0; i < apply->count; i++) {
		int r = carry_out(apply, &apply->steps[i], true, &apply->result.failed);

		if (r < 0) {
			apply->result.error = r;
			undo(apply, i);
			return;
		}
	}
	read_back(apply);
	if (apply->result.differs)
		undo(apply, apply->count);
}

static void free_apply(struct apply *apply)
{
	free(apply->steps);
	change_done(&apply->expected);
	free(apply);
}

static void done(struct worker_job *job)
{
	struct apply *apply = (struct apply *)job;

	apply->done(apply->userdata, &apply->result);
	free_apply(apply);
}

bool apply_finds_leak(struct kernel *kernel)
{
	struct attribute_write write = { .attribute = ATTRIBUTE_APMASK, .value = "+255" };

	return kernel_write(kernel, &write) == -EINVAL;
}

int apply_start(struct worker *worker, struct kernel *kernel, const struct plan *plan,
		const struct change *change, apply_done_fn done_fn, void *userdata)
{
	struct apply *apply = calloc(1, sizeof(*apply));
	int r;

	if (!apply)
		return -ENOMEM;
	*apply = (struct apply){
		.job = { .work = work, .done = done },
		.kernel = kernel,
		.steps = calloc(plan->count, sizeof(*plan->steps)),
		.done = done_fn,
		.userdata = userdata,
	};
	r = change_set_count(&apply->expected, change->count);
	if (!apply->steps || r < 0) {
		free_apply(apply);
		return -ENOMEM;
	}
	for (size_t i = 0; i < change->count; i++)
		apply->expected.devices[i] = change->devices[i];
	for (size_t i = 0; i < plan->count; i++)
		if (step_is_of_kernel(&plan->steps[i]))
			apply->steps[apply->count++] = plan->steps[i];
	r = worker_run(worker, &apply->job);
	if (r < 0)
		free_apply(apply);
	return r;
}
