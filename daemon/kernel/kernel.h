/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel seam: all that the daemon may ask of the kernel.
 *
 * Two bodies stand behind it, chosen at link time: the rest of daemon/kernel/ (the real
 * one) makes apqd, tests/sim/ makes apqd-sim.  No other file knows which one it has.
 */
#ifndef APQD_DAEMON_KERNEL_KERNEL_H
#define APQD_DAEMON_KERNEL_KERNEL_H

#include <systemd/sd-event.h>

#include "common/macro.h"
#include "daemon/model/attribute.h"
#include "daemon/model/observed.h"

struct kernel;

/* A hint that something may have changed: read it again.  Duplicates are harmless. */
enum kernel_event_type {
	KERNEL_EVENT_HOST,	/* masks, bindings, maximum ids, interrupt settings */
	KERNEL_EVENT_CARD,
	KERNEL_EVENT_QUEUE,
	KERNEL_EVENT_DEVICE,	/* also: a VMM opened or closed it */
	KERNEL_EVENT_RESCAN,	/* events may have been lost: read everything */
};

struct kernel_event {
	enum kernel_event_type type;
	struct apqn apqn;	/* of a queue; its adapter, of a card */
	struct uuid uuid;	/* of a device */
	bool gone;		/* of a queue: it went, and may be back by now as another one */
};

typedef void (*kernel_event_fn)(void *userdata, const struct kernel_event *event);

/* An option of the command line that only this body has; the table ends with a NULL name. */
struct kernel_option {
	const char *name;	/* without the dashes */
	const char *argument;	/* what --help calls its value; NULL: it takes none */
	const char *help;
};

extern const struct kernel_option kernel_options[];

/*
 * Sets an option before kernel_open(); value is NULL for one without.
 * Returns 0, or -EINVAL and a sentence (the caller frees it).
 */
MUST_CHECK int kernel_set_option(const char *name, const char *value, char **ret_message);

/*
 * Turns the monitors on: from now on events come on the loop, from its callbacks only,
 * never from inside a call of this header.  root is the prefix of /etc, /run and /var
 * ("" for none); /sys, /dev and /proc are always the machine's own.
 * Returns 0 or a negative errno; a host without an AP bus is no failure.
 */
MUST_CHECK int kernel_open(const char *root, sd_event *loop, kernel_event_fn event, void *userdata,
			   struct kernel **ret_kernel);

/* Takes NULL too. */
void kernel_close(struct kernel *kernel);

/*
 * Remembers the matrix that an earlier daemon knew of a device that cannot be read.  Called before
 * the first scan, with the identity from struct observed_device.  The matrix counts only if the
 * device still has this identity.  The device is then the same one.  No program has written to it
 * as most do, by opening an attribute to be truncated.
 */
void kernel_recall(struct kernel *kernel, const struct uuid *uuid, const char *identity,
		   const struct matrix *matrix);

/*
 * Drops the remembered matrix of a device that cannot be read.  The matrix is unknown until the
 * next successful reading.
 */
void kernel_doubt(struct kernel *kernel, const struct uuid *uuid);

/*
 * Read everything, or one thing, into observed; what is no longer there is removed.
 * They may wait while another program's write to the drivers is under way.
 * Return 0 or a negative errno (what could be read has been put).
 */
MUST_CHECK int kernel_scan(struct kernel *kernel, struct observed *observed);
MUST_CHECK int kernel_read_host(struct kernel *kernel, struct observed *observed);
MUST_CHECK int kernel_read_card(struct kernel *kernel, struct observed *observed,
				unsigned int adapter);
MUST_CHECK int kernel_read_queue(struct kernel *kernel, struct observed *observed,
				 struct apqn apqn);
MUST_CHECK int kernel_read_device(struct kernel *kernel, struct observed *observed,
				  const struct uuid *uuid);

/*
 * Writes one value, exactly as given.  May block: for seconds while queues are reset, and
 * ATTRIBUTE_REMOVE until the VMM closes the device.  May be called from any thread.
 * Returns 0 or the kernel's answer as a negative errno; -ENOENT where the thing is gone.
 */
MUST_CHECK int kernel_write(struct kernel *kernel, const struct attribute_write *write);

/*
 * Reads back what a device has now; from any thread.  Returns 0, -ENOENT where it is not
 * there, -ENODATA where it cannot be read without harm, or another negative errno.
 */
MUST_CHECK int kernel_read_matrix(struct kernel *kernel, const struct uuid *uuid,
				  struct matrix *ret_matrix);

/* Who has a queue at this moment. */
struct kernel_binding {
	char driver[24];		/* "" for none */
	enum queue_status status;	/* of vfio_ap's queues */
};

/*
 * Reads it back, past everything that is remembered; from any thread.  Returns 0, -ENOENT
 * where the queue is not there, or another negative errno.
 */
MUST_CHECK int kernel_read_binding(struct kernel *kernel, struct apqn apqn,
				   struct kernel_binding *ret_binding);

#endif
